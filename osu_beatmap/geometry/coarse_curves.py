"""Ends of slider paths as the original computes them.

It reads paths with the `slider` package (PyPI), which measures curves coarsely and does not cut them by distance:

- a Bezier curve is cut at a fraction of its parameter, not of its length, and its length is that of 49 chords;
- of several curves only the last is cut or prolonged, by the excess or the deficit of the whole path;
- an arc is cut but never prolonged; a Catmull curve is neither;
- points on one line make a Bezier curve instead of an arc, and so do other numbers than three.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from osu_beatmap.beatmap import CurveKind, Point
from osu_beatmap.geometry.curves import OSU_ARC_TOLERANCE_PX, flatten_bezier, flatten_catmull

CHORDS = 49


def curve_kind(kind: CurveKind, points: Sequence[Point]) -> CurveKind:
    """Return the actual kind of curve for a path of this letter."""
    if kind is CurveKind.PERFECT and (len(points) != 3 or _circle_centre(np.array(points, np.float64)) is None):
        return CurveKind.BEZIER
    return CurveKind.BEZIER if kind.degree else kind


def curve_end(kind: CurveKind, points: Sequence[Point], length_px: float) -> Point:
    """Return the end of a path with control points and a length.

    Doubled control points are included.
    """
    kind = curve_kind(kind, points)
    control = np.array(points, np.float64)
    if kind is CurveKind.CATMULL:
        return points[-1]
    if kind is CurveKind.PERFECT:
        return _arc_end(control, length_px)
    if kind is CurveKind.LINEAR:
        curves = [control[index : index + 2] for index in range(len(control) - 1)]
    else:
        curves = np.split(control, 1 + np.flatnonzero((control[1:] == control[:-1]).all(axis=1)))
    return _join_end(curves, length_px)


def _join_end(curves: Sequence[np.ndarray], length_px: float) -> Point:
    """Return the end of Bezier curves one after another."""
    lengths = [_bezier_length_px(curve) for curve in curves]
    total = sum(lengths)
    if len(curves) == 1:
        return _bezier_point(curves[0], _share(length_px, lengths[0]))
    reached = 0.0
    for curve, own_px in zip(curves[:-1], lengths[:-1], strict=True):
        reached += own_px
        if reached / total >= 1:  # what follows is a point
            return _bezier_point(curve, _share(own_px, own_px))
    last_px = max(0.0, lengths[-1] - (total - length_px))
    return _bezier_point(curves[-1], _share(last_px, lengths[-1]))


def _share(part_px: float, whole_px: float) -> float:
    return float(np.float64(part_px) / np.float64(whole_px))


def _bezier_point(control: np.ndarray, parameter: float) -> Point:
    x, y = _weigh_points(control, _bezier_weights(len(control) - 1, np.array([parameter])))[0]
    return float(x), float(y)


def _weigh_points(control: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return points [n, 2] of a Bezier curve.

    The weights are [n, degree + 1].
    """
    return np.sum(weights[:, None, :] * control.T, axis=-1)


def _bezier_weights(degree: int, parameters: np.ndarray) -> np.ndarray:
    """Return the weights of control points [n, degree + 1]."""
    order = np.arange(degree + 1)
    binomials = np.array([math.comb(degree, k) for k in order], np.float64)
    return binomials * _powers(1 - parameters, degree - order) * _powers(parameters, order)


@lru_cache(maxsize=32)
def _chord_weights(degree: int) -> np.ndarray:
    return _bezier_weights(degree, np.linspace(0, 1, CHORDS + 1))


def _powers(bases: np.ndarray, exponents: np.ndarray) -> np.ndarray:
    """Raise bases [n] to exponents [m]; return [n, m].

    Powers are computed one by one, since numpy rounds them differently on processors with AVX-512.
    """
    return np.array([[math.pow(base, exponent) for exponent in exponents] for base in bases])


def _bezier_length_px(control: np.ndarray) -> float:
    steps = np.diff(_weigh_points(control, _chord_weights(len(control) - 1)), axis=0)
    return np.sum(np.sqrt(np.sum(np.square(steps), axis=1)))


def _arc_end(control: np.ndarray, length_px: float) -> Point:
    centre = _circle_centre(control)
    first, second, third = control - centre
    # By `math` and in this order: an end within rounding noise of a step's edge is on one side or the other, and
    # numpy rounds angles otherwise where a processor has AVX-512.
    start, end = math.atan2(first[1], first[0]), math.atan2(third[1], third[0])
    angle = end + 2 * math.pi - start if end < start else end - start
    across, inner = third - first, second - first
    if across[1] * inner[0] - across[0] * inner[1] < 0:
        angle = -(2 * math.pi - angle)
    arc_px = abs(angle * math.sqrt(first[0] ** 2 + first[1] ** 2))
    if arc_px > length_px:
        angle *= length_px / arc_px
    cosine, sine = math.cos(angle), math.sin(angle)
    x, y = control[0] - centre
    return float(x * cosine - y * sine + centre[0]), float(x * sine + y * cosine + centre[1])


def _circle_centre(control: np.ndarray) -> np.ndarray | None:
    """Return the centre of the circle through three points.

    It is None for points on one line.
    """
    a, b, c = control
    opposite = np.array([np.sum(np.square(b - c)), np.sum(np.square(a - c)), np.sum(np.square(a - b))])
    if np.isclose(opposite, 0).any():
        return None
    weights = opposite * (opposite.sum() - 2 * opposite)
    if np.isclose(weights.sum(), 0):
        return None
    return (weights[0] * a + weights[1] * b + weights[2] * c) / weights.sum()


def played_point(kind: CurveKind, points: np.ndarray, distance_px: float) -> np.ndarray | None:
    """Return the point [2] at a distance along a path.

    The distance is limited to the path.

    The control points [n, 2] include doubled ones. This is how the original places slider ends during refinement: by
    the rules of osu!, but with one chord fewer on an arc, and never beyond the path. The computation uses the precision
    of the points, which decides the kind of three points that are nearly on one line. None for a path without extent.
    """
    doubled = 1 + np.flatnonzero((points[1:] == points[:-1]).all(axis=1))
    pieces = [_trace_lines(kind, piece, is_whole=not len(doubled)) for piece in np.split(points, doubled)]
    lines = np.concatenate(pieces)
    steps = np.sqrt(np.square(np.diff(lines, axis=0)).sum(axis=1))
    cumulative = np.concatenate([np.zeros(1, steps.dtype), np.cumsum(steps)])
    if cumulative[-1] == 0:
        return None
    return np.array([np.interp(distance_px, cumulative, lines[:, axis]) for axis in range(2)])


def _trace_lines(kind: CurveKind, control: np.ndarray, is_whole: bool) -> np.ndarray:
    if kind is CurveKind.CATMULL:
        return flatten_catmull(control)
    arc = _trace_arc(control) if kind is CurveKind.PERFECT and is_whole and len(control) == 3 else None
    return flatten_bezier(control) if arc is None else arc


def _trace_arc(control: np.ndarray) -> np.ndarray | None:
    """Return the chords [m, 2] of an arc; None without one.

    Each number has the precision of the points.
    """
    a, b, c = control
    a_square, b_square, c_square = (np.inner(side, side) for side in (b - c, a - c, a - b))
    if np.isclose([a_square, b_square, c_square], 0).any():
        return None
    weights = (
        a_square * (b_square + c_square - a_square),
        b_square * (a_square + c_square - b_square),
        c_square * (a_square + b_square - c_square),
    )
    total = weights[0] + weights[1] + weights[2]
    if np.isclose(total, 0):
        return None
    centre = (weights[0] * a + weights[1] * b + weights[2] * c) / total
    first, third = a - centre, c - centre
    radius = np.linalg.norm(first)
    start, end = np.arctan2(first[1], first[0]), np.arctan2(third[1], third[0])
    while end < start:
        end += 2 * np.pi
    sweep, across = end - start, c - a
    turns_back = np.dot(np.array([across[1], -across[0]]), b - a) < 0
    if turns_back:
        sweep = 2 * np.pi - sweep
    count = 2
    if 2 * radius > OSU_ARC_TOLERANCE_PX:
        count = int(max(2, np.ceil(sweep / (2 * np.arccos(1 - OSU_ARC_TOLERANCE_PX / radius)))))
    shares = (np.arange(count) / (count - 1)).astype(control.dtype)
    angles = start + (-shares if turns_back else shares) * sweep
    return centre + np.stack([np.cos(angles), np.sin(angles)], axis=-1) * radius
