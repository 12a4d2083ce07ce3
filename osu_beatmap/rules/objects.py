"""Rules of all modes on hit objects and breaks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain

import numpy as np

from osu_beatmap.beatmap import GameMode, Slider, Spinner
from osu_beatmap.rules.chart import Chart, has_body
from osu_beatmap.rules.finding import Finding, problem, warning
from osu_beatmap.rules.mania import columns
from osu_beatmap.rules.snapping import off_tick_ms
from osu_beatmap.timing.beat_grid import DIVISORS, UNSNAPPED_MS

FINEST_DIVISORS = (5, 7, 9, 12, 16)
"""Every tick of the other accepted divisors is a tick of one of these."""

FLOAT_ERROR_MS = 1e-6
RARE_DIVISORS = (5, 7, 9, 16)
MAX_RARE_SHARE = 0.05
MIN_GAP_MS, MIN_COLUMN_GAP_MS = 10.0, 30.0
MIN_DRAIN_MS = 30_000.0
MAX_NODES_PER_ROOT_PX = 10.0
MIN_BREAK_MS = 650.0
MIN_BEFORE_BREAK_MS = 200.0
BREAK_ROUNDING_MS = 1.0
"""Editors place breaks up to 1 ms off, by rounding."""


def unsnapped(chart: Chart) -> Iterator[Finding]:
    """Report objects that start or end off the ticks of accepted divisors."""
    if not chart.has_tempo:
        return
    for part, times_ms in (("starts", chart.start_ms), ("ends", chart.end_ms)):
        off_ms = off_tick_ms(chart.timing, times_ms, FINEST_DIVISORS).min(axis=1)
        is_other = times_ms != chart.start_ms if part == "ends" else True
        for place in np.flatnonzero((off_ms >= UNSNAPPED_MS - FLOAT_ERROR_MS) & is_other):
            message = f"The {chart.kind(place)} {part} {off_ms[place]:.1f} ms off the nearest beat divisor."
            yield problem("unsnapped", float(times_ms[place]), message, chart.indices[place])


def rare_divisors(chart: Chart) -> Iterator[Finding]:
    """Report frequent use of 1/5, 1/7, 1/9 or 1/16.

    Few objects need them; many of them indicate wrong timing.
    """
    if not chart.has_tempo or not chart.objects:
        return
    is_on = off_tick_ms(chart.timing, chart.start_ms, DIVISORS) < UNSNAPPED_MS
    smallest = np.where(is_on.any(axis=1), np.array(DIVISORS)[is_on.argmax(axis=1)], 0)
    for divisor in RARE_DIVISORS:
        on_it = np.flatnonzero(smallest == divisor)
        share = len(on_it) / len(smallest)
        if share > MAX_RARE_SHARE:
            message = f"{share:.0%} of the objects are on 1/{divisor} alone, which suggests wrong timing."
            yield warning("rare_divisors", None, message, *(chart.indices[place] for place in on_it))


def concurrent(chart: Chart) -> Iterator[Finding]:
    """Report objects that start before the previous one has clearly ended.

    In mania, the previous one is that of the same column.
    """
    if chart.beatmap.mode is GameMode.MANIA:
        column = columns(chart)
        groups = [np.flatnonzero(column == number) for number in np.unique(column)]
        return chain.from_iterable(_concurrent_of(chart, group, MIN_COLUMN_GAP_MS) for group in groups)
    return _concurrent_of(chart, np.arange(len(chart.objects)), MIN_GAP_MS)


def _concurrent_of(chart: Chart, places: np.ndarray, min_gap_ms: float) -> Iterator[Finding]:
    if len(places) < 2:
        return
    start_ms, end_ms = chart.start_ms[places], chart.end_ms[places]
    longest_ms = np.maximum.accumulate(end_ms)
    longest = np.maximum.accumulate(np.where(end_ms == longest_ms, np.arange(len(places)), 0))
    gap_ms = start_ms[1:] - longest_ms[:-1]
    for number in np.flatnonzero(gap_ms <= min_gap_ms):
        place = places[number + 1]
        if gap_ms[number] > 0 and isinstance(chart.objects[place], Spinner):
            continue  # a spinner takes no aim, so it may follow at once
        before = places[longest[number]]
        relation = "starts before the previous one ends"
        if gap_ms[number] > 0:
            end = "the end of " if end_ms[longest[number]] > start_ms[longest[number]] else ""
            relation = f"starts only {_short_ms(float(gap_ms[number]))} ms after {end}the one before it"
        message = f"The {chart.kind(place)} {relation}."
        yield problem("concurrent", float(chart.start_ms[place]), message, chart.indices[before], chart.indices[place])


def _short_ms(gap_ms: float) -> str:
    """Return a short time with the decimals that keep it above 0."""
    return f"{gap_ms:.0f}" if gap_ms >= 1.0 else f"{gap_ms:.1g}"


def drain_time(chart: Chart) -> Iterator[Finding]:
    """Report maps with less than 30 s to play.

    Breaks do not count. A shorter song only causes a warning.
    """
    drain_ms = _drain_ms(chart)
    if drain_ms < MIN_DRAIN_MS:
        is_short_song = chart.audio_ms is not None and chart.audio_ms < MIN_DRAIN_MS
        report = warning if is_short_song else problem
        yield report("drain_time", None, f"The map has {drain_ms / 1000:.1f} s to play, less than 30 s.")


def _drain_ms(chart: Chart) -> float:
    """Return the time from the first start to the last end.

    Gaps between objects that hold a break do not count.
    """
    if not chart.objects:
        return 0.0
    start_ms, ends_ms = np.sort(chart.start_ms), np.maximum.accumulate(chart.end_ms)
    gaps_after = {int(np.searchsorted(start_ms, pause.start_ms, side="right")) for pause in chart.breaks}
    gaps_ms = sum(max(0.0, start_ms[place] - ends_ms[place - 1]) for place in gaps_after if 0 < place < len(start_ms))
    return float(ends_ms[-1] - start_ms[0] - gaps_ms)


def slider_body(chart: Chart) -> Iterator[Finding]:
    """Report sliders without a visible path or a positive length."""
    for index, slider in zip(chart.indices, chart.objects, strict=True):
        if isinstance(slider, Slider) and not has_body(slider):
            fault = "has no positive length" if slider.length_px <= 0 else "has no path to slide along"
            yield problem("slider_body", slider.time_ms, f"The slider {fault}.", index)


def slider_nodes(chart: Chart) -> Iterator[Finding]:
    """Report sliders with very many nodes for their length.

    They slow the game down.
    """
    for index, slider in zip(chart.indices, chart.objects, strict=True):
        if not isinstance(slider, Slider) or slider.length_px <= 0:
            continue
        nodes = sum(len(segment.points) for segment in slider.segments)
        if nodes > MAX_NODES_PER_ROOT_PX * math.sqrt(slider.length_px):
            yield warning(
                "slider_nodes", slider.time_ms, f"The slider has {nodes} nodes, too many for its length.", index
            )


def objects_outside_audio(chart: Chart) -> Iterator[Finding]:
    """Report objects that start before or end after the audio."""
    audio_ms = math.inf if chart.audio_ms is None else chart.audio_ms
    for place in np.flatnonzero((chart.start_ms < 0) | (chart.end_ms > audio_ms)):
        side = "starts before the start" if chart.start_ms[place] < 0 else "ends after the end"
        message = f"The {chart.kind(place)} {side} of the audio."
        yield problem("objects_outside_audio", float(chart.start_ms[place]), message, chart.indices[place])


def breaks(chart: Chart) -> Iterator[Finding]:
    """Report breaks that are too short or too close to objects.

    A break needs time to show, after the object before it, and before the approach of the next.
    """
    start_ms, ends_ms = np.sort(chart.start_ms), np.maximum.accumulate(chart.end_ms)
    for pause in chart.breaks:
        if pause.end_ms - pause.start_ms < MIN_BREAK_MS:
            yield problem("breaks", pause.start_ms, "The break is shorter than 650 ms.")
        following = int(np.searchsorted(start_ms, pause.start_ms, side="right"))
        if following and pause.start_ms - ends_ms[following - 1] < MIN_BEFORE_BREAK_MS - BREAK_ROUNDING_MS:
            message = "The break starts less than 200 ms after an object."
            yield problem("breaks", pause.start_ms, message, chart.indices[following - 1])
        if following < len(start_ms) and start_ms[following] - pause.end_ms < chart.approach_ms - BREAK_ROUNDING_MS:
            message = f"The break ends less than the approach time of {chart.approach_ms:.0f} ms before an object."
            yield problem("breaks", pause.end_ms, message, chart.indices[following])
