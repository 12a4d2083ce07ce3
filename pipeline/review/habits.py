"""What is usual in a map by itself: how much an object surprises one who knows the rest of its map.

A model that has seen many maps does not know this one's habits: that claps are on every second beat, that a new combo
starts with each bar, that gaps of half a beat mean 120 px. Each question about an object (`Aspect`) is answered from
counts over the other objects of the map, in contexts from plain to special; a special context counts the more the
oftener it occurs (interpolated Witten-Bell smoothing; Bell, Cleary & Witten 1990, "Text Compression").
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from osu_beatmap.model import Beatmap, GameMode, HitObject, Slider, SliderEdge, Spinner
from osu_beatmap.timing import Timing, end_time_ms
from osuT5.encoding.hitsounds import resolve
from osuT5.encoding.objects import object_sound
from osuT5.encoding.positions import column_event
from osuT5.encoding.sliders import edge_sound
from osuT5.generation.token_scores import Surprise
from pipeline.review.aspects import Aspect

TICKS_PER_BEAT = 48
"""Every accepted divisor up to 16 but 5, 7 and 9 has its ticks among these."""

NEIGHBOURS = 8
DISTANCE_STEPS = 3
"""Distances are told apart in thirds of an octave."""

NEAREST_PX = 8.0


@dataclass(frozen=True, slots=True)
class Habit:
    """One question about one object: its answer, and contexts of the question from plain to special.

    `other`: another object that the answer speaks of as much, as a distance does of the one that it is from.
    """

    aspect: Aspect
    obj: int
    answer: Hashable
    contexts: tuple[Hashable, ...]
    other: int | None = None


@dataclass(frozen=True, slots=True)
class HabitScore:
    """How much the answer surprises, and what is usual instead."""

    surprise: Surprise
    usual: Hashable


class Counts:
    """Answers by context. Scores leave out the answer that is asked about."""

    def __init__(self, habits: Sequence[Habit]) -> None:
        self.answers: set[Hashable] = {habit.answer for habit in habits}
        self.by_context: dict[Hashable, Counter] = defaultdict(Counter)
        for habit in habits:
            for context in ((), *habit.contexts):
                self.by_context[context][habit.answer] += 1

    def score(self, habit: Habit) -> HabitScore:
        chances = dict.fromkeys(self.answers, 1.0 / (len(self.answers) + 1))
        for context in ((), *habit.contexts):
            counts = self.by_context[context].copy()
            counts[habit.answer] -= 1
            total = counts.total()
            if not total:
                continue
            kinds = sum(count > 0 for count in counts.values())
            weight = total / (total + kinds)
            for answer in chances:
                chances[answer] = weight * counts[answer] / total + (1 - weight) * chances[answer]
        bits = {answer: -math.log2(max(chance, 1e-9)) for answer, chance in chances.items()}
        expected = sum(chances[answer] * bits[answer] for answer in chances)
        return HabitScore(Surprise(bits[habit.answer], expected), max(chances, key=chances.__getitem__))


Habits = dict[tuple[Aspect, int], HabitScore]
"""By aspect and object."""


def habits_of(beatmap: Beatmap) -> Habits:
    """Scores of every question about every object of a map with red lines."""
    reader = _HabitReader(beatmap)
    scores: Habits = {}
    for habits in reader.questions():
        counts = Counts(habits)
        for habit in habits:
            score = counts.score(habit)
            _add(scores, (habit.aspect, habit.obj), score)
            if habit.other is not None:
                _add(scores, (habit.aspect, habit.other), score)
    gaps = list(reader.gaps())
    counts = Counts(gaps)
    for gap in gaps:
        _tell_gap(scores, gap, counts.score(gap))
    return scores


def _add(scores: Habits, question: tuple[Aspect, int], score: HabitScore) -> None:
    """Several habits may speak to one question; what is usual is said by the first."""
    known = scores.get(question)
    if known is not None:
        score = HabitScore(known.surprise + score.surprise, known.usual)
    scores[question] = score


def _tell_gap(scores: Habits, gap: Habit, score: HabitScore) -> None:
    """An unusually long gap speaks of a missing object, an unusually short one against the object after it."""
    if gap.answer > score.usual:
        scores[Aspect.ABSENCE, gap.obj] = score
    elif gap.answer < score.usual:
        _add(scores, (Aspect.RHYTHM, gap.obj), score)


@dataclass(frozen=True, slots=True)
class _Place:
    """An object among the others: ticks from its red line, and from and to its neighbours in time."""

    index: int
    obj: HitObject
    beat_phase: int
    bar_phase: int
    gap_before: int
    gap_after: int


class _HabitReader:
    def __init__(self, beatmap: Beatmap) -> None:
        self.beatmap = beatmap
        self.mode = beatmap.mode
        self.timing = Timing(beatmap.timing_points)
        self.places = self._places()

    def _places(self) -> list[_Place]:
        objects = self.beatmap.hit_objects
        times_ms = sorted({obj.time_ms for obj in objects})
        after = dict(pairwise(times_ms))
        before = {later: earlier for earlier, later in after.items()}
        places = []
        for index, obj in enumerate(objects):
            red = self.timing.red_at(obj.time_ms)
            beat_ms = self.timing.beat_length_at(obj.time_ms)
            tick = round((obj.time_ms - red.time_ms) / beat_ms * TICKS_PER_BEAT)

            def gap(other_ms: float | None, time_ms: float = obj.time_ms, beat_ms: float = beat_ms) -> int:
                return 0 if other_ms is None else round(abs(time_ms - other_ms) / beat_ms * TICKS_PER_BEAT)

            places.append(
                _Place(
                    index,
                    obj,
                    tick % TICKS_PER_BEAT,
                    tick % (TICKS_PER_BEAT * max(1, red.meter)),
                    gap(before.get(obj.time_ms)),
                    gap(after.get(obj.time_ms)),
                )
            )
        return places

    def questions(self) -> Iterator[list[Habit]]:
        yield list(self._rhythms())
        if self.mode in (GameMode.STANDARD, GameMode.CATCH):
            yield list(self._distances())
            yield list(self._combos())
        if self.mode is GameMode.MANIA:
            yield from self._columns()
        yield list(self._additions())
        yield list(self._banks())
        yield list(self._velocities())

    def _rhythms(self) -> Iterator[Habit]:
        phases = {place.obj.time_ms: place.beat_phase for place in self.places}
        times_ms = sorted(phases)
        around = {t: (phases.get(before), phases.get(after)) for before, t, after in _with_neighbours(times_ms)}
        for place in self.places:
            before, after = around[place.obj.time_ms]
            contexts = (("before", before), ("gap", place.gap_before + place.gap_after), ("both", before, after))
            yield Habit(Aspect.RHYTHM, place.index, place.beat_phase, contexts)

    def gaps(self) -> Iterator[Habit]:
        onsets = {place.obj.time_ms: place for place in self.places}
        before_last: _Place | None = None
        for last, onset in pairwise(onsets[time_ms] for time_ms in sorted(onsets)):
            gap_before_last = None if before_last is None else last.gap_before
            contexts = (("from", last.beat_phase), ("after", last.beat_phase, gap_before_last))
            yield Habit(Aspect.ABSENCE, onset.index, onset.gap_before, contexts)
            before_last = last

    def _distances(self) -> Iterator[Habit]:
        last: tuple[int, int] | None = None
        for before, place in pairwise(self.places):
            if isinstance(place.obj, Spinner) or isinstance(before.obj, Spinner):
                last = None
                continue
            distance = self._distance_class(before.obj, place.obj)
            gap = round(
                (place.obj.time_ms - self._end_ms(before.obj)) / self.timing.beat_length_at(place.obj.time_ms) * 8
            )
            block = ("block", gap, place.index // (2 * NEIGHBOURS))
            contexts = (("gap", gap), block, ("last", gap, last))
            yield Habit(Aspect.POSITION, place.index, distance, contexts, other=before.index)
            last = (gap, distance)

    def _end_ms(self, obj: HitObject) -> float:
        return end_time_ms(obj, self.timing, self.beatmap.difficulty)

    def _distance_class(self, before: HitObject, obj: HitObject) -> int:
        end = (
            before.segments[-1].points[-1] if isinstance(before, Slider) and before.slides % 2 else (before.x, before.y)
        )
        px = abs(obj.x - end[0]) if self.mode is GameMode.CATCH else math.dist((obj.x, obj.y), end)
        return round(DISTANCE_STEPS * math.log2(max(px, NEAREST_PX)))

    def _columns(self) -> Iterator[list[Habit]]:
        """By the chord before, by the one after, and by the other notes of a chord."""
        by_time: dict[float, list[int]] = defaultdict(list)
        for place in self.places:
            by_time[place.obj.time_ms].append(self._column(place.obj))
        chords = {time_ms: tuple(sorted(by_time[time_ms])) for time_ms in sorted(by_time)}
        around = {t: (chords.get(before), chords.get(after)) for before, t, after in _with_neighbours(list(chords))}
        yield [self._by_chord(place, around[place.obj.time_ms][0], place.gap_before) for place in self.places]
        yield [self._by_chord(place, around[place.obj.time_ms][1], place.gap_after) for place in self.places]
        yield [self._by_mates(place, chords[place.obj.time_ms], around[place.obj.time_ms][0]) for place in self.places]

    def _column(self, obj: HitObject) -> int:
        return column_event(obj.x, self.beatmap.key_count).value

    def _by_chord(self, place: _Place, chord: tuple[int, ...] | None, gap: int) -> Habit:
        contexts = (("chord", chord), ("gap", chord, gap))
        return Habit(Aspect.COLUMN, place.index, self._column(place.obj), contexts)

    def _by_mates(self, place: _Place, chord: tuple[int, ...], before: tuple[int, ...] | None) -> Habit:
        column = self._column(place.obj)
        mates = tuple(other for other in chord if other != column)
        return Habit(Aspect.COLUMN, place.index, column, (("mates", mates), ("before", before, mates)))

    def _combos(self) -> Iterator[Habit]:
        length = 0
        for place in self.places:
            contexts = (
                ("bar", place.bar_phase),
                ("length", min(length, 16)),
                ("both", place.bar_phase, min(length, 16)),
            )
            yield Habit(Aspect.COMBO, place.index, place.obj.new_combo, contexts)
            length = 1 if place.obj.new_combo else length + 1

    def _sound(self, obj: HitObject) -> SliderEdge:
        sound = edge_sound(obj, 0) if isinstance(obj, Slider) else object_sound(obj)
        return resolve(sound, obj.time_ms, self.timing)

    def _additions(self) -> Iterator[Habit]:
        taiko = self.mode is GameMode.TAIKO
        sounds = [int(self._sound(place.obj).hitsound) for place in self.places]
        for place, sound in zip(self.places, sounds, strict=True):
            before = tuple(sounds[max(0, place.index - 2) : place.index])
            block = place.index // (4 * NEIGHBOURS)
            contexts = (
                (("one", before[-1:]), ("two", before), ("gap", place.gap_before, before))
                if taiko
                else (
                    ("bar", place.bar_phase),
                    ("kind", place.bar_phase, type(place.obj)),
                    ("block", place.bar_phase, block),
                )
            )
            yield Habit(Aspect.COLOUR if taiko else Aspect.ADDITIONS, place.index, sound, contexts)

    def _banks(self) -> Iterator[Habit]:
        sounds = [self._sound(place.obj) for place in self.places]
        banks = [(int(sound.normal_set), int(sound.addition_set)) for sound in sounds]
        for place, (before, bank, after) in zip(self.places, _with_neighbours(banks), strict=True):
            yield Habit(Aspect.BANK, place.index, bank, (("before", before), ("both", before, after)))

    def _velocities(self) -> Iterator[Habit]:
        sliders_only = self.mode in (GameMode.STANDARD, GameMode.CATCH)
        places = [place for place in self.places if isinstance(place.obj, Slider) or not sliders_only]
        speeds = [round(self.timing.sv_at(place.obj.time_ms), 2) for place in places]
        aspect = Aspect.VELOCITY if sliders_only else Aspect.SCROLL
        for place, (before, speed, after) in zip(places, _with_neighbours(speeds), strict=True):
            yield Habit(aspect, place.index, speed, (("before", before), ("both", before, after)))


def _with_neighbours(values: Sequence) -> Iterator[tuple]:
    """Each value with the one before and the one after it, None at the ends."""
    padded = [None, *values, None]
    yield from zip(padded, padded[1:], padded[2:], strict=False)
