"""Density of a chart, positions of objects in the beat, and streams."""

from __future__ import annotations

import math

import numpy as np

from evaluation.charts import Case, MeasuredChart
from evaluation.metrics.metric import Better, Metric, Reaction
from evaluation.metrics.shapes import Shape, octave_edges, shape_metric
from osu_beatmap.rules.snapping import off_tick_ms
from osu_beatmap.timing.beat_grid import DIVISORS, UNSNAPPED_MS

STREAM_GAP_MS = 125.0
STREAM_OBJECTS = 5
EVEN_MS = 10.0

_TIMES_STAY = {"random_places": Reaction.STAYS, "sounds_removed": Reaction.STAYS}
_LINES_STAY = {"wrong_tempo": Reaction.STAYS, "tempo_doubled": Reaction.STAYS}


def divisors_of(chart: MeasuredChart) -> np.ndarray:
    """Return the index in `DIVISORS` of each object's smallest divisor [n].

    It is len(DIVISORS) off the grid.
    """
    if not chart.has_tempo or not len(chart.start_ms):
        return np.zeros(0, int)
    is_on = off_tick_ms(chart.timing, chart.start_ms, DIVISORS) < UNSNAPPED_MS
    return np.where(is_on.any(axis=1), is_on.argmax(axis=1), len(DIVISORS))


def snap_shares(chart: MeasuredChart) -> np.ndarray:
    """Return the fraction of objects on each divisor.

    The last of [divisors + 1] is that off the grid.
    """
    places = divisors_of(chart)
    if not len(places):
        return np.full(len(DIVISORS) + 1, math.nan)
    return np.bincount(places, minlength=len(DIVISORS) + 1) / len(places)


def gap_octaves(chart: MeasuredChart) -> np.ndarray:
    """Return the gaps between successive times as log2 of ms."""
    return np.log2(np.maximum(np.diff(chart.times_ms), 1.0))


SNAPS = Shape("snaps", snap_shares)
GAPS = Shape("gaps", gap_octaves, octave_edges(4, 13), unit="octaves")


def grid_share(case: Case) -> float:
    places = divisors_of(case.generated)
    return float((places < len(DIVISORS)).mean()) if len(places) else math.nan


def density(case: Case) -> float:
    return len(case.generated.times_ms) / case.generated.play_seconds


def density_error(case: Case) -> float:
    if case.human is None or not len(case.human.times_ms) or not len(case.generated.times_ms):
        return math.nan
    return abs(math.log2(density(case) / density(Case(case.human))))


def stream_share(case: Case) -> float:
    """Return the fraction of objects in runs of short, even gaps."""
    gaps_ms = np.diff(case.generated.times_ms)
    if not len(gaps_ms):
        return math.nan
    in_streams = run = 0
    before_ms = math.inf
    for gap_ms in [*gaps_ms.tolist(), math.inf]:
        goes_on = gap_ms <= STREAM_GAP_MS and (not run or abs(gap_ms - before_ms) <= EVEN_MS)
        if not goes_on:
            in_streams += run if run >= STREAM_OBJECTS else 0
            run = 2 if gap_ms <= STREAM_GAP_MS else 0
        else:
            run = run + 1 if run else 2
        before_ms = gap_ms
    return min(1.0, in_streams / len(case.generated.times_ms))


METRICS = (
    Metric(
        "on_grid",
        "fraction of objects less than 2 ms from a beat divisor of the chart's own red lines",
        grid_share,
        Better.HIGHER,
        _TIMES_STAY | {"jittered_10ms": Reaction.FALLS, "wrong_tempo": Reaction.FALLS},
        0.1,
    ),
    Metric(
        "density",
        "object times for each second of play, without breaks",
        density,
        Better.HUMAN,
        _TIMES_STAY | _LINES_STAY | {"density_doubled": Reaction.RISES},
        0.5,
    ),
    Metric(
        "density_error",
        "octaves between the density of the chart and of the human-made map",
        density_error,
        Better.LOWER,
        _TIMES_STAY | _LINES_STAY | {"density_doubled": Reaction.RISES},
        0.5,
        is_habit=False,
    ),
    Metric(
        "stream_share",
        f"fraction of objects in runs of {STREAM_OBJECTS} or more with even gaps of at most {STREAM_GAP_MS:g} ms",
        stream_share,
        Better.HUMAN,
        _TIMES_STAY | _LINES_STAY | {"density_doubled": Reaction.RISES},
        0.03,
    ),
    shape_metric(
        "snap_distance",
        SNAPS,
        "fractions of beat divisors",
        _TIMES_STAY | dict.fromkeys(("jittered_10ms", "wrong_tempo", "density_doubled"), Reaction.RISES),
        0.02,
    ),
    shape_metric(
        "gap_distance",
        GAPS,
        "gaps of successive times",
        _TIMES_STAY | _LINES_STAY | {"density_doubled": Reaction.RISES},
        0.1,
    ),
)
