"""Rules of osu!standard."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from osu_beatmap.beatmap import Circle, Spinner
from osu_beatmap.rules.chart import Chart
from osu_beatmap.rules.finding import Finding, Level, problem, warning

SCREEN_LEFT_PX, SCREEN_RIGHT_PX = -67.0, 579.0
SCREEN_TOP_PX, SCREEN_BOTTOM_PX = -60.0, 428.0
"""What a 4:3 screen shows, in osu! pixels."""

MIN_USUAL_SPINNER_MS = 500.0
MIN_RECOVERY_MS = {Level.EASY: 1000.0, Level.NORMAL: 750.0, Level.HARD: 500.0}
MIN_APART_MS = 125.0
MIN_SLIDER_MS = 125.0
MIN_SLIDE_MS = {Level.EASY: 250.0, Level.NORMAL: 125.0}
MAX_STACK_GAP_MS = 375.0
"""A beat at 160 BPM: objects further apart in time may share a place."""

MAX_COMPARED = 100
"""More objects than this within a moment are not played by anyone; only so many are compared with each other."""

COVERING_SHARE_OF_RADIUS = 1 / 1.75
"""An object whose centre is nearer than this to a reverse arrow hides it."""


def off_screen(chart: Chart) -> Iterator[Finding]:
    """Report circles and sliders that leave a 4:3 screen.

    Stacking, which moves objects a little, is ignored.
    """
    heads_px = _screen_overreach_px(chart.start_xy, chart.radius_px)
    for place, hit_object in enumerate(chart.objects):
        if isinstance(hit_object, Spinner):
            continue
        beyond_px = heads_px[place]
        if place in chart.paths:
            beyond_px = max(beyond_px, _screen_overreach_px(chart.paths[place].points, chart.radius_px).max())
        if beyond_px > 0:
            message = f"The {chart.kind(place)} leaves the screen by {max(0.1, beyond_px):.1f} px."
            yield problem("off_screen", hit_object.time_ms, message, chart.indices[place])


def _screen_overreach_px(points: np.ndarray, radius_px: float) -> np.ndarray:
    """Return the reach of circles beyond the screen [n].

    They are at points [n, 2].


    It is negative for circles on the screen.
    """
    x, y = points[:, 0], points[:, 1]
    across = np.maximum(SCREEN_LEFT_PX - x, x - SCREEN_RIGHT_PX)
    down = np.maximum(SCREEN_TOP_PX - y, y - SCREEN_BOTTOM_PX)
    return np.maximum(across, down) + radius_px


def shortest_auto_spinner_ms(overall_difficulty: float) -> float:
    """Return the shortest spinner that gives auto play a bonus.

    The estimate is that of Mapset Verifier.
    """
    return 450.0 + 17.0 * (overall_difficulty - 5)


def spinner_length(chart: Chart) -> Iterator[Finding]:
    """Report spinners that are too short to be spun."""
    shortest_ms = shortest_auto_spinner_ms(chart.difficulty.overall_difficulty)
    for index, spinner in zip(chart.indices, chart.objects, strict=True):
        if not isinstance(spinner, Spinner):
            continue
        length_ms = spinner.end_ms - spinner.time_ms
        if length_ms < shortest_ms:
            message = f"The spinner lasts {length_ms:.0f} ms, too short to complete (at least {shortest_ms:.0f} ms)."
            yield problem("spinner_length", spinner.time_ms, message, index)
        elif length_ms < MIN_USUAL_SPINNER_MS:
            yield warning("spinner_length", spinner.time_ms, f"The spinner lasts only {length_ms:.0f} ms.", index)


def spinner_recovery(chart: Chart) -> Iterator[Finding]:
    """Report low levels with too little time after a spinner.

    The player returns to aiming in that time; another spinner may follow at once.
    """
    shortest_ms = MIN_RECOVERY_MS.get(chart.level)
    if shortest_ms is None:
        return
    for place in range(len(chart.objects) - 1):
        if not isinstance(chart.objects[place], Spinner) or isinstance(chart.objects[place + 1], Spinner):
            continue
        gap_ms = chart.start_ms[place + 1] - chart.end_ms[place]
        if gap_ms < shortest_ms:
            message = f"An object follows {gap_ms:.0f} ms after a spinner, this level needs {shortest_ms:.0f} ms."
            time_ms = float(chart.end_ms[place])
            yield warning("spinner_recovery", time_ms, message, chart.indices[place], chart.indices[place + 1])


def close_objects(chart: Chart) -> Iterator[Finding]:
    """Report close objects that do not overlap in easy and normal.

    A circle and an object soon after it overlap, so that players read them as one movement.
    """
    if chart.level > Level.NORMAL:
        return
    for place in range(len(chart.objects) - 1):
        if not isinstance(chart.objects[place], Circle) or isinstance(chart.objects[place + 1], Spinner):
            continue
        gap_ms = chart.start_ms[place + 1] - chart.start_ms[place]
        distance_px = math.dist(chart.end_xy[place], chart.start_xy[place + 1])
        if gap_ms < MIN_APART_MS and distance_px >= 2 * chart.radius_px:
            message = f"Two objects only {gap_ms:.0f} ms apart do not overlap."
            time_ms = float(chart.start_ms[place])
            yield warning("close_objects", time_ms, message, chart.indices[place], chart.indices[place + 1])


def short_sliders(chart: Chart) -> Iterator[Finding]:
    """Report sliders in easy that are too short to be followed."""
    if chart.level is not Level.EASY:
        return
    for place in chart.paths:
        length_ms = chart.end_ms[place] - chart.start_ms[place]
        if length_ms < MIN_SLIDER_MS:
            message = f"The slider lasts only {length_ms:.0f} ms."
            yield warning("short_sliders", float(chart.start_ms[place]), message, chart.indices[place])


def fast_repeats(chart: Chart) -> Iterator[Finding]:
    """Report sliders in easy and normal that repeat too quickly."""
    shortest_ms = MIN_SLIDE_MS.get(chart.level)
    if shortest_ms is None:
        return
    for place in chart.paths:
        slides = chart.objects[place].slides
        slide_ms = (chart.end_ms[place] - chart.start_ms[place]) / slides
        if slides > 1 and slide_ms < shortest_ms:
            message = f"The slider repeats every {slide_ms:.0f} ms, this level needs {shortest_ms:.0f} ms."
            yield warning("fast_repeats", float(chart.start_ms[place]), message, chart.indices[place])


def covered_reverse(chart: Chart) -> Iterator[Finding]:
    """Report a slider's first reverse arrow hidden by an earlier object."""
    reach_px = chart.radius_px * COVERING_SHARE_OF_RADIUS
    for place, path in chart.paths.items():
        slides = chart.objects[place].slides
        if slides < 2:
            continue
        reverse_ms = chart.start_ms[place] + (chart.end_ms[place] - chart.start_ms[place]) / slides
        before = slice(max(0, place - MAX_COMPARED), place)
        left_ms = reverse_ms - chart.end_ms[before]
        is_near = np.hypot(*(chart.end_xy[before] - path.points[-1]).T) < reach_px
        covering = np.flatnonzero(is_near & (left_ms > 0) & (left_ms < chart.approach_ms) & ~chart.is_spinner[before])
        if len(covering):
            message = "An earlier object may hide the reverse arrow of the slider."
            indices = chart.indices[before.start + covering[-1]], chart.indices[place]
            yield warning("covered_reverse", float(chart.start_ms[place]), message, *indices)


def perfect_stacks(chart: Chart) -> Iterator[Finding]:
    """Report perfect stacks of close objects in easy and normal.

    The game shifts stacked objects apart, but only those within approach time * stack leniency of each other.
    """
    if chart.level > Level.NORMAL:
        return
    leniency = chart.beatmap.stack_leniency
    stacked_ms = chart.approach_ms * (leniency if math.isfinite(leniency) else 0.0)
    for ahead in range(1, min(MAX_COMPARED, len(chart.objects))):
        gap_ms = chart.start_ms[ahead:] - chart.start_ms[:-ahead]
        if (gap_ms >= MAX_STACK_GAP_MS).all():
            break
        is_upon = (chart.start_xy[ahead:] == chart.start_xy[:-ahead]).all(axis=1)
        is_upon &= ~chart.is_spinner[ahead:] & ~chart.is_spinner[:-ahead]
        for place in np.flatnonzero(is_upon & (gap_ms > stacked_ms) & (gap_ms < MAX_STACK_GAP_MS)):
            message = "Two objects close in time are at exactly the same position; a higher stack leniency shows both."
            indices = chart.indices[place], chart.indices[place + ahead]
            yield warning("perfect_stacks", float(chart.start_ms[place]), message, *indices)
