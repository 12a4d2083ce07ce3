"""Scored events -> observations: what surprised about which object, under which aspect.

An object's rhythm is asked for by its time and its division together, its kind by every choice that tells kinds apart,
and so on. What the map's own habits say about the same question is added: as two judges of whom each knows what the
other does not, both have to be surprised for much surprise, or one of them very much.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from modding.aspects import Aspect
from modding.habits.habits import Habits
from modding.habits.places import TICKS_PER_BEAT
from modding.observation.kiai_edges import KiaiEdge
from osu_beatmap.beatmap import Beatmap, GameMode, Slider
from osu_beatmap.timing.active_point import Timing
from osuT5.encoding.groups import ANCHOR_KINDS
from osuT5.encoding.hit_objects.hitsounds import read_sounds
from osuT5.encoding.hit_objects.positions import read_position
from osuT5.generation.surprisal import Absence, ScoredContext, ScoredEvent
from osuT5.generation.token_scores import Surprisal
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import TYPE_KINDS, Event, EventKind

K = EventKind

PLACE_KINDS = frozenset({K.POSITION, K.POSITION_X, K.POSITION_Y, K.POSITION_REFINE, K.DISTANCE, K.COLUMN})
END_KINDS = frozenset({K.SLIDER_END, K.SPINNER_END, K.HOLD_NOTE_END, K.DRUMROLL_END, K.DENDEN_END})
COMBO_ALTERNATIVES = frozenset({K.SCROLL_SPEED, K.HITSOUND, K.VOLUME, K.NEW_COMBO})
"""What comes where a new combo would: a combo is asked for at the first of these."""

MODEL_SHARES = {
    Aspect.POSITION: 0.25,
    Aspect.COLUMN: 0.25,
    Aspect.COMBO: 0.25,
    Aspect.ADDITIONS: 0.25,
    Aspect.COLOUR: 0.25,
    Aspect.BANK: 0.25,
}
"""How much the embedded model's word counts beside the habits of the map: all where times are asked for, less where it
is far from sure. On charts of training songs with faults put in, habits alone found as much of these or more."""

TOLD_BY_HABIT = frozenset({Aspect.COLUMN, Aspect.ADDITIONS, Aspect.COLOUR})
"""Where the answers of habits are those of the model, whichever is more surprised says what would be expected."""

NO_SURPRISE = Surprisal(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Observation:
    """How surprising one thing about a map is.

    `actual` and `expected` are what the aspect is about: a time in ms, a point, a column, whether a new combo starts, a
    velocity, hit sound flags, a pair of banks, a kind of event. `expected` is None where nothing is better.
    `habit_bits`: how much of the surprise is that of the map's own habits. `part` says which part of a slider it is.
    """

    aspect: Aspect
    time_ms: float
    surprise: Surprisal
    obj: int | None = None
    actual: object = None
    expected: object = None
    part: str = ""
    habit_bits: float = 0.0


class MapObserver:
    """Observations of one map. `origins`: the object of each group of the map context, as `traced_objects` has them."""

    def __init__(self, beatmap: Beatmap, encoding: EncodingSpec, origins: Sequence[int | None], habits: Habits) -> None:
        self.beatmap = beatmap
        self.encoding = encoding
        self.origins = origins
        self.habits = habits
        self.timing = Timing(beatmap.timing_points)

    def observe(self, scored: ScoredContext) -> list[Observation]:
        """What the map context says of the objects."""
        observed: list[Observation] = []
        for number, events in groupby(scored.events, key=lambda event: event.group):
            obj = self.origins[number]
            if obj is not None:
                observed += self._of_group(
                    obj, scored.groups[number].kind, list(events), scored.absences.get(number, ())
                )
        return list(_merge_by_slider(observed))

    def _of_group(
        self, obj: int, kind: EventKind, events: list[ScoredEvent], silent: Iterable[Absence]
    ) -> Iterator[Observation]:
        time_ms = self.beatmap.hit_objects[obj].time_ms
        if kind in ANCHOR_KINDS or kind is K.LAST_ANCHOR:
            yield from self._of_path(obj, kind, events)
        elif kind in END_KINDS:
            yield from self._of_end(obj, kind, events)
        elif kind not in TYPE_KINDS or kind.value.endswith("_sustain"):
            return
        else:
            yield from self._of_start(obj, events)
        if kind not in END_KINDS and kind is not K.LAST_ANCHOR:
            yield from self._absences(obj, time_ms, events, silent)

    def _of_start(self, obj: int, events: list[ScoredEvent]) -> Iterator[Observation]:
        time_ms = self.beatmap.hit_objects[obj].time_ms
        rhythm = [event for event in events if event.event.kind in (K.TIME, K.SNAPPING)]
        if any(event.time for event in rhythm):
            likeliest = next(event.time.likeliest_ms for event in rhythm if event.time)
            yield self._observation(Aspect.RHYTHM, time_ms, rhythm, obj, time_ms, likeliest)
        yield from self._place(obj, time_ms, events)
        yield from self._combo(obj, time_ms, events)
        yield from self._mania_scroll(obj, time_ms)
        yield from self._kind(obj, time_ms, events)
        for event in events:
            if event.event.kind is K.SCROLL_SPEED:
                is_felt = self.beatmap.mode in (GameMode.STANDARD, GameMode.CATCH)
                speeds = (value * self.encoding.scroll_speed_step_percent / 100 for value in _values(event))
                yield self._observation(Aspect.VELOCITY if is_felt else Aspect.SCROLL, time_ms, [event], obj, *speeds)
        is_slider = isinstance(self.beatmap.hit_objects[obj], Slider) and self.beatmap.mode is not GameMode.TAIKO
        yield from self._sounds(obj, time_ms, events, ["head" if is_slider else ""])

    def _observation(
        self, aspect: Aspect, time_ms: float, events: Sequence[ScoredEvent], obj: int, actual: object, expected: object
    ) -> Observation:
        """From the values of events, and what is usual."""
        surprise = sum((event.value for event in events), NO_SURPRISE)
        return self._with_habit(aspect, time_ms, surprise, obj, actual, expected)

    def _with_habit(
        self, aspect: Aspect, time_ms: float, surprise: Surprisal, obj: int, actual: object, expected: object
    ) -> Observation:
        habit = self.habits.get((aspect, obj))
        if habit is None:
            return Observation(aspect, time_ms, surprise, obj, actual, expected)
        surprise = surprise.scaled(MODEL_SHARES.get(aspect, 1.0))
        if aspect in TOLD_BY_HABIT and habit.surprise.bits > surprise.bits:
            expected = habit.usual
        return Observation(
            aspect, time_ms, surprise + habit.surprise, obj, actual, expected, habit_bits=habit.surprise.bits
        )

    def _place(self, obj: int, time_ms: float, events: list[ScoredEvent]) -> Iterator[Observation]:
        placed = [event for event in events if event.event.kind in PLACE_KINDS]
        if not placed:
            return
        column = next((event for event in placed if event.event.kind is K.COLUMN), None)
        if column is not None:
            yield self._observation(Aspect.COLUMN, time_ms, placed, obj, *_values(column))
            return
        hit_object = self.beatmap.hit_objects[obj]
        yield self._observation(
            Aspect.POSITION, time_ms, placed, obj, (hit_object.x, hit_object.y), self._predict_point(placed)
        )

    def _predict_point(self, placed: Iterable[ScoredEvent]) -> object:
        return read_position([Event(each.event.kind, each.expected_value) for each in placed], self.encoding)

    def _combo(self, obj: int, time_ms: float, events: list[ScoredEvent]) -> Iterator[Observation]:
        """Asked for at the first event that comes where a new combo would."""
        event = next((each for each in events if each.event.kind in COMBO_ALTERNATIVES), None)
        if (
            event is None
            or not self.encoding.new_combos
            or self.beatmap.mode not in (GameMode.STANDARD, GameMode.CATCH)
        ):
            return
        starts = event.event.kind is K.NEW_COMBO
        chance = event.kinds.get(K.NEW_COMBO, 0.0)
        surprise = _surprise_of([chance, 1 - chance], 0 if starts else 1)
        yield self._with_habit(Aspect.COMBO, time_ms, surprise, obj, starts, not starts)

    def _mania_scroll(self, obj: int, time_ms: float) -> Iterator[Observation]:
        """In mania speeds are no events of objects, so only the map's habits speak."""
        habit = self.habits.get((Aspect.SCROLL, obj))
        if habit is not None and self.beatmap.mode is GameMode.MANIA:
            bits = habit.surprise.bits
            speed = self.timing.sv_at(time_ms)
            yield Observation(Aspect.SCROLL, time_ms, habit.surprise, obj, speed, habit.usual, habit_bits=bits)

    def _kind(self, obj: int, time_ms: float, events: list[ScoredEvent]) -> Iterator[Observation]:
        """All choices that tell one kind of object from another; whether a combo starts is none of them."""
        choices = [
            e for e in events if e.event.kind in TYPE_KINDS or e.event.kind in COMBO_ALTERNATIVES - {K.NEW_COMBO}
        ]
        if not choices:
            return
        surprises = [kind_surprise(event, frozenset({K.NEW_COMBO})) for event in choices]
        most = max(range(len(choices)), key=lambda index: surprises[index].bits)
        expected = likeliest_kind(choices[most], frozenset({K.NEW_COMBO}))
        total = sum(surprises, NO_SURPRISE)
        yield Observation(Aspect.KIND, time_ms, total, obj, choices[most].event.kind, expected)

    def _sounds(
        self, obj: int, time_ms: float, events: list[ScoredEvent], parts: Sequence[str]
    ) -> Iterator[Observation]:
        """`parts` names what each sound of the group belongs to, the last name counting on."""
        number = 0
        for event in events:
            if event.sound is not None:
                part = parts[min(number, len(parts) - 1)]
                yield from self._sound(obj, time_ms, event, part if number < len(parts) else f"{part} {number}")
                number += 1
            elif event.event.kind is K.VOLUME:
                yield Observation(Aspect.VOLUME, time_ms, event.value, obj, *_values(event))

    def _sound(self, obj: int, time_ms: float, event: ScoredEvent, part: str) -> Iterator[Observation]:
        additions, banks = event.sound
        actual = read_sounds([event.event])[0]
        aspect = Aspect.COLOUR if self.beatmap.mode is GameMode.TAIKO else Aspect.ADDITIONS
        expected_banks = divmod(banks.likeliest, 3)
        for asked, answer, now, wanted in (
            (aspect, additions, int(actual.hitsound), 2 * additions.likeliest),
            (
                Aspect.BANK,
                banks,
                (actual.normal_set, actual.addition_set),
                (expected_banks[1] + 1, expected_banks[0] + 1),
            ),
        ):
            if part in ("", "head"):
                observed = self._with_habit(asked, time_ms, answer.surprise, obj, now, wanted)
                yield _in_part(observed, part)
            else:
                yield Observation(asked, time_ms, answer.surprise, obj, now, wanted, part)

    def _of_path(self, obj: int, kind: EventKind, events: list[ScoredEvent]) -> Iterator[Observation]:
        """Anchors, the end of the path, and the end of the first slide."""
        time_ms = self.beatmap.hit_objects[obj].time_ms
        first = events[0]
        expected = likeliest_kind(first, frozenset())
        yield Observation(Aspect.ANCHORS, time_ms, kind_surprise(first, frozenset()), obj, first.event.kind, expected)
        if kind in ANCHOR_KINDS and events[-1] is not first:
            types = kind_surprise(events[-1], frozenset())
            yield Observation(Aspect.ANCHORS, time_ms, types, obj, kind, likeliest_kind(events[-1], frozenset()))
        placed = [event for event in events if event.event.kind in PLACE_KINDS]
        if placed:
            point = self._predict_point(placed)
            yield Observation(Aspect.SHAPE, time_ms, sum((e.value for e in placed), NO_SURPRISE), obj, None, point)
        yield from self._length(obj, events)
        if kind is K.LAST_ANCHOR:
            yield from self._sounds(obj, time_ms, events, ["body", "repeat"])
            yield from self._repeats(obj, events)

    def _repeats(self, obj: int, events: list[ScoredEvent]) -> Iterator[Observation]:
        """Whether another slide follows, asked for after the sound of each."""
        time_ms = self.beatmap.hit_objects[obj].time_ms
        sounds = [index for index, event in enumerate(events) if event.event.kind is K.HITSOUND]
        for index in sounds:
            if index + 1 < len(events):
                following = events[index + 1]
                goes_on = following.event.kind is K.HITSOUND
                chance = following.kinds.get(K.HITSOUND, 0.0)
                surprise = _surprise_of([chance, 1 - chance], 0 if goes_on else 1)
                yield Observation(Aspect.REPEATS, time_ms, surprise, obj, goes_on, not goes_on)

    def _length(self, obj: int, events: list[ScoredEvent]) -> Iterator[Observation]:
        timed = [event for event in events if event.event.kind in (K.TIME, K.SNAPPING)]
        time = next((event for event in timed if event.time), None)
        if time is not None:
            hit_object = self.beatmap.hit_objects[obj]
            surprise = sum((event.value for event in timed), NO_SURPRISE)
            yield Observation(
                Aspect.LENGTH, hit_object.time_ms, surprise, obj, float(time.event.value), time.time.likeliest_ms
            )

    def _of_end(self, obj: int, kind: EventKind, events: list[ScoredEvent]) -> Iterator[Observation]:
        """What a slider's end sounds like; of others also when they end, which a slider's path has told."""
        if kind is not K.SLIDER_END:
            yield from self._length(obj, events)
        yield from self._sounds(obj, self.beatmap.hit_objects[obj].time_ms, events, ["end"])

    def _absences(
        self, obj: int, time_ms: float, events: list[ScoredEvent], silent: Iterable[Absence]
    ) -> Iterator[Observation]:
        """The most surprising stretch before an object in which nothing comes."""
        if self.encoding.timing_in_map:  # what is missing may be a beat
            return
        own = [event.time.absence for event in events if event.time and event.time.absence]
        absence = max([*own, *silent], key=lambda each: each.bits, default=None)
        habit = self.habits.get((Aspect.ABSENCE, obj))
        if absence is None:
            return
        surprise, expected_ms, habit_bits = Surprisal(absence.bits, 0.0), absence.time_ms, 0.0
        if habit is not None:
            surprise, habit_bits = surprise + habit.surprise, habit.surprise.bits
            if habit_bits > absence.bits:
                expected_ms = self._usual_ms(obj, habit.usual)
        yield Observation(Aspect.ABSENCE, time_ms, surprise, obj, None, expected_ms, habit_bits=habit_bits)

    def _usual_ms(self, obj: int, gap_ticks: int) -> float:
        """When an object would come a usual gap after the one before."""
        time_ms = self.beatmap.hit_objects[obj].time_ms
        before_ms = max(other.time_ms for other in self.beatmap.hit_objects[:obj] if other.time_ms < time_ms)
        return before_ms + gap_ticks / TICKS_PER_BEAT * self.timing.beat_length_at(time_ms)


def observe_beats(scored: ScoredContext) -> Iterator[Observation]:
    """Whether beats begin bars and tempos where they do."""
    for event in scored.events:
        if event.event.kind in TYPE_KINDS:
            surprise = kind_surprise(event, frozenset())
            time_ms = scored.groups[event.group].time_ms
            yield Observation(
                Aspect.BEAT, time_ms, surprise, None, event.event.kind, likeliest_kind(event, frozenset())
            )


def observe_kiai(scored: ScoredContext, edges: Sequence[KiaiEdge]) -> Iterator[Observation]:
    """Where kiai starts and ends: what the song and the map say of it, else what the model does.

    The embedded model tells a kiai that is a bar off from a right one worse than chance does.
    """
    known = {(round(edge.time_ms), edge.is_start): edge for edge in edges}
    for event in scored.events:
        if event.time is None:
            continue
        group = scored.groups[event.group]
        starts = any(each.kind is K.KIAI and each.value for each in group.events)
        edge = known.get((round(group.time_ms), starts))
        if edge is None:
            yield Observation(Aspect.KIAI, group.time_ms, event.value, None, starts, event.time.likeliest_ms)
            continue
        surprise = edge.surprise
        yield Observation(
            Aspect.KIAI, group.time_ms, surprise, None, starts, edge.likeliest_ms, habit_bits=surprise.bits
        )


def observe_scroll(scored: ScoredContext, encoding: EncodingSpec) -> Iterator[Observation]:
    """Scroll speeds of mania, where they change."""
    for event in scored.events:
        if event.event.kind is K.SCROLL_SPEED:
            speeds = (value * encoding.scroll_speed_step_percent / 100 for value in _values(event))
            yield Observation(Aspect.SCROLL, scored.groups[event.group].time_ms, event.value, None, *speeds)


def kind_surprise(event: ScoredEvent, ignored: frozenset[EventKind]) -> Surprisal:
    """Of the kind of an event, among kinds other than `ignored`."""
    chances = {kind: chance for kind, chance in event.kinds.items() if kind not in ignored}
    kinds = list(chances)
    total = max(sum(chances.values()), 1e-12)
    return _surprise_of([chance / total for chance in chances.values()], kinds.index(event.event.kind))


def likeliest_kind(event: ScoredEvent, ignored: frozenset[EventKind]) -> EventKind | None:
    chances = {kind: chance for kind, chance in event.kinds.items() if kind not in ignored}
    return max(chances, key=chances.__getitem__)


def _surprise_of(chances: Sequence[float], actual: int) -> Surprisal:
    bits = [-math.log2(max(chance, 1e-9)) for chance in chances]
    return Surprisal(bits[actual], sum(chance * each for chance, each in zip(chances, bits, strict=True)))


def _values(event: ScoredEvent) -> tuple[int, int]:
    return event.event.value, event.expected_value


def _in_part(observation: Observation, part: str) -> Observation:
    return Observation(
        observation.aspect,
        observation.time_ms,
        observation.surprise,
        observation.obj,
        observation.actual,
        observation.expected,
        part,
        observation.habit_bits,
    )


def _merge_by_slider(observations: Iterable[Observation]) -> Iterator[Observation]:
    """Anchors, shape and repeats of one slider are one observation each, told by its most surprising part."""
    merged: dict[tuple[Aspect, int | None], list[Observation]] = {}
    for observation in observations:
        if observation.aspect in (Aspect.ANCHORS, Aspect.SHAPE, Aspect.REPEATS):
            merged.setdefault((observation.aspect, observation.obj), []).append(observation)
        else:
            yield observation
    for parts in merged.values():
        worst = max(parts, key=lambda each: each.surprise.bits)
        total = sum((each.surprise for each in parts), NO_SURPRISE)
        yield Observation(worst.aspect, worst.time_ms, total, worst.obj, worst.actual, worst.expected)
