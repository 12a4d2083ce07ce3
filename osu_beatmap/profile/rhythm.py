"""Rhythm of a map: density, gaps, beats, breaks and rests."""

from __future__ import annotations

import numpy as np

from osu_beatmap.profile.beats import beat_places, entropy_bits, is_beats, share
from osu_beatmap.rules.chart import Chart
from osu_beatmap.timing.beat_grid import UNSNAPPED_MS

GAP_STEPS_PER_BEAT = 48
LONGEST_GAP_BEATS = 4.0
REST_BEATS = 4.0
"""Time without an object is a rest if it is longer than this."""


def rhythm_profile(chart: Chart) -> dict[str, float]:
    """Return the metrics of rhythm."""
    times_ms = np.unique(chart.start_ms)
    places = beat_places(chart.timing, times_ms)
    gaps = np.diff(times_ms) / places.beat_ms[:-1]
    classes = np.rint(np.minimum(gaps, LONGEST_GAP_BEATS) * GAP_STEPS_PER_BEAT)
    first_ms, last_ms = float(times_ms[0]), float(chart.end_ms.max())
    length_ms = max(1.0, last_ms - first_ms)
    break_ms = sum(max(0.0, min(last_ms, pause.end_ms) - max(first_ms, pause.start_ms)) for pause in chart.breaks)
    first_line_ms = chart.timing.reds[0].time_ms
    return {
        "object_times_per_s": 1000 * len(times_ms) / max(1000.0, length_ms - break_ms),
        "quarter_gap_share": share(is_beats(gaps, 0.25)),
        "half_gap_share": share(is_beats(gaps, 0.5)),
        "beat_gap_share": share(is_beats(gaps, 1.0)),
        "gap_entropy_bits": entropy_bits(classes),
        "on_beat_share": share(places.is_on_beat),
        "break_time_share": break_ms / length_ms,
        "rest_time_share": _rest_ms(chart) / length_ms,
        "objects_before_first_red_line": float((chart.start_ms < first_line_ms - UNSNAPPED_MS).sum()),
    }


def _rest_ms(chart: Chart) -> float:
    """Return the time between objects with nothing to do.

    Gaps of over `REST_BEATS` count.
    """
    order = np.argsort(chart.start_ms, kind="stable")
    start_ms = chart.start_ms[order]
    busy_until_ms = np.maximum.accumulate(chart.end_ms[order])[:-1]
    idle_ms = start_ms[1:] - busy_until_ms
    beat_ms = beat_places(chart.timing, busy_until_ms).beat_ms
    return float(idle_ms[idle_ms > REST_BEATS * beat_ms].sum())
