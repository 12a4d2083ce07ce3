"""Errors of requests: star rating, keys, hold notes and settings.

The request is known for maps that `evaluate.py` generates; for others it is the human-made map's conditions.
"""

from __future__ import annotations

import math
from functools import partial

from evaluation.charts import Case
from evaluation.metrics.metric import ALL_MODES, Better, Metric, Reaction
from osu_beatmap.attributes import WITH_CIRCLES, WITH_SCROLL_SPEED
from osu_beatmap.beatmap import GameMode

MANIA = frozenset({GameMode.MANIA})


def error_of(case: Case, condition: str) -> float:
    """Return the distance of a condition from the request.

    It is NaN without a request.
    """
    reached, wanted = getattr(case.generated.attributes, condition), getattr(case.target, condition, None)
    return math.nan if reached is None or wanted is None else abs(float(reached) - float(wanted))


def _metric(
    name: str,
    about: str,
    condition: str,
    reacts: dict[str, Reaction],
    visible: float,
    modes: frozenset[GameMode] = ALL_MODES,
) -> Metric:
    measure = partial(error_of, condition=condition)
    return Metric(name, about, measure, Better.LOWER, reacts, visible, modes, is_habit=False)


_ALL_BUT_SETTINGS = dict.fromkeys(
    ("shifted_60ms", "jittered_10ms", "random_places", "density_doubled", "sections_shuffled"), Reaction.STAYS
)
_OTHER = {"settings_changed": Reaction.RISES}

METRICS = (
    _metric(
        "star_error",
        "distance of the star rating from the requested one",
        "difficulty",
        {"density_doubled": Reaction.RISES},
        0.3,
    ),
    _metric(
        "key_error",
        "distance of the number of keys from the requested one",
        "key_count",
        _ALL_BUT_SETTINGS | _OTHER,
        0.5,
        MANIA,
    ),
    _metric(
        "hold_note_error",
        "distance of the ratio of hold notes from the requested one",
        "hold_note_ratio",
        {"shifted_60ms": Reaction.STAYS, "random_places": Reaction.STAYS} | _OTHER,
        0.01,
        MANIA,
    ),
    _metric(
        "circle_size_error",
        "distance from the requested circle size",
        "circle_size",
        _ALL_BUT_SETTINGS | _OTHER,
        0.5,
        WITH_CIRCLES,
    ),
    _metric(
        "slider_multiplier_error",
        "distance from the requested slider multiplier",
        "slider_multiplier",
        _ALL_BUT_SETTINGS | _OTHER,
        0.1,
        WITH_CIRCLES,
    ),
    _metric(
        "scroll_speed_error",
        "distance of scroll speed changes for each object from the requested ratio",
        "scroll_speed_ratio",
        {"shifted_60ms": Reaction.STAYS, "random_places": Reaction.STAYS} | _OTHER,
        0.02,
        WITH_SCROLL_SPEED,
    ),
    _metric(
        "hit_sound_error",
        "1 if requested hitsounds are missing, or the reverse, else 0",
        "hitsounded",
        {"shifted_60ms": Reaction.STAYS, "random_places": Reaction.STAYS, "sounds_removed": Reaction.RISES},
        0.2,
        frozenset(GameMode) - {GameMode.TAIKO},
    ),
)
