"""Scores of all questions about objects, from the rest of the map.

A model trained on many maps lacks the habits of this one: that claps are on every second beat, that a new combo starts
with each bar, that this bar is the one of sixteen bars ago again. Each question about an object (`Aspect`) is answered
from the other objects of the map: `choices` counts and weighs, `surroundings` finds where the map did the like,
`places` has the ticks; `rhythm`, `columns`, `sounds` and `spacing` ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modding.aspects import Aspect
from modding.habits.choices import Choices, HabitScore, weigh
from modding.habits.columns import PATTERNS, ColumnHabits
from modding.habits.places import MapPlaces
from modding.habits.rhythm import RhythmHabits
from modding.habits.sounds import SoundHabits
from modding.habits.spacing import PLACED, combos, distances, velocities
from modding.habits.weights import COLUMN_WEIGHTS, WEIGHTS
from osu_beatmap.beatmap import Beatmap, GameMode

Habits = dict[tuple[Aspect, int], HabitScore]
"""Scores by aspect and object."""


def habits_of(beatmap: Beatmap) -> Habits:
    """Score every question about every object of a map with red lines."""
    return score_habits(RhythmHabits(MapPlaces(beatmap))) if beatmap.hit_objects else {}


def score_habits(rhythm: RhythmHabits) -> Habits:
    """Score every question about every object of the map of a rhythm."""
    scores: Habits = dict(rhythm.scores())
    for choices in choices_of(rhythm.places):
        weights = _weights(choices, rhythm.places.beatmap)
        for question, score in zip(choices.questions, weigh(choices, weights), strict=True):
            _add(scores, (choices.aspect, question.obj), score)
            if question.other is not None:
                _add(scores, (choices.aspect, question.other), score)
    return scores


def _weights(choices: Choices, beatmap: Beatmap) -> Mapping[str, float]:
    """Return the weights of views; they are equal without a table."""
    if PATTERNS in choices.views:
        return COLUMN_WEIGHTS[int(beatmap.key_count)]
    return WEIGHTS.get(choices.aspect, dict.fromkeys(choices.views, 1.0))


def choices_of(places: MapPlaces) -> Iterator[Choices]:
    """Yield the choices of a map except those of its rhythm.

    Rhythm is not a choice among a few answers.
    """
    mode = places.beatmap.mode
    if mode in PLACED:
        yield distances(places)
        yield combos(places)
    if mode is GameMode.MANIA:
        yield ColumnHabits(places).choices()
    yield from SoundHabits(places).choices()
    yield velocities(places)


def _add(scores: Habits, question: tuple[Aspect, int], score: HabitScore) -> None:
    """Add a score; two distances may concern one object's position."""
    known = scores.get(question)
    if known is not None:
        score = HabitScore(known.surprise + score.surprise, known.usual)
    scores[question] = score
