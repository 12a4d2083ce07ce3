"""Comparison of object times: F1, and the fraction on the grid.

F1 uses one-to-one matching.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_grid import UNSNAPPED_MS

MATCH_TOLERANCE_MS = 30.0
MAX_SHIFT_MS = 100.0
SHIFT_STEP_MS = 2.0


@dataclass(frozen=True, slots=True)
class F1Result:
    """Agreement of two lists of times.

    Two empty lists agree fully, an empty and a filled one not at all.
    """

    precision: float
    recall: float
    f1: float
    matched: int


def match_times(
    reference_ms: Sequence[float] | np.ndarray,
    candidate_ms: Sequence[float] | np.ndarray,
    tolerance_ms: float = MATCH_TOLERANCE_MS,
) -> F1Result:
    """Match the most pairs at most `tolerance_ms` apart, one to one.

    Both lists may be in any order. Pairing the earliest two that fit is optimal, since all tolerances are equal.
    """
    reference, candidate = np.sort(reference_ms).tolist(), np.sort(candidate_ms).tolist()
    if not reference and not candidate:
        return F1Result(1.0, 1.0, 1.0, 0)
    matched = at = 0
    for time_ms in reference:
        while at < len(candidate) and candidate[at] < time_ms - tolerance_ms:
            at += 1
        if at < len(candidate) and candidate[at] <= time_ms + tolerance_ms:
            matched += 1
            at += 1
    precision = matched / len(candidate) if candidate else 0.0
    recall = matched / len(reference) if reference else 0.0
    return F1Result(precision, recall, 2 * matched / (len(reference) + len(candidate)), matched)


def best_shift(reference_ms: np.ndarray, candidate_ms: np.ndarray) -> tuple[float, F1Result]:
    """Return the constant shift with the best F1, and that result.

    It is added to all candidate times; ties take the smallest.
    """
    steps = int(MAX_SHIFT_MS / SHIFT_STEP_MS)
    shifts_ms = sorted(np.arange(-steps, steps + 1) * SHIFT_STEP_MS, key=abs)
    results = [match_times(reference_ms, candidate_ms + shift_ms) for shift_ms in shifts_ms]
    best = max(range(len(results)), key=lambda index: results[index].f1)  # max() takes the first of equals
    return float(shifts_ms[best]), results[best]


def object_times_ms(beatmap: Beatmap) -> np.ndarray:
    """Return the start times of all objects in order: float [objects].

    Ends, repeats and ticks do not count. In mania a chord is one time, so that the list states the times of hits. In
    the other modes, in which simultaneous objects are errors, each counts.
    """
    times_ms = np.sort(np.array([hit_object.time_ms for hit_object in beatmap.hit_objects], np.float64))
    return np.unique(times_ms) if beatmap.mode is GameMode.MANIA else times_ms


def snapped_share(beatmap: Beatmap) -> float:
    """Return the fraction of objects on a tick; 1 without objects.

    On means less than `UNSNAPPED_MS` from a tick of an accepted divisor.

    Raises:
        BeatmapError: The beatmap has no tempo.
    """
    timing = Timing(beatmap.timing_points)
    starts_ms = [hit_object.time_ms for hit_object in beatmap.hit_objects]
    if not starts_ms:
        return 1.0
    return sum(timing.best_divisor(time_ms, UNSNAPPED_MS) > 0 for time_ms in starts_ms) / len(starts_ms)
