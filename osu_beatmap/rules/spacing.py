"""Rule of osu!standard on jumps far larger than earlier ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from osu_beatmap.beatmap import Slider
from osu_beatmap.rules.chart import Chart
from osu_beatmap.rules.finding import Finding, problem, warning

MAX_RATIO, MAX_USUAL_RATIO = 15.0, 4.0
MAX_GAP_MS = 180.0
LIKE_GAP_MS = 5.0
MEMORY_MS = 4000.0
"""Distances longer ago than this count less, in inverse proportion to their age."""

MAX_SAMPLES = 2000
"""So many jumps back are compared at most, to keep the time for giant maps in bounds."""

MIN_SAMPLES = 3
MIN_DISTANCE_PX = 20.0
MIN_NOTICED_RADII = 4.0
SLIDER_LENIENCY_RADII = 3.0
"""How much of the way from a slider's end need not be aimed, as its follow circle is large."""


def spacing(chart: Chart) -> Iterator[Finding]:
    """Report jumps much faster than earlier ones over a similar gap.

    Jumps from circles and from sliders are compared among themselves only. The comparison is that of Mapset Verifier:
    earlier distances and gaps are averaged with weights that decrease with their age.
    """
    places, gap_ms, distance_px = _jumps(chart)
    from_slider = np.array([isinstance(chart.objects[place], Slider) for place in places], dtype=bool)
    start_ms = chart.start_ms[places]
    speed = distance_px / gap_ms
    for number in np.flatnonzero(distance_px > MIN_NOTICED_RADII * chart.radius_px):
        first = max(0, number - MAX_SAMPLES)
        is_like = np.abs(gap_ms[first:number] - gap_ms[number]) <= LIKE_GAP_MS
        like = first + np.flatnonzero(is_like & (from_slider[first:number] == from_slider[number]))
        if len(like) < MIN_SAMPLES:
            continue
        weight = np.minimum(1.0, MEMORY_MS / np.maximum(start_ms[number] - start_ms[like], 1.0))
        if speed[number] < (speed[like] * weight).max():
            continue
        leniency_px = SLIDER_LENIENCY_RADII * chart.radius_px if from_slider[number] else 0.0
        expected = (distance_px[like] * weight).sum() / (gap_ms[like] * weight).sum()
        ratio = max(0.0, distance_px[number] - leniency_px) / gap_ms[number] / expected
        if ratio > MAX_USUAL_RATIO:
            report = problem if ratio > MAX_RATIO else warning
            message = f"The jump is {ratio:.1f} times as fast as earlier ones over a similar time gap."
            place = places[number]
            indices = chart.indices[place], chart.indices[place + 1]
            yield report("spacing", float(chart.start_ms[place]), message, *indices)


def _jumps(chart: Chart) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return objects soon followed by another, with gaps and distances.

    Time gaps [n] are in ms and distances [n] in osu! pixels.
    """
    if len(chart.objects) < 2:
        return np.empty(0, np.int64), np.empty(0), np.empty(0)
    gap_ms = chart.start_ms[1:] - chart.end_ms[:-1]
    distance_px = np.hypot(*(chart.start_xy[1:] - chart.end_xy[:-1]).T)
    places = np.flatnonzero((gap_ms > 0) & (gap_ms <= MAX_GAP_MS) & ~chart.is_spinner[1:] & ~chart.is_spinner[:-1])
    return places, gap_ms[places], np.maximum(distance_px[places], MIN_DISTANCE_PX)
