"""Slider paths that end where the slider does.

Mappers drag the last control point beyond the end of a slider and let its length cut the path: of a corpus of human
charts, nearly half of the paths are cut by over a tenth. What is played stays the same when the path itself is cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from osu_beatmap.beatmap import CurveKind, PathSegment
from osu_beatmap.geometry.curves import Points, flatten_arc
from osu_beatmap.geometry.slider_path import SliderPath, replace_b_splines

PARAMETER_STEPS = 128
"""So many lines find the place of a cut on a Bezier curve, which is then good to some 0.01 px."""

CUT_TOLERANCE_PX = 0.05


def trim_path(segments: Sequence[PathSegment], length_px: float) -> list[PathSegment]:
    """Return the same path with control points that end at `length_px`.

    A path that is not longer stays unchanged. A Bezier curve becomes its part before the cut (de Casteljau), an arc a
    shorter arc, and a B-spline its Bezier curves. A Catmull-Rom spline has no such part, so a path that ends in one
    keeps its end.

    Raises:
        BeatmapError: A coordinate is unusable.
    """
    kept: list[PathSegment] = []
    left_px = length_px
    for segment in segments:
        natural_px = SliderPath([segment]).natural_length_px
        if left_px <= CUT_TOLERANCE_PX and kept:
            break
        if natural_px > left_px + CUT_TOLERANCE_PX and length_px > 0:
            return [*kept, *_cut(segment, left_px)]
        kept.append(segment)
        left_px -= natural_px
    return kept


def _cut(segment: PathSegment, length_px: float) -> list[PathSegment]:
    if segment.kind.degree:
        return trim_path(replace_b_splines([segment]), length_px)
    return [_cut_curve(segment, length_px)]


def _cut_curve(segment: PathSegment, length_px: float) -> PathSegment:
    control = np.array(segment.points, dtype=np.float64)
    if segment.kind is CurveKind.LINEAR or len(control) < 3:
        return replace(segment, points=_convert_points(_cut_lines(control, length_px)))
    if segment.kind is CurveKind.CATMULL:
        return segment
    if segment.kind is CurveKind.PERFECT and len(control) == 3:
        if flatten_arc(control) is not None:
            path = SliderPath([segment])
            middle, end = path.positions(np.array([0.5 * length_px, length_px]))
            return replace(segment, points=_convert_points(np.stack([control[0], middle, end])))
        return PathSegment(CurveKind.LINEAR, _convert_points(_cut_lines(control, length_px)))
    return PathSegment(CurveKind.BEZIER, _convert_points(_cut_bezier(control, length_px)))


def _cut_lines(corners: Points, length_px: float) -> Points:
    steps = np.hypot(*np.diff(corners, axis=0).T)
    cumulative = np.concatenate([[0.0], np.cumsum(steps)])
    last = max(1, int(np.searchsorted(cumulative, length_px)))
    share = (length_px - cumulative[last - 1]) / steps[last - 1] if steps[last - 1] > 0 else 1.0
    end = corners[last - 1] + (corners[last] - corners[last - 1]) * share
    return np.concatenate([corners[:last], end[None]])


def _cut_bezier(control: Points, length_px: float) -> Points:
    t = np.linspace(0.0, 1.0, PARAMETER_STEPS + 1)
    points = np.broadcast_to(control, (len(t), *control.shape))
    while points.shape[1] > 1:  # de Casteljau at every t at once
        points = points[:, :-1] + (points[:, 1:] - points[:, :-1]) * t[:, None, None]
    cumulative = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points[:, 0], axis=0).T))])
    cut = float(np.interp(length_px, cumulative, t))
    left, rest = [control[0]], control
    while len(rest) > 1:
        rest = rest[:-1] + (rest[1:] - rest[:-1]) * cut
        left.append(rest[0])
    return np.array(left)


def _convert_points(points: Points) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in points]
