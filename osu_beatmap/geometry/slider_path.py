"""Slider geometry: the path that a slider ball takes, in osu! pixels.

Source of the rules: how osu! itself turns control points into a path (wiki page "Slider", and the public source
of osu!lazer for degenerate cases): each segment becomes a polyline; the whole is then cut to the slider's
length, or prolonged in the direction of its last line where it is too short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from osu_beatmap.beatmap import CurveKind, PathSegment, Point, Slider
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.number_fields import MAX_COORDINATE_PX
from osu_beatmap.geometry.curves import (
    COLLINEAR_CROSS_PX2,
    bezier_pieces,
    cumulative_px,
    flatten_arc,
    flatten_b_spline,
    flatten_bezier,
    flatten_catmull,
)


def flatten(segments: Sequence[PathSegment]) -> np.ndarray:
    """Return the natural path of segments as a polyline [n, 2].

    It goes from the first to the last control point, n >= 1. It is as fine as in osu!, about 0.25 px. The points of a
    joint occur once.

    Raises:
        BeatmapError: The path has no points, or a coordinate is not a number within `MAX_COORDINATE_PX`.
    """
    pieces = [_flatten_segment(segment) for segment in segments if segment.points]
    if not pieces:
        raise BeatmapError("a slider path has no points")
    for index in range(1, len(pieces)):
        if (pieces[index][0] == pieces[index - 1][-1]).all():
            pieces[index] = pieces[index][1:]
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


class SliderPath:
    """The path of one slide of a slider, from head to end.

    points             [n, 2] polyline, cut or prolonged to the length
    cumulative_px      [n] distance of each point along the path, 0 first
    natural_length_px  length of the segments before that

    A length of 0 or less stands for the natural length, as a .osu file without a length does.
    """

    def __init__(self, segments: Sequence[PathSegment], length_px: float = 0.0) -> None:
        points = flatten(segments)
        cumulative = cumulative_px(points)
        self.natural_length_px = float(cumulative[-1])
        if length_px > 0 and length_px != self.natural_length_px:
            points, cumulative = _fit(points, cumulative, length_px)
        self.points = points
        self.cumulative_px = cumulative

    @property
    def length_px(self) -> float:
        """Length of the path as played.

        It is below the requested length only if the path has no direction to continue in.
        """
        return float(self.cumulative_px[-1])

    def positions(self, distances_px: np.ndarray) -> np.ndarray:
        """Return points [m, 2] at distances [m] from the head.

        Distances off the path take its ends.
        """
        distances_px = np.asarray(distances_px, dtype=np.float64)
        x = np.interp(distances_px, self.cumulative_px, self.points[:, 0])
        y = np.interp(distances_px, self.cumulative_px, self.points[:, 1])
        return np.stack([x, y], axis=-1)

    def position_at(self, progress: float) -> Point:
        """Return the point at a fraction of the path.

        The fraction is 0 at the head and 1 at the end.
        """
        x, y = self.positions(np.array([progress * self.length_px]))[0]
        return float(x), float(y)

    @property
    def end(self) -> Point:
        return float(self.points[-1, 0]), float(self.points[-1, 1])


def path_of(slider: Slider) -> SliderPath:
    """Return the path of one slide of a slider."""
    return SliderPath(slider.segments, slider.length_px)


def end_position(slider: Slider) -> Point:
    """Return the end of a slider's first slide."""
    return path_of(slider).end


def end_of_object(slider: Slider) -> Point:
    """Return the end of a slider as a whole.

    It is its head after an even number of slides.
    """
    return (slider.x, slider.y) if slider.slides % 2 == 0 else end_position(slider)


def scale_to_length(segments: Sequence[PathSegment], length_px: float) -> list[PathSegment]:
    """Scale segments about the head to the natural length `length_px`.

    Raises:
        BeatmapError: The path has no extent, so no factor makes it longer.
    """
    natural_px = SliderPath(segments).natural_length_px
    if natural_px <= 0:
        raise BeatmapError("a slider path without extent cannot be scaled to a length")
    factor = length_px / natural_px
    head_x, head_y = next(segment.points[0] for segment in segments if segment.points)
    return [
        replace(
            segment,
            points=[(head_x + (x - head_x) * factor, head_y + (y - head_y) * factor) for x, y in segment.points],
        )
        for segment in segments
    ]


def replace_b_splines(segments: Sequence[PathSegment]) -> list[PathSegment]:
    """Return a path with Bezier curves in place of B-splines."""
    plain: list[PathSegment] = []
    for segment in segments:
        if segment.kind.degree:
            pieces = bezier_pieces(np.array(segment.points, dtype=np.float64), segment.kind.degree)
            plain += [PathSegment(CurveKind.BEZIER, [(float(x), float(y)) for x, y in piece]) for piece in pieces]
        else:
            plain.append(segment)
    return plain


def _flatten_segment(segment: PathSegment) -> np.ndarray:
    control = np.array(segment.points, dtype=np.float64)
    if not np.abs(control).max() <= MAX_COORDINATE_PX:  # written so that NaN fails too
        raise BeatmapError("a slider path has a coordinate that is not a number within osu!'s limit")
    if segment.kind is CurveKind.LINEAR or len(control) < 3:
        return control
    if segment.kind is CurveKind.CATMULL:
        return flatten_catmull(control)
    if segment.kind.degree:
        return flatten_b_spline(control, segment.kind.degree)
    if segment.kind is CurveKind.PERFECT and len(control) == 3:
        arc = flatten_arc(control)
        if arc is not None:
            return arc
        if _is_collinear(control):
            return control
    # Perfect curves of another number of points, and arcs too long to be one, are Bezier curves to osu!.
    return flatten_bezier(control)


def _is_collinear(control: np.ndarray) -> bool:
    (ax, ay), (bx, by), (cx, cy) = control.tolist()
    return abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) <= COLLINEAR_CROSS_PX2


def _fit(points: np.ndarray, cumulative: np.ndarray, length_px: float) -> tuple[np.ndarray, np.ndarray]:
    """Cut or prolong a polyline to a length."""
    natural_px = cumulative[-1]
    if length_px > natural_px and (len(points) < 2 or (points[-1] == points[-2]).all()):
        return points, cumulative  # no direction to go on in: osu! leaves such a path as it is
    # The last kept point is the one that the cut or the prolongation moves.
    last = min(int(np.searchsorted(cumulative, length_px, side="left")), len(points) - 1)
    step_px = cumulative[last] - cumulative[last - 1]
    points, cumulative = points[: last + 1].copy(), cumulative[: last + 1].copy()
    points[last] = points[last - 1] + (points[last] - points[last - 1]) * ((length_px - cumulative[last - 1]) / step_px)
    cumulative[last] = length_px
    return points, cumulative
