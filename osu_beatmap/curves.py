"""The curves of slider paths as polylines: pure geometry on numpy arrays, points in, points out.

Every function takes control points as float64 [n, 2] in osu! pixels and returns [m, 2], first and last point of
the curve included. Lines between the points stay within `tolerance_px` of the curve.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

Points = np.ndarray

ARC_POINTS_LIMIT = 1000
"""osu! draws an arc that needs this many points at `OSU_ARC_TOLERANCE_PX` (over 100,000 px) as a Bezier."""

OSU_ARC_TOLERANCE_PX = 0.1
COLLINEAR_CROSS_PX2 = 1e-3
CATMULL_STEPS = 50
"""Lines per piece of a Catmull-Rom spline: not a matter of tolerance, since osu! takes this number too."""

MAX_BEZIER_STEPS = 4096


def flatten_linear(control: Points) -> Points:
    """The control points themselves."""
    return control


def flatten_bezier(control: Points, tolerance_px: float) -> Points:
    """A Bezier curve of any degree.

    The number of equal parameter steps follows from the bound |curve - chord| <= max|B''| / (8 steps^2),
    where max|B''| <= n (n - 1) max|second difference of the control points|.
    """
    degree = len(control) - 1
    if degree < 2:
        return control
    bend = control[2:] - 2.0 * control[1:-1] + control[:-2]
    bend_px = math.sqrt(float((bend * bend).sum(axis=1).max()))
    wanted = math.sqrt(degree * (degree - 1) * bend_px / (8.0 * tolerance_px))
    return _bernstein(degree, _round_steps(wanted)) @ control


def flatten_catmull(control: Points) -> Points:
    """A uniform Catmull-Rom spline through all control points, its ends as osu! has them.

    Before the first point the spline assumes that point again; after the last one it goes on straight.
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
    return np.concatenate([pieces.reshape(-1, 2), control[-1:]])


def flatten_arc(control: Points, tolerance_px: float) -> Points | None:
    """The circular arc through three points, from the first over the second to the third.

    None where there is no such arc (points on one line) or where osu! takes it for too long to be one.
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
    """Chords that keep an arc within a tolerance: each strays by radius * (1 - cos(half its angle))."""
    if 2.0 * radius_px <= tolerance_px:
        return 2
    half_angle = math.acos(1.0 - tolerance_px / radius_px)
    return max(2, math.ceil(abs(sweep) / (2.0 * half_angle))) if half_angle > 0 else ARC_POINTS_LIMIT


def _round_steps(wanted: float) -> int:
    """A number of steps of at least `wanted` from a short list, so that few basis matrices exist."""
    steps = 4
    while steps < wanted and steps < MAX_BEZIER_STEPS:
        steps += max(4, steps // 2 // 4 * 4)
    return min(steps, MAX_BEZIER_STEPS)


def _bernstein_basis(degree: int, steps: int) -> np.ndarray:
    """Bernstein polynomials at equal steps, [steps + 1, degree + 1]; logarithms keep high degrees finite."""
    inner = np.arange(1, steps, dtype=np.float64)[:, None] / steps
    index = np.arange(degree + 1)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, degree + 1)))])
    log_binomial = log_factorial[degree] - log_factorial[index] - log_factorial[degree - index]
    basis = np.zeros((steps + 1, degree + 1))
    basis[1:-1] = np.exp(log_binomial + index * np.log(inner) + (degree - index) * np.log1p(-inner))
    basis[0, 0] = basis[-1, -1] = 1.0
    return basis


_cached_bernstein_basis = lru_cache(maxsize=512)(_bernstein_basis)


def _bernstein(degree: int, steps: int) -> np.ndarray:
    """`_bernstein_basis`, remembered where it is small (at most 64 KiB)."""
    small = (degree + 1) * (steps + 1) <= 8192
    return _cached_bernstein_basis(degree, steps) if small else _bernstein_basis(degree, steps)
