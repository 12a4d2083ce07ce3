"""Scored events -> observations of objects, by aspect.

An object's rhythm is asked for by its time and its division together, its kind by every choice that tells kinds apart,
and so on. What the map's own habits say about the same question is added: as two judges of whom each knows what the
other does not, both have to be surprised for much surprise, or one of them very much.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from modding.aspects import Aspect
from modding.habits.habits import Habits
from modding.observation.kiai_edges import KiaiEdge
from modding.observation.observation import HabitJudge, Observation
from osu_beatmap.attributes import WITH_CIRCLES
from osu_beatmap.beatmap import Beatmap, GameMode, Slider
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
"""Kinds of events at which a new combo may come; it is scored at the first of them."""

NO_SURPRISE = Surprisal(0.0, 0.0)


class MapObserver:
    """Observations of one map.

    `origins`: the object of each group of the map context, as `trace_objects` has them.
    """

    def __init__(self, beatmap: Beatmap, encoding: EncodingSpec, origins: Sequence[int | None], habits: Habits) -> None:
        self.beatmap = beatmap
        self.encoding = encoding
        self.origins = origins
        self.judge = HabitJudge(beatmap, habits)
        self._of_model, self._with_habit = self.judge.of_model, self.judge.judged

    def observe(self, scored: ScoredContext) -> list[Observation]:
        """Return observations of objects by the map context."""
        observed: list[Observation] = []
        for number, events in groupby(scored.events, key=lambda event: event.group):
            obj = self.origins[number]
            if obj is not None:
                silent = scored.absences.get(number, ())
                observed += self._of_group(obj, scored.groups[number].kind, list(events), silent)
        return list(_merge_by_slider(observed))

    def _of_group(
        self, obj: int, kind: EventKind, events: list[ScoredEvent], silent: Iterable[Absence]
    ) -> Iterator[Observation]:
        if kind in ANCHOR_KINDS or kind is K.LAST_ANCHOR:
            yield from self._of_path(obj, kind, events)
        elif kind in END_KINDS:
            yield from self._of_end(obj, kind, events)
        elif kind not in TYPE_KINDS or kind.value.endswith("_sustain"):
            return
        else:
            yield from self._of_start(obj, events)
        if kind not in END_KINDS and kind is not K.LAST_ANCHOR:
            yield from self._absences(obj, events, silent)

    def _of_start(self, obj: int, events: list[ScoredEvent]) -> Iterator[Observation]:
        rhythm = _timed(events)
        likeliest_ms = next((event.time.likeliest_ms for event in rhythm if event.time), None)
        if likeliest_ms is not None:
            yield self._with_habit(
                Aspect.RHYTHM, obj, _total(rhythm), self.beatmap.hit_objects[obj].time_ms, likeliest_ms
            )
        yield from self._place(obj, events)
        yield from self._combo(obj, events)
        yield from self.judge.mania_scroll(obj)
        yield from self._kind(obj, events)
        for event in events:
            if event.event.kind is K.SCROLL_SPEED:
                aspect = Aspect.VELOCITY if self.beatmap.mode in WITH_CIRCLES else Aspect.SCROLL
                yield self._with_habit(aspect, obj, _total([event]), *_speeds(event, self.encoding))
        is_slider = isinstance(self.beatmap.hit_objects[obj], Slider) and self.beatmap.mode is not GameMode.TAIKO
        yield from self._sounds(obj, events, ["head" if is_slider else ""])

    def _place(self, obj: int, events: list[ScoredEvent]) -> Iterator[Observation]:
        placed = [event for event in events if event.event.kind in PLACE_KINDS]
        column = next((event for event in placed if event.event.kind is K.COLUMN), None)
        if column is not None:
            yield self._with_habit(Aspect.COLUMN, obj, _total(placed), *_values(column))
        elif placed:
            hit_object = self.beatmap.hit_objects[obj]
            point = hit_object.x, hit_object.y
            yield self._with_habit(Aspect.POSITION, obj, _total(placed), point, self._predict_point(placed))

    def _predict_point(self, placed: Iterable[ScoredEvent]) -> object:
        return read_position([Event(each.event.kind, each.expected_value) for each in placed], self.encoding)

    def _combo(self, obj: int, events: list[ScoredEvent]) -> Iterator[Observation]:
        """Yield the observation of a new combo.

        It is made at the first event at which a new combo is possible.
        """
        event = next((each for each in events if each.event.kind in COMBO_ALTERNATIVES), None)
        if event is not None and self.encoding.new_combos and self.beatmap.mode in WITH_CIRCLES:
            surprise, starts = _judge_choice(event, K.NEW_COMBO)
            yield self._with_habit(Aspect.COMBO, obj, surprise, starts, not starts)

    def _kind(self, obj: int, events: list[ScoredEvent]) -> Iterator[Observation]:
        """Yield the observation of an object's kind.

        All choices between kinds of objects count; that of a new combo does not.
        """
        kinds = TYPE_KINDS | COMBO_ALTERNATIVES - {K.NEW_COMBO}
        choices = [event for event in events if event.event.kind in kinds]
        if not choices:
            return
        judged = [judge_kind(event, K.NEW_COMBO) for event in choices]
        most = max(range(len(choices)), key=lambda index: judged[index][0].bits)
        total = sum((surprise for surprise, _ in judged), NO_SURPRISE)
        yield self._of_model(Aspect.KIND, obj, total, choices[most].event.kind, judged[most][1])

    def _sounds(self, obj: int, events: list[ScoredEvent], parts: Sequence[str]) -> Iterator[Observation]:
        """Yield observations of sounds.

        `parts` names the owner of each sound of the group; the last name is numbered.
        """
        number = 0
        for event in events:
            if event.sound is not None:
                part = parts[min(number, len(parts) - 1)]
                yield from self._sound(obj, event, part if number < len(parts) else f"{part} {number}")
                number += 1
            elif event.event.kind is K.VOLUME:
                yield self._of_model(Aspect.VOLUME, obj, event.value, *_values(event))

    def _sound(self, obj: int, event: ScoredEvent, part: str) -> Iterator[Observation]:
        additions, banks = event.sound
        actual = read_sounds([event.event])[0]
        aspect = Aspect.COLOUR if self.beatmap.mode is GameMode.TAIKO else Aspect.ADDITIONS
        observe = self._with_habit if part in ("", "head") else self._of_model
        yield observe(aspect, obj, additions.surprise, int(actual.hitsound), 2 * additions.likeliest, part)
        addition_bank, normal_bank = divmod(banks.likeliest, 3)
        own_banks, usual_banks = (actual.normal_set, actual.addition_set), (normal_bank + 1, addition_bank + 1)
        yield observe(Aspect.BANK, obj, banks.surprise, own_banks, usual_banks, part)

    def _of_path(self, obj: int, kind: EventKind, events: list[ScoredEvent]) -> Iterator[Observation]:
        """Yield observations of a path: anchors, its end, the first slide's end."""
        first, last = events[0], events[-1]
        surprise, expected = judge_kind(first)
        yield self._of_model(Aspect.ANCHORS, obj, surprise, first.event.kind, expected)
        if kind in ANCHOR_KINDS and last is not first:
            surprise, expected = judge_kind(last)
            yield self._of_model(Aspect.ANCHORS, obj, surprise, kind, expected)
        placed = [event for event in events if event.event.kind in PLACE_KINDS]
        if placed:
            yield self._of_model(Aspect.SHAPE, obj, _total(placed), None, self._predict_point(placed))
        yield from self._length(obj, events)
        if kind is K.LAST_ANCHOR:
            yield from self._sounds(obj, events, ["body", "repeat"])
            yield from self._repeats(obj, events)

    def _repeats(self, obj: int, events: list[ScoredEvent]) -> Iterator[Observation]:
        """Yield observations of repeats, after the sound of each slide."""
        for event, following in pairwise(events):
            if event.event.kind is K.HITSOUND:
                surprise, goes_on = _judge_choice(following, K.HITSOUND)
                yield self._of_model(Aspect.REPEATS, obj, surprise, goes_on, not goes_on)

    def _length(self, obj: int, events: list[ScoredEvent]) -> Iterator[Observation]:
        timed = _timed(events)
        time = next((event for event in timed if event.time), None)
        if time is not None:
            end_ms, likeliest_ms = float(time.event.value), time.time.likeliest_ms
            yield self._of_model(Aspect.LENGTH, obj, _total(timed), end_ms, likeliest_ms)

    def _of_end(self, obj: int, kind: EventKind, events: list[ScoredEvent]) -> Iterator[Observation]:
        """Yield the observations of an object's end.

        A slider's end has sounds only, as its path determines the time; other ends have a time too.
        """
        if kind is not K.SLIDER_END:
            yield from self._length(obj, events)
        yield from self._sounds(obj, events, ["end"])

    def _absences(self, obj: int, events: list[ScoredEvent], silent: Iterable[Absence]) -> Iterator[Observation]:
        """Yield the most surprising empty span before an object."""
        if self.encoding.timing_in_map:  # what is missing may be a beat
            return
        own = [event.time.absence for event in events if event.time and event.time.absence]
        absence = max([*own, *silent], key=lambda each: each.bits, default=None)
        if absence is None:
            return
        yield self.judge.absent(obj, absence.bits, absence.time_ms)


def observe_beats(scored: ScoredContext) -> Iterator[Observation]:
    """Yield observations of bars and tempos that begin on beats."""
    for event in scored.events:
        if event.event.kind in TYPE_KINDS:
            surprise, expected = judge_kind(event)
            time_ms = scored.groups[event.group].time_ms
            yield Observation(Aspect.BEAT, time_ms, surprise, None, event.event.kind, expected)


def observe_kiai(edges: Sequence[KiaiEdge]) -> Iterator[Observation]:
    """Yield observations of kiai starts and ends."""
    for edge in edges:
        bits = edge.surprise.bits
        yield Observation(
            Aspect.KIAI, edge.time_ms, edge.surprise, None, edge.is_start, edge.likeliest_ms, habit_bits=bits
        )


def observe_scroll(scored: ScoredContext, encoding: EncodingSpec) -> Iterator[Observation]:
    """Yield an observation for each change of mania scroll speed."""
    for event in scored.events:
        if event.event.kind is K.SCROLL_SPEED:
            time_ms = scored.groups[event.group].time_ms
            yield Observation(Aspect.SCROLL, time_ms, event.value, None, *_speeds(event, encoding))


def judge_kind(event: ScoredEvent, *ignored: EventKind) -> tuple[Surprisal, EventKind | None]:
    """Return the surprisal of a kind, and the most likely kind.

    Both are among kinds other than `ignored`.
    """
    chances = {kind: chance for kind, chance in event.kinds.items() if kind not in ignored}
    total = max(sum(chances.values()), 1e-12)
    actual = list(chances).index(event.event.kind)
    surprise = _surprise_of([chance / total for chance in chances.values()], actual)
    return surprise, max(chances, key=chances.__getitem__)


def _judge_choice(event: ScoredEvent, kind: EventKind) -> tuple[Surprisal, bool]:
    """Return the surprisal of being of a kind, and whether it is."""
    chance, is_kind = event.kinds.get(kind, 0.0), event.event.kind is kind
    return _surprise_of([chance, 1 - chance], 0 if is_kind else 1), is_kind


def _surprise_of(chances: Sequence[float], actual: int) -> Surprisal:
    bits = [-math.log2(max(chance, 1e-9)) for chance in chances]
    return Surprisal(bits[actual], sum(chance * each for chance, each in zip(chances, bits, strict=True)))


def _timed(events: Iterable[ScoredEvent]) -> list[ScoredEvent]:
    return [event for event in events if event.event.kind in (K.TIME, K.SNAPPING)]


def _total(events: Iterable[ScoredEvent]) -> Surprisal:
    return sum((event.value for event in events), NO_SURPRISE)


def _speeds(event: ScoredEvent, encoding: EncodingSpec) -> tuple[float, float]:
    """Return the scroll speed of an event and the expected one."""
    actual, expected = (value * encoding.scroll_speed_step_percent / 100 for value in _values(event))
    return actual, expected


def _values(event: ScoredEvent) -> tuple[int, int]:
    return event.event.value, event.expected_value


def _merge_by_slider(observations: Iterable[Observation]) -> Iterator[Observation]:
    """Merge observations of anchors, shape and repeats per slider.

    The most surprising part represents them.
    """
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
