"""Distances between objects, new combos, and slider velocities or scroll speeds."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np

from modding.aspects import Aspect
from modding.habits.choices import Choices, Question, ViewedQuestion, count_views, counted
from modding.habits.places import TICKS_PER_BEAT, MapPlaces
from modding.habits.sounds import ONSET_SHARE, neighbourly, questions_of
from modding.habits.surroundings import Marks, Surroundings, alike
from osu_beatmap.beatmap import GameMode, HitObject, Slider, Spinner

DISTANCE_STEPS = 3
"""Classes of distance for each octave."""

NEAREST_PX = 8.0
BLOCK_OBJECTS = 16
GAPS_PER_BEAT = 8
PLACED = frozenset({GameMode.STANDARD, GameMode.CATCH})
COARSE_STEPS, COARSE_COUNT = 3, 8
"""Number of octaves by which distances around a place are distinguished."""


def distances(places: MapPlaces) -> Choices:
    """Return the choices of distances between neighbours.

    A distance is about both objects.
    """
    pairs = [
        (before.index, place.index)
        for before, place in pairwise(places)
        if not isinstance(place.obj, Spinner) and not isinstance(before.obj, Spinner)
    ]
    classes = {place: _distance_class(places, places[before].obj, places[place].obj) for before, place in pairs}
    answers = list(classes.values())
    asked = zip(questions_of(answers, list(classes)), pairs, strict=True)
    questions = [replace(question, other=before) for question, (before, _) in asked]
    seen = []
    for question, (before, place) in zip(questions, pairs, strict=True):
        gap, last, following = _gap(places, before, place), classes.get(before), classes.get(place + 1)
        last_gap = _gap(places, before - 1, before) if last is not None else None
        block, after = ("block", gap, place // BLOCK_OBJECTS), ("after", gap, places[place].gap_after, following)
        contexts = {
            "last": (("gap", gap), block, ("last", gap, last_gap, last)),
            "around": (("gap", gap), after, ("both", gap, last, following)),
        }
        seen.append({name: ViewedQuestion(each, question.candidates) for name, each in contexts.items()})
    views = count_views(questions, seen)
    views["alike"] = alike(questions, _distance_surroundings(places, classes))
    return Choices(Aspect.POSITION, questions, views)


def _gap(places: MapPlaces, before: int, place: int) -> int:
    """Return the gap from an object's end to the next.

    Its unit is a fraction of a beat.
    """
    obj = places[place].obj
    gap_ms = obj.time_ms - places.end_ms(places[before].obj)
    return round(gap_ms / places.timing.beat_length_at(obj.time_ms) * GAPS_PER_BEAT)


def _distance_class(places: MapPlaces, before: HitObject, obj: HitObject) -> int:
    end = before.segments[-1].points[-1] if isinstance(before, Slider) and before.slides % 2 else (before.x, before.y)
    is_catch = places.beatmap.mode is GameMode.CATCH
    px = abs(obj.x - end[0]) if is_catch else math.dist((obj.x, obj.y), end)
    return round(DISTANCE_STEPS * math.log2(max(px, NEAREST_PX)))


def _distance_surroundings(places: MapPlaces, classes: dict[int, int]) -> Surroundings:
    """Return the surroundings of objects with a distance.

    They are rhythm, and distances except the two that the object's position determines.
    """
    asked = list(classes)
    nearest = round(DISTANCE_STEPS * math.log2(NEAREST_PX))
    coarse = [min(COARSE_COUNT - 1, (each - nearest) // COARSE_STEPS) for each in classes.values()]
    ticks, phases = [places[index].tick for index in asked], [places[index].bar_phase for index in asked]
    onsets = Marks(places.ticks, [0] * len(places), 1).around(ticks, np.array(asked))
    own = np.arange(len(asked))
    spaced = Marks(ticks, coarse, COARSE_COUNT).around(ticks, np.stack([own, own + 1], axis=1))
    return Surroundings.of(phases, onsets, spaced)


def combos(places: MapPlaces) -> Choices:
    """Return the choices of new combos.

    They depend on the position in the bar and on combos at least a beat away. A combo that starts an object late hides
    its own absence from counts between combos.
    """
    answers = [bool(place.obj.new_combo) for place in places]
    questions = [
        Question(place.index, (False, True), int(answer)) for place, answer in zip(places, answers, strict=True)
    ]
    contexts = ((("bar", place.bar_phase), ("two", place.tick % (8 * TICKS_PER_BEAT))) for place in places)
    seen = [ViewedQuestion(each, (False, True)) for each in contexts]
    ticks = places.ticks
    onsets = Marks(ticks, [0] * len(ticks), 1, ONSET_SHARE)
    starts = Marks(ticks, [int(answer) for answer in answers], 2, apart=TICKS_PER_BEAT + 1)
    around = Surroundings.of(places.bar_phases, onsets.around(ticks), starts.around(ticks))
    return Choices(Aspect.COMBO, questions, {"bar": counted(questions, seen), "alike": alike(questions, around)})


def velocities(places: MapPlaces) -> Choices:
    """Return the choices of velocities.

    They are those of sliders if only these depend on them, else scroll speeds of all objects.
    """
    sliders_only = places.beatmap.mode in PLACED
    asked = [place for place in places if isinstance(place.obj, Slider) or not sliders_only]
    speeds = [round(places.timing.sv_at(place.obj.time_ms), 2) for place in asked]
    aspect = Aspect.VELOCITY if sliders_only else Aspect.SCROLL
    return neighbourly(aspect, [place.index for place in asked], speeds)
