"""How well a review finds faults: areas under curves, ranks, and the baseline that knows rules and neighbours only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.stats import rankdata

from osu_beatmap.beatmap import Beatmap, Slider
from osu_beatmap.geometry.slider_path import end_of_object
from osu_beatmap.rules import check

NEIGHBOURS = 8
RULE_SCORE = 1000.0
"""More than any outlier: what breaks a rule is at the top."""

FAULT_RULES = frozenset({"unsnapped", "concurrent", "off_screen", "spacing"})
"""Rules that speak of one object's time or place."""

FEWEST_PX = 4.0


def auc(touched: Sequence[float], untouched: Sequence[float]) -> float:
    """The chance that a touched event scores higher than an untouched one, ties counting half; NaN without either.

    Source: Hanley & McNeil 1982, "The meaning and use of the area under a ROC curve".
    """
    if not len(touched) or not len(untouched):
        return math.nan
    ranks = rankdata(np.concatenate([touched, untouched]))
    count = len(touched)
    return float((ranks[:count].sum() - count * (count + 1) / 2) / (count * len(untouched)))


def rule_flags(beatmap: Beatmap, stars: float) -> set[int]:
    """Objects that a rule about times or places speaks of."""
    return {i for finding in check(beatmap, None, stars) if finding.rule in FAULT_RULES for i in finding.objects[-1:]}


def interval_outliers(beatmap: Beatmap) -> np.ndarray:
    """How far the gaps around each object are from the usual ones near it, in octaves [objects]."""
    times_ms = np.unique([obj.time_ms for obj in beatmap.hit_objects])
    gaps = np.log2(np.maximum(np.diff(times_ms), 1.0))
    odd = np.abs(gaps - _local_medians(gaps))
    around = np.maximum(np.append(odd, 0.0), np.insert(odd, 0, 0.0))
    return np.array([around[np.searchsorted(times_ms, obj.time_ms)] for obj in beatmap.hit_objects])


def distance_outliers(beatmap: Beatmap) -> np.ndarray:
    """How far the speeds to and from each object are from the usual ones near it, in octaves [objects]."""
    objects = beatmap.hit_objects
    speeds = []
    for before, obj in pairwise(objects):
        start = end_of_object(before) if isinstance(before, Slider) else (before.x, before.y)
        px = max(FEWEST_PX, math.dist(start, (obj.x, obj.y)))
        speeds.append(math.log2(px / max(1.0, obj.time_ms - before.time_ms)))
    odd = np.abs(np.array(speeds) - _local_medians(np.array(speeds)))
    return np.maximum(np.append(odd, 0.0), np.insert(odd, 0, 0.0))


def baseline_scores(beatmap: Beatmap, asks_for: str, stars: float) -> np.ndarray:
    """Scores [objects] of one who knows rules, and outliers of "time" or "place"; of "other", rules alone."""
    scores = np.zeros(len(beatmap.hit_objects))
    if asks_for == "time":
        scores = interval_outliers(beatmap)
    elif asks_for == "place":
        scores = distance_outliers(beatmap)
    flagged = rule_flags(beatmap, stars)
    return np.array([score + RULE_SCORE * (index in flagged) for index, score in enumerate(scores)])


def _local_medians(values: np.ndarray) -> np.ndarray:
    """The median of each value's neighbours, itself included."""
    if not len(values):
        return values
    padded = np.pad(values.astype(float), NEIGHBOURS, constant_values=math.nan)
    return np.nanmedian(np.lib.stride_tricks.sliding_window_view(padded, 2 * NEIGHBOURS + 1), axis=1)
