"""Times of objects: divisors, gaps, and times in similar surroundings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from modding.aspects import Aspect
from modding.habits.choices import Choices, HabitScore, Question, ViewedQuestion, counted, weigh
from modding.habits.places import TICKS_PER_BEAT, MapPlaces, Place
from modding.habits.sounds import questions_of
from modding.habits.surroundings import DOUBT, NO_MARK, Marks, Surroundings
from osuT5.generation.token_scores import Surprisal

GRID_TICKS = (TICKS_PER_BEAT // 4, TICKS_PER_BEAT // 3)
"""Steps, in ticks, of the grids whose empty ticks may lack an object."""

LEAST_CHANCE = 1e-4
DIVISION_SHARE = 0.5
GAP_SHARE = 0.5
"""Weights of divisions and of gaps, relative to object times in similar surroundings.

They were fitted on training songs with inserted faults.
"""


class RhythmHabits:
    """Habits of object times in a map with objects.

    Attributes:
        presence: Objects in similar surroundings.
        divisions: Score of each object's beat snap divisor.
        gaps: Score of the silence before an onset, by its last object.
    """

    def __init__(self, places: MapPlaces) -> None:
        self.places = places
        self.presence = Presence(places)
        self.divisions = _divisions(places)
        self.gaps = _gaps(places)

    def scores(self) -> Iterator[tuple[tuple[Aspect, int], HabitScore]]:
        """Yield the surprisal of each object's time, and of silence before it."""
        for place, division in zip(self.places, self.divisions, strict=True):
            here = self.presence.of_object(place.tick)
            surprise = division.surprise.scale(DIVISION_SHARE) + here
            yield (Aspect.RHYTHM, place.index), HabitScore(surprise, division.usual)
        onsets = {place.tick: place for place in self.places}
        for before, tick in pairwise(sorted(onsets)):
            place = onsets[tick]
            missing, missing_tick = self.presence.of_nothing(before, tick)
            gap = self.long_gap(place)
            surprise = missing if gap is None else missing + gap.surprise.scale(GAP_SHARE)
            if missing_tick is None:
                if gap is None:
                    continue
                missing_tick = before + gap.usual
            yield (Aspect.ABSENCE, place.index), HabitScore(surprise, missing_tick - before)

    def long_gap(self, place: Place) -> HabitScore | None:
        """Return the score of a gap that is usually shorter, or None."""
        gap = self.gaps.get(place.index)
        return gap if gap is not None and gap.usual < place.gap_before else None


def _divisions(places: MapPlaces) -> list[HabitScore]:
    """Return scores of beat snap divisors.

    They are given those before and after each object, and the time between these.
    """
    phases = {place.tick: place.beat_phase for place in places}
    ticks = sorted(phases)
    around = {
        tick: (phases.get(b), phases.get(a))
        for b, tick, a in zip([None, *ticks], ticks, [*ticks[1:], None], strict=False)
    }
    questions = questions_of([place.beat_phase for place in places])
    seen = []
    for place, question in zip(places, questions, strict=True):
        before, after = around[place.tick]
        contexts = (("before", before), ("gap", place.gap_before + place.gap_after), ("both", before, after))
        seen.append(ViewedQuestion(contexts, question.candidates))
    return _scored(questions, seen)


def _gaps(places: MapPlaces) -> dict[int, HabitScore]:
    """Return the score of the silence before each onset.

    It belongs to the last object of the onset.
    """
    onsets = {place.obj.time_ms: place for place in places}
    pairs = list(pairwise(onsets[time_ms] for time_ms in places.times_ms))
    questions = questions_of([onset.gap_before for _, onset in pairs], [onset.index for _, onset in pairs])
    seen = [
        ViewedQuestion((("from", last.beat_phase), ("after", last.beat_phase, last.gap_before)), question.candidates)
        for question, (last, _) in zip(questions, pairs, strict=True)
    ]
    return {question.obj: score for question, score in zip(questions, _scored(questions, seen), strict=True)}


def _scored(questions: list[Question], seen: list[ViewedQuestion]) -> list[HabitScore]:
    return weigh(Choices(Aspect.RHYTHM, questions, {"counted": counted(questions, seen)}), {"counted": 1.0})


@dataclass(frozen=True, slots=True)
class _Spot:
    tick: int
    bar_phase: int
    is_onset: bool


class Presence:
    """Probability of an object on each tick of the coarse divisors.

    It follows from objects in similar surroundings.

    Attributes:
        ticks: int [ticks], in order.
        times_ms: Their times, float64 [ticks].
        chances: float64 [ticks].
    """

    def __init__(self, places: MapPlaces) -> None:
        spots = _spots(places)
        self.ticks = np.array([spot.tick for spot in spots], int)
        self.times_ms = np.array([places.line.time_ms(spot.tick) for spot in spots])
        self.chances = _chances(spots) if spots else np.zeros(0)

    def chance(self, tick: int) -> float:
        """Return the probability of an object on a tick that has one."""
        return float(self.chances[np.searchsorted(self.ticks, tick)])

    def of_object(self, tick: int) -> Surprisal:
        chance = self.chance(tick)
        bits = -np.log2([chance, 1 - chance])
        return Surprisal(float(bits[0]), float(bits @ [chance, 1 - chance]))

    def of_nothing(self, before: int, tick: int) -> tuple[Surprisal, int | None]:
        """Return the most surprising empty tick between two, or None."""
        low, high = np.searchsorted(self.ticks, before, side="right"), np.searchsorted(self.ticks, tick)
        if low == high:
            return Surprisal(0.0, 0.0), None
        place = int(low + self.chances[low:high].argmax())
        return Surprisal(float(-np.log2(1 - self.chances[place])), 0.0), int(self.ticks[place])


def _spots(places: MapPlaces) -> list[_Spot]:
    """Return the onsets, and all ticks of the grid between them."""
    if not places:
        return []
    spots = {place.tick: _Spot(place.tick, place.bar_phase, True) for place in places}
    for start, first, last, bar in places.line.segments(places.times_ms[0], places.times_ms[-1]):
        for step in GRID_TICKS:
            for tick in range(-(-first // step) * step, last, step):
                spots.setdefault(start + tick, _Spot(start + tick, tick % bar, False))
    return [spots[tick] for tick in sorted(spots)]


def _chances(spots: list[_Spot]) -> np.ndarray:
    is_onset = np.array([spot.is_onset for spot in spots])
    onsets = [spot.tick for spot in spots if spot.is_onset]
    own = np.full(len(spots), NO_MARK)
    own[is_onset] = np.arange(len(onsets))
    around = Marks(onsets, [0] * len(onsets), 1).around([spot.tick for spot in spots], own)
    surroundings = Surroundings.of([spot.bar_phase for spot in spots], around)
    found, weight = surroundings.evidence(is_onset[:, None].astype(float)).T
    chances = (found + DOUBT * _group_by_division(spots)) / (weight + DOUBT)
    return np.clip(chances, LEAST_CHANCE, 1 - LEAST_CHANCE)


def _group_by_division(spots: list[_Spot]) -> np.ndarray:
    """Return the frequency of objects on the same tick of other beats.

    It is used if surroundings give no evidence.
    """
    phases = [spot.bar_phase % TICKS_PER_BEAT for spot in spots]
    counts = Counter(phases)
    onsets = Counter(phase for phase, spot in zip(phases, spots, strict=True) if spot.is_onset)
    return np.array([(onsets[p] - s.is_onset + 0.5) / counts[p] for p, s in zip(phases, spots, strict=True)])
