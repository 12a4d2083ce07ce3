"""Hitsounds and combos of a chart."""

from __future__ import annotations

import math

from evaluation.charts import Case
from evaluation.metrics.metric import Better, Metric, Reaction
from osu_beatmap.attributes import WITH_CIRCLES
from osu_beatmap.beatmap import GameMode, HitSound, Slider
from osu_beatmap.geometry.combos import combo_numbers

_ADDITIONS = HitSound.WHISTLE | HitSound.FINISH | HitSound.CLAP
_PLACES_STAY = {"shifted_60ms": Reaction.STAYS, "jittered_10ms": Reaction.STAYS, "random_places": Reaction.STAYS}


def sounded_share(case: Case) -> float:
    """Return the fraction of objects with an addition on any edge."""
    objects = case.generated.objects
    if not objects:
        return math.nan
    edges = (obj.edges if isinstance(obj, Slider) else () for obj in objects)
    sounds = ([obj.hitsound, *(edge.hitsound for edge in own)] for obj, own in zip(objects, edges, strict=True))
    return sum(any(sound & _ADDITIONS for sound in own) for own in sounds) / len(objects)


def combo_length(case: Case) -> float:
    """Return the mean number of objects per combo."""
    numbers = combo_numbers(case.generated.beatmap)
    return len(numbers) / numbers.count(1) if numbers else math.nan


METRICS = (
    Metric(
        "hit_sound_share",
        "fraction of objects with a whistle, finish or clap; in taiko, of all but small red notes",
        sounded_share,
        Better.HUMAN,
        _PLACES_STAY | {"sounds_removed": Reaction.FALLS},
        0.02,
        frozenset(GameMode),
    ),
    Metric(
        "combo_length",
        "objects for each combo",
        combo_length,
        Better.HUMAN,
        {"random_places": Reaction.STAYS, "sounds_removed": Reaction.RISES},
        1.0,
        WITH_CIRCLES,
    ),
)
