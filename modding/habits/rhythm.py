"""Times of objects: divisors, gaps, and times in similar surroundings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from modding.aspects import Aspect
from modding.habits.choices import Choices, HabitScore, Question, ViewedQuestion, counted, weigh
from modding.habits.places import TICKS_PER_BEAT, MapPlaces
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


def rhythms(places: MapPlaces) -> Iterator[tuple[tuple[Aspect, int], HabitScore]]:
    """Yield the surprisal of each object's time, and of silence before it."""
    presence = Presence(places)
    for place, division in zip(places, _divisions(places), strict=True):
        here = presence.of_object(place.tick)
        yield (Aspect.RHYTHM, place.index), HabitScore(division.surprise.scale(DIVISION_SHARE) + here, division.usual)
    onsets = {place.tick: place for place in places}
    gaps = _gaps(places)
    for before, tick in pairwise(sorted(onsets)):
        place = onsets[tick]
        missing, missing_tick = presence.of_nothing(before, tick)
        gap = gaps.get(place.index)
        is_long = gap is not None and gap.usual < place.gap_before
        surprise = missing + gap.surprise.scale(GAP_SHARE) if is_long else missing
        if missing_tick is None:
            if not is_long:
                continue
            missing_tick = before + gap.usual
        yield (Aspect.ABSENCE, place.index), HabitScore(surprise, missing_tick - before)


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
    """

    def __init__(self, places: MapPlaces) -> None:
        spots = _spots(places)
        self._ticks = np.array([spot.tick for spot in spots], int)
        self.chances = _chances(spots) if spots else np.zeros(0)

    def of_object(self, tick: int) -> Surprisal:
        chance = float(self.chances[np.searchsorted(self._ticks, tick)])
        bits = -np.log2([chance, 1 - chance])
        return Surprisal(float(bits[0]), float(bits @ [chance, 1 - chance]))

    def of_nothing(self, before: int, tick: int) -> tuple[Surprisal, int | None]:
        """Return the most surprising empty tick between two, or None."""
        low, high = np.searchsorted(self._ticks, before, side="right"), np.searchsorted(self._ticks, tick)
        if low == high:
            return Surprisal(0.0, 0.0), None
        place = int(low + self.chances[low:high].argmax())
        return Surprisal(float(-np.log2(1 - self.chances[place])), 0.0), int(self._ticks[place])


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
