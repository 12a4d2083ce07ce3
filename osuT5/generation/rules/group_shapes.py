"""Grammar of the published models' encodings.

In them, all groups of a kind have the same parts in the same order.

In their encodings all groups of a kind have the same parts in the same order. Only a new combo may be missing, and the
end of a slider's path has a sound for every edge. Where types come first, the type says which parts must follow; where
they come last, the parts so far say which types are left. Which object may follow which is as in `grammar`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from osu_beatmap.beatmap import GameMode
from osuT5.encoding.groups import ANCHOR_KINDS
from osuT5.encoding.hit_objects.coarse_sliders import MAX_POINTS
from osuT5.encoding.hit_objects.object_decoder import SUSTAIN_KINDS
from osuT5.encoding.timing import BEAT_KINDS
from osuT5.generation.rules.grammar import FOLLOWS, STARTS, GrammarState
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import TYPE_KINDS, ContextKind, Event, EventKind

K = EventKind

Shape = tuple[EventKind, ...]
"""The parts of a group in order."""

SUSTAIN_OF = {
    K.SPINNER: K.SPINNER_SUSTAIN,
    K.DRUMROLL: K.DRUMROLL_SUSTAIN,
    K.DENDEN: K.DENDEN_SUSTAIN,
    K.LAST_ANCHOR: K.SLIDER_REPEAT_SUSTAIN,
}
"""What an object that waits for its end may be marked with."""

CONTEXT_TYPES = {
    ContextKind.TIMING: frozenset(BEAT_KINDS),
    ContextKind.KIAI: frozenset({K.KIAI}),
    ContextKind.SV: frozenset({K.SCROLL_SPEED_CHANGE}),
}
"""The types of the contexts in which one group has nothing to do with the next."""

HOLD_CONTINUATIONS = frozenset({K.HOLD_NOTE_END, K.HOLD_NOTE_SUSTAIN})

MAX_EDGES = 64
"""So many sounds one slider may state; a loop of them would fill the window."""


@lru_cache
def shapes_of(mode: GameMode, encoding: EncodingSpec) -> dict[EventKind, Shape]:
    """Return the parts of every kind of group.

    LAST_ANCHOR is the one with a time; in layout 2 the one before has a place.
    """
    time = (K.TIME, K.SNAPPING) if encoding.snapping else (K.TIME,)
    place = _place(mode, encoding)
    combo = (K.NEW_COMBO,) if encoding.new_combos and mode in (GameMode.STANDARD, GameMode.CATCH) else ()
    speed = (K.SCROLL_SPEED,) if encoding.scroll_speeds else ()
    sound = _sound(encoding)
    start = (*time, *speed, *sound)
    return {
        K.CIRCLE: start if mode is GameMode.TAIKO else (*time, *place, *combo, *sound),
        K.SLIDER_HEAD: (*time, *place, *combo, *speed, *sound),
        **dict.fromkeys(ANCHOR_KINDS, place),
        K.LAST_ANCHOR: (*time, *(place if encoding.slider_layout == 1 else ()), *sound),
        K.SLIDER_END: (*time, *place, *sound),
        K.SPINNER: time,
        K.SPINNER_END: (*time, *sound),
        **dict.fromkeys((K.DRUMROLL, K.DENDEN), start),
        **dict.fromkeys((K.DRUMROLL_END, K.DENDEN_END), time),
        K.HOLD_NOTE: (*time, *place, *sound),
        K.HOLD_NOTE_END: (*time, *place),
        **dict.fromkeys((*SUSTAIN_KINDS, *BEAT_KINDS), (K.TIME,)),
        K.HOLD_NOTE_SUSTAIN: (K.TIME, *place),
        K.KIAI: time,
        K.SCROLL_SPEED_CHANGE: (*time, K.SCROLL_SPEED),
    }


def _place(mode: GameMode, encoding: EncodingSpec) -> Shape:
    if mode is GameMode.MANIA:
        return (K.COLUMN,)
    if mode is GameMode.TAIKO or not encoding.positions:
        return ()
    distance = (K.DISTANCE,) if encoding.distances else ()
    if encoding.positions_split:
        return (*distance, K.POSITION_X, K.POSITION_Y)
    return (*distance, K.POSITION, *((K.POSITION_REFINE,) if encoding.position_refine_px else ()))


def _sound(encoding: EncodingSpec) -> Shape:
    if not encoding.hitsounds:
        return ()
    return (K.HITSOUND, K.VOLUME) if encoding.volumes else (K.HITSOUND,)


@dataclass(frozen=True, slots=True)
class _Fit:
    """Fit of parts to a shape: next kinds, and completeness."""

    following: frozenset[EventKind]
    is_whole: bool


def _fit(shape: Shape, kinds: Sequence[EventKind]) -> _Fit | None:
    """Fit parts to the beginning of a shape; None if they differ."""
    place = 0
    for kind in kinds:
        if shape[place : place + 1] == (K.NEW_COMBO,) and kind is not K.NEW_COMBO:
            place += 1
        if shape[place : place + 1] != (kind,):
            return None
        place += 1
    following = frozenset(shape[place : place + (2 if shape[place : place + 1] == (K.NEW_COMBO,) else 1)])
    return _Fit(following, place == len(shape))


@dataclass(slots=True)
class ShapeGrammar(GrammarState):
    """As GrammarState, for a published encoding.

    `path_ended`: whether the slider that waits has the end of its path, but not yet that of its first slide (layout 2)
    """

    encoding: EncodingSpec = field(default_factory=EncodingSpec)
    context: ContextKind = ContextKind.MAP
    path_ended: bool = False

    def key(self) -> Hashable:
        return GrammarState.key(self), self.encoding, self.context, self.path_ended

    def start_writing(self) -> None:
        self._end_group()

    def enter_window(self) -> None:
        self._end_group()
        GrammarState.enter_window(self)

    def read(self, event: Event) -> None:
        if event.kind not in TYPE_KINDS:
            self.parts.append(event)
        elif self.encoding.types_first:
            self._end_group()
            self.parts = [event]
        else:
            self.parts.append(event)
            self._end_group()

    def allowed_kinds(self) -> frozenset[EventKind]:
        return self._kinds_after_type() if self.encoding.types_first else self._kinds_before_type()

    @property
    def may_end(self) -> bool:
        if not self.encoding.types_first or not self.parts:
            return not self.parts
        fit = self._fit_of(self.parts[0].kind, self._part_kinds())
        return fit is None or fit.is_whole

    def columns(self) -> frozenset[int]:
        kind = self.parts[0].kind if self.parts else None
        if kind in HOLD_CONTINUATIONS:
            return frozenset(self.held_columns | self.earlier_columns)
        every = GrammarState.columns(self)
        return every - self.held_columns if kind in TYPE_KINDS else every

    def _part_kinds(self) -> list[EventKind]:
        return [part.kind for part in self.parts if part.kind not in TYPE_KINDS]

    def _kinds_after_type(self) -> frozenset[EventKind]:
        if not self.parts:
            return self._types()
        fit = self._fit_of(self.parts[0].kind, self._part_kinds())
        if fit is not None and not fit.is_whole:
            return fit.following
        closed = self.copy()
        closed._end_group()
        return closed._types() | (fit.following if fit is not None else frozenset())

    def _kinds_before_type(self) -> frozenset[EventKind]:
        given = self._part_kinds()
        fits = {kind: self._fit_of(kind, given) for kind in self._types_in(self._column())}
        parts = frozenset(part for fit in fits.values() if fit is not None for part in fit.following)
        types = frozenset(kind for kind, fit in fits.items() if fit is not None and fit.is_whole)
        return parts | types or frozenset(fits)

    def _fit_of(self, kind: EventKind, kinds: list[EventKind]) -> _Fit | None:
        """Return the fit of parts to a group of a kind.

        Further sounds of a slider's edges may follow.
        """
        shapes = shapes_of(self.mode, self.encoding)
        if kind not in shapes:  # the rest of a group that was cut off
            return None
        shape, sound = shapes[kind], _sound(self.encoding)
        if kind is K.LAST_ANCHOR and self.encoding.slider_layout == 2 and not self.path_ended:
            return _fit(shapes[K.RED_ANCHOR], kinds)
        if kind is not K.LAST_ANCHOR or not sound:
            return _fit(shape, kinds)
        edges = kinds.count(K.HITSOUND)
        fit = _fit(shape + sound * max(0, edges - 1), kinds)
        may_go_on = fit is not None and fit.is_whole and edges < MAX_EDGES
        return _Fit(frozenset(sound[:1]), True) if may_go_on else fit

    def _types(self) -> frozenset[EventKind]:
        """Return the types that the next group may have."""
        if self.context in CONTEXT_TYPES:
            return CONTEXT_TYPES[self.context]
        continued = self._continuations(self.waiting or self.earlier)
        types = continued if self.waiting else STARTS[self.mode] | continued
        if self.mode is GameMode.MANIA:
            types = types if self.columns() - self.held_columns else frozenset()
            types |= HOLD_CONTINUATIONS if self.held_columns | self.earlier_columns else frozenset()
        return types | (frozenset(BEAT_KINDS) if self.encoding.timing_in_map else frozenset())

    def _types_in(self, column: int) -> frozenset[EventKind]:
        """Return the types that a group in a column may have.

        -1 stands for no column yet.
        """
        types = self._types()
        if column in self.held_columns:
            return types & HOLD_CONTINUATIONS
        return types if column in (-1, *self.earlier_columns) else types - HOLD_CONTINUATIONS

    def _continuations(self, begun: EventKind | None) -> frozenset[EventKind]:
        """Return the kinds that may continue an object after its last group."""
        if begun is None:
            return frozenset()
        if self.path_ended:
            types = frozenset({K.LAST_ANCHOR, K.SLIDER_SUSTAIN})
        else:
            types = FOLLOWS[begun] | ({SUSTAIN_OF[begun]} if begun in SUSTAIN_OF else set())
        if not self.encoding.sustain_ms:
            types -= SUSTAIN_KINDS
        return types - ANCHOR_KINDS if self.anchors >= MAX_POINTS else types

    def _end_group(self) -> None:
        """Apply the finished group to the state."""
        kind = next((part.kind for part in self.parts if part.kind in TYPE_KINDS), None)
        if kind is None or kind in SUSTAIN_KINDS or kind in BEAT_KINDS:
            self.parts = []
            return
        has_time = any(part.kind is K.TIME for part in self.parts)
        GrammarState.read(self, Event(kind))
        if kind not in ANCHOR_KINDS:
            self.path_ended = kind is K.LAST_ANCHOR and not has_time
