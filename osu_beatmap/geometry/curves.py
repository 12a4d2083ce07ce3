"""Curves of slider paths as polylines: geometry on numpy arrays.

Every function takes control points as float64 [n, 2] in osu! pixels and returns [m, 2], first and last point of the
curve included. The default tolerances and the ways of subdivision are those of osu!, since the game measures its
polylines, not the ideal curves: their last line is the direction in which a short path is prolonged.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

Points = np.ndarray

OSU_BEZIER_TOLERANCE_PX = 0.25
OSU_ARC_TOLERANCE_PX = 0.1
ARC_POINTS_LIMIT = 1000
"""osu! draws an arc that needs this many points at `OSU_ARC_TOLERANCE_PX` (over 100,000 px) as a Bezier."""

COLLINEAR_CROSS_PX2 = 1e-3
CATMULL_STEPS = 50
"""Lines per piece of a Catmull-Rom spline: not a matter of tolerance, since osu! takes this number too."""

MAX_BEZIER_DEPTH = 16
"""Within osu!'s limit on coordinates 11 halvings flatten any curve to `OSU_BEZIER_TOLERANCE_PX`."""


def cumulative_px(lines: Points) -> Points:
    """Return the distances of points along their line, [..., n].

    Points are [..., n, 2].


    The first is 0.
    """
    steps = np.diff(lines, axis=-2)
    cumulative = np.zeros(lines.shape[:-1])
    np.cumsum(np.hypot(steps[..., 0], steps[..., 1]), axis=-1, out=cumulative[..., 1:])
    return cumulative


def flatten_bezier(control: Points, tolerance_px: float = OSU_BEZIER_TOLERANCE_PX) -> Points:
    """Flatten a Bezier curve of any degree by osu!'s subdivision.

    Curves are halved until no second difference of their control points is longer than twice the tolerance; such a flat
    piece contributes as many lines as its degree. Here all pieces of one depth are halved at once.
    """
    if len(control) < 3:
        return control
    halving, outline, bending = _bezier_matrices(len(control))
    # Points are complex numbers here, which makes every step one product of matrices.
    pieces, starts = control @ [[1.0], [1.0j]], np.zeros(1)  # [points, pieces] and the parameter each starts at
    flat_pieces, flat_starts = [], []
    for depth in range(1, MAX_BEZIER_DEPTH + 1):
        is_flat = np.abs(bending @ pieces).max(axis=0) <= 2.0 * tolerance_px
        flat_pieces.append(pieces[:, is_flat])
        flat_starts.append(starts[is_flat])
        pieces, starts = pieces[:, ~is_flat], starts[~is_flat]
        if not len(starts):
            break
        halves = halving @ pieces
        pieces = np.concatenate([halves[: len(control)], halves[len(control) :]], axis=1)
        starts = np.concatenate([starts, starts + 0.5**depth])
    order = np.argsort(np.concatenate(flat_starts))
    line = (outline @ np.concatenate(flat_pieces, axis=1)[:, order]).T.reshape(-1)
    points = np.empty((len(line) + 1, 2))
    points[:-1, 0], points[:-1, 1], points[-1] = line.real, line.imag, control[-1]
    return points


def bezier_pieces(control: Points, degree: int) -> list[Points]:
    """Split a clamped uniform B-spline into its Bezier curves.

    A degree of at least the number of points less one makes one Bezier curve of all points, as in osu!.

    Source: Boehm's knot insertion; the meaning of degrees is that of osu!lazer.
    """
    last = len(control) - 1
    if degree >= last:
        return [control]
    left, pieces = control.astype(np.float64), []
    for first in range(last - degree):
        piece = [left[first].copy()]
        for inserted in range(degree - 1):
            piece.append(left[first + 1].copy())
            # Another knot at the end of this piece moves the points of the later ones towards each other.
            places = np.arange(1, degree - inserted)
            share = np.minimum(places, last - degree - first)[:, None]
            own = left[first + places]
            left[first + places] = (share * own + left[first + places + 1]) / (share + 1)
        pieces.append(np.array([*piece, left[first + 1]]))
    return [*pieces, left[last - degree :]]


def flatten_b_spline(control: Points, degree: int, tolerance_px: float = OSU_BEZIER_TOLERANCE_PX) -> Points:
    """Flatten a clamped uniform B-spline, each Bezier curve by osu!'s subdivision."""
    lines = [flatten_bezier(piece, tolerance_px) for piece in bezier_pieces(control, degree)]
    return np.concatenate([*(line[:-1] for line in lines[:-1]), lines[-1]])


def flatten_catmull(control: Points) -> Points:
    """Flatten a uniform Catmull-Rom spline through all control points.

    Its ends are those of osu!. Before the first point the spline assumes that point again; after the last one it
    continues straight.
    """
    if len(control) < 2:
        return control
    before = np.concatenate([control[:1], control[:-2]])
    start, end = control[:-1], control[1:]
    after = np.concatenate([control[2:], 2.0 * control[-1:] - control[-2:-1]])
    t = np.arange(CATMULL_STEPS, dtype=np.float64)[:, None] / CATMULL_STEPS  # [steps, 1]
    pieces = 0.5 * (
        2.0 * start[:, None]
        + (end - before)[:, None] * t
        + (2.0 * before - 5.0 * start + 4.0 * end - after)[:, None] * t**2
        + (3.0 * start - before - 3.0 * end + after)[:, None] * t**3
    )  # [pieces, steps, 2]
    return np.concatenate([pieces.reshape(-1, control.shape[1]), control[-1:]])


def flatten_arc(control: Points, tolerance_px: float = OSU_ARC_TOLERANCE_PX) -> Points | None:
    """Flatten the arc through three points, in equal chords.

    It goes from the first over the second to the third. None if there is no such arc (points on one line), or if osu!
    considers it too long to be one.
    """
    (ax, ay), (bx, by), (cx, cy) = control.tolist()
    cross = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if abs(cross) <= COLLINEAR_CROSS_PX2:
        return None
    # The circumcentre relative to the first point.
    b_square = (bx - ax) ** 2 + (by - ay) ** 2
    c_square = (cx - ax) ** 2 + (cy - ay) ** 2
    centre_x = ((cy - ay) * b_square - (by - ay) * c_square) / (2.0 * cross)
    centre_y = ((bx - ax) * c_square - (cx - ax) * b_square) / (2.0 * cross)
    radius = math.hypot(centre_x, centre_y)
    start = math.atan2(-centre_y, -centre_x)
    sweep = (math.atan2(cy - ay - centre_y, cx - ax - centre_x) - start) % (2.0 * math.pi)
    if cross < 0:  # the second point lies on the other side of the chord: the arc turns the other way
        sweep -= 2.0 * math.pi
    if _arc_steps(sweep, radius, OSU_ARC_TOLERANCE_PX) >= ARC_POINTS_LIMIT:
        return None
    angles = start + sweep * np.linspace(0.0, 1.0, _arc_steps(sweep, radius, tolerance_px) + 1)
    points = np.empty((len(angles), 2))
    points[:, 0] = ax + centre_x + radius * np.cos(angles)
    points[:, 1] = ay + centre_y + radius * np.sin(angles)
    points[0], points[-1] = control[0], control[2]
    return points


def _arc_steps(sweep: float, radius_px: float, tolerance_px: float) -> int:
    """Return the number of chords that keep an arc within a tolerance.

    Each deviates by radius * (1 - cos(half its angle)).
    """
    if 2.0 * radius_px <= tolerance_px:
        return 2
    half_angle = math.acos(1.0 - tolerance_px / radius_px)
    return max(2, math.ceil(abs(sweep) / (2.0 * half_angle))) if half_angle > 0 else ARC_POINTS_LIMIT


def _build_bezier_matrices(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Build three linear maps of a Bezier curve's `count` control points.

    `count` is at least 3.

    halving  [2 count, count]    control points of its first and of its second half (de Casteljau at 1/2)
    outline  [count - 1, count]  the points that stand for it once it is flat, the last one left out: its start,
                                 and of the halves' joined control points every second one, smoothed by its
                                 neighbours with weights 1/4, 1/2, 1/4
    bending  [count - 2, count]  second differences
    """
    left = np.zeros((count, count))
    left[0, 0] = 1.0
    for row in range(1, count):
        left[row] = 0.5 * left[row - 1]
        left[row, 1:] += 0.5 * left[row - 1, :-1]
    right = left[::-1, ::-1]
    joined = np.concatenate([left, right[1:]])
    inner = 0.25 * joined[1:-3:2] + 0.5 * joined[2:-2:2] + 0.25 * joined[3:-1:2]
    halving, outline = np.concatenate([left, right]), np.concatenate([joined[:1], inner])
    unit = np.eye(count)
    bending = unit[2:] - 2.0 * unit[1:-1] + unit[:-2]
    return halving.astype(complex), outline.astype(complex), bending.astype(complex)


_cached_bezier_matrices = lru_cache(maxsize=64)(_build_bezier_matrices)


def _bezier_matrices(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the result of `_build_bezier_matrices`, cached for small counts."""
    return _cached_bezier_matrices(count) if count <= 64 else _build_bezier_matrices(count)
