"""Encoding of sliders with the original's quirks.

They are durations, anchors with times, and coarse ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from osu_beatmap.beatmap import CurveKind, Point, Slider
from osu_beatmap.geometry.coarse_curves import curve_end, curve_kind
from osu_beatmap.timing.active_point import PX_PER_BEAT, slider_duration_ms
from osuT5.encoding.hit_objects.slider_anchors import ANCHOR_OF
from osuT5.encoding.writer import GroupWriter
from osuT5.tokens.events import EventKind

MAX_POINTS = 99
"""Sliders with more control points are left out."""

MIN_VELOCITY, MAX_VELOCITY = 0.1, 10.0


def control_points(slider: Slider) -> list[Point]:
    """Return all points of a path.

    The path was read whole, or its segments have doubled joints.
    """
    return [point for segment in slider.segments for point in segment.points]


def whole_us(time_ms: float) -> float:
    """Round a time to microseconds, the original's unit for durations."""
    return round(time_ms * 1000) / 1000


def encoded_duration_ms(slider: Slider, writer: GroupWriter) -> float:
    """Return the duration of all slides.

    Its fraction of a millisecond is cut if the writer's quirks require it.
    """
    if not writer.quirks.whole_ms_sliders:
        return slider_duration_ms(slider, writer.timing, writer.beatmap.difficulty)
    line = writer.timing.line_at(slider.time_ms)
    velocity = 1.0
    if not line.uninherited:
        velocity = min(max(-100 / line.beat_length_ms, MIN_VELOCITY), MAX_VELOCITY)
    px_per_beat = writer.beatmap.difficulty.slider_multiplier * PX_PER_BEAT * velocity
    beats = slider.length_px * slider.slides / px_per_beat
    return int(beats * writer.timing.red_at(slider.time_ms).beat_length_ms)


def coarse_end(slider: Slider) -> Point:
    return curve_end(slider.segments[0].kind, control_points(slider), slider.length_px)


def whole_path_anchors(slider: Slider) -> Iterator[tuple[EventKind, Point, float]]:
    """Yield the anchors of a path with their places.

    Places are fractions from 0 (head) to 1 (end) in the list of its points. A Bezier point that the next one repeats is
    a red anchor. A point that repeats the last one is not.
    """
    points = control_points(slider)
    kind = curve_kind(slider.segments[0].kind, points)
    for index in range(1, len(points) - 1):
        share = index / (len(points) - 1)
        if kind is not CurveKind.BEZIER:
            yield ANCHOR_OF[kind], points[index], share
        elif points[index] == points[index + 1]:
            yield EventKind.RED_ANCHOR, points[index], share
        elif points[index] != points[index - 1]:
            yield EventKind.BEZIER_ANCHOR, points[index], share
