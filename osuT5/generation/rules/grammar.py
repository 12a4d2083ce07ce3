"""Grammar of a map: kinds of events that may follow.

It completes every group and gives every end a start. It is for the encoding of the bundled model, whose groups end with
their type; `osuT5.generation.rules.group_shapes` is for the others. The model has learned all this, but a small one
makes errors, and events that cannot be assembled are lost.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from copy import copy
from dataclasses import dataclass, field

from osu_beatmap.beatmap import GameMode
from osu_beatmap.rules.settings import MAX_KEYS
from osuT5.encoding.groups import ANCHOR_KINDS
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import TYPE_KINDS, Event, EventKind

K = EventKind

PART_ORDER = (K.TIME, K.SNAPPING, K.POSITION, K.COLUMN, K.NEW_COMBO, K.SCROLL_SPEED, K.HITSOUND, K.VOLUME)
REPEATABLE = frozenset({K.HITSOUND, K.VOLUME})
"""Sounds come once for every edge of a slider."""

PARTS = {
    GameMode.STANDARD: frozenset(PART_ORDER) - {K.COLUMN},
    GameMode.CATCH: frozenset(PART_ORDER) - {K.COLUMN},
    GameMode.TAIKO: frozenset({K.TIME, K.SNAPPING, K.SCROLL_SPEED, K.HITSOUND, K.VOLUME}),
    GameMode.MANIA: frozenset({K.TIME, K.SNAPPING, K.COLUMN, K.HITSOUND, K.VOLUME}),
}
PLACED = frozenset({K.CIRCLE, K.SLIDER_HEAD, K.LAST_ANCHOR, K.SLIDER_END})
"""Types that need a position in standard and catch."""

STARTS = {
    GameMode.STANDARD: frozenset({K.CIRCLE, K.SLIDER_HEAD, K.SPINNER}),
    GameMode.CATCH: frozenset({K.CIRCLE, K.SLIDER_HEAD, K.SPINNER}),
    GameMode.TAIKO: frozenset({K.CIRCLE, K.DRUMROLL, K.DENDEN}),
    GameMode.MANIA: frozenset({K.CIRCLE, K.HOLD_NOTE}),
}

FOLLOWS = {
    K.SLIDER_HEAD: ANCHOR_KINDS | {K.LAST_ANCHOR},
    K.LAST_ANCHOR: frozenset({K.SLIDER_END}),
    K.SPINNER: frozenset({K.SPINNER_END}),
    K.DRUMROLL: frozenset({K.DRUMROLL_END}),
    K.DENDEN: frozenset({K.DENDEN_END}),
}
"""What continues an object that was begun; outside mania nothing else may come between."""

MAX_ANCHORS = 40
"""So many inner control points no slider needs; a loop of them would fill the window."""


def is_published(encoding: EncodingSpec) -> bool:
    """Return whether an encoding is that of a published model.

    Such a model has another grammar.
    """
    signs = (
        encoding.types_first,
        encoding.distances,
        encoding.positions_split,
        encoding.position_refine_px,
        encoding.sustain_ms,
        encoding.timing_in_map,
        encoding.slider_layout != 1,
    )
    return any(signs)


@dataclass(slots=True)
class GrammarState:
    """State of a row: unfinished group, open object, held columns.

    An object begun before the window (`earlier`, `earlier_columns`) may continue in it, but need not: the model does
    not see its start.
    """

    mode: GameMode
    key_count: int = MAX_KEYS
    parts: list[Event] = field(default_factory=list)
    waiting: EventKind | None = None
    anchors: int = 0
    held_columns: set[int] = field(default_factory=set)
    earlier: EventKind | None = None
    earlier_columns: set[int] = field(default_factory=set)

    def copy(self) -> GrammarState:
        """Return an independent copy of the state."""
        other = copy(self)
        other.parts = list(self.parts)
        other.held_columns, other.earlier_columns = set(self.held_columns), set(self.earlier_columns)
        return other

    def key(self) -> Hashable:
        """Return a key of the state.

        States with equal keys allow the same events, and keep equal keys after the same events. Of the parts of a
        group, only kinds count, and the value of a column.
        """
        parts = tuple((part.kind, part.value if part.kind is K.COLUMN else 0) for part in self.parts)
        columns = frozenset(self.held_columns), frozenset(self.earlier_columns)
        return self.mode, self.key_count, parts, self.waiting, self.anchors, *columns, self.earlier

    def skip(self, events: Iterable[Event]) -> None:
        """Read events before a window, which may end there.

        The window does not see them, but may end objects begun by them.
        """
        for event in events:
            self.read(event)
        self.enter_window()

    def start_writing(self) -> None:
        """Mark all events so far as complete."""

    def enter_window(self) -> None:
        """Move everything read so far before the window."""
        self.parts = []
        self.earlier, self.waiting = self.waiting, None
        self.earlier_columns, self.held_columns = self.held_columns, set()

    def read(self, event: Event) -> None:
        """Read an event, even one that the grammar forbids."""
        if event.kind not in TYPE_KINDS:
            self.parts.append(event)
            return
        column = self._column()
        self.parts = []
        self.earlier_columns.discard(column)
        if event.kind is K.HOLD_NOTE:
            self.held_columns.add(column)
        elif event.kind is K.HOLD_NOTE_END:
            self.held_columns.discard(column)
        elif event.kind in ANCHOR_KINDS:
            self.anchors += 1
        else:
            self.waiting = event.kind if event.kind in FOLLOWS else None
            self.earlier = None
            self.anchors = 0

    @property
    def may_end(self) -> bool:
        """Return whether no group is unfinished.

        An object that begins in this window may end in a later one.
        """
        return not self.parts

    def columns(self) -> frozenset[int]:
        """Return the columns that may come next."""
        return frozenset(range(self.key_count))

    def allowed_kinds(self) -> frozenset[EventKind]:
        """Return the kinds that may come next."""
        kinds = {part.kind for part in self.parts}
        following = (
            FOLLOWS[self.waiting] if self.waiting else STARTS[self.mode] | FOLLOWS.get(self.earlier, frozenset())
        )
        if self.anchors >= MAX_ANCHORS:
            following -= ANCHOR_KINDS
        if not kinds:
            return frozenset({K.TIME} | ({K.POSITION} if following & ANCHOR_KINDS else set()))
        if K.TIME not in kinds:
            return following & ANCHOR_KINDS
        if self.mode is GameMode.MANIA and K.COLUMN not in kinds:
            return frozenset({K.COLUMN, *({K.SNAPPING} - kinds)})
        needs_place = self.waiting in (K.SLIDER_HEAD, K.LAST_ANCHOR)
        if needs_place and K.POSITION not in kinds:
            return frozenset({K.POSITION, *({K.SNAPPING} - kinds)})
        return self._later_parts() | self._types(kinds, following)

    def _later_parts(self) -> frozenset[EventKind]:
        last = self.parts[-1].kind
        after = PART_ORDER[PART_ORDER.index(last) + 1 :] if last in PART_ORDER else ()
        repeated = REPEATABLE if last in REPEATABLE and (self.waiting or self.earlier) else frozenset()
        return (frozenset(after) | repeated) & PARTS[self.mode]

    def _types(self, kinds: set[EventKind], following: frozenset[EventKind]) -> frozenset[EventKind]:
        types = following - ANCHOR_KINDS
        if self.mode is GameMode.MANIA:
            column = self._column()
            if column in self.held_columns:
                return frozenset({K.HOLD_NOTE_END})
            return types | {K.HOLD_NOTE_END} if column in self.earlier_columns else types
        if self.mode is not GameMode.TAIKO and K.POSITION not in kinds:
            types -= PLACED
        return types

    def _column(self) -> int:
        return next((part.value for part in self.parts if part.kind is K.COLUMN), -1)
