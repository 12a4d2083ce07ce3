"""Slider paths <-> shapes.

A shape says how far a path bends away from its chord at one and two thirds of its length.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from osu_beatmap.beatmap import CurveKind, PathSegment, Point
from osu_beatmap.geometry.slider_path import SliderPath
from osuT5.objects.tokens.fields import BENDS, STRAIGHT, nearest_class

STRAIGHT_BEND = 0.015
"""Bends up to this fraction of the length are rounding."""

_FITTING_STEPS = 24


def shape_of(path: SliderPath) -> tuple[int, float]:
    """Return a path's shape and the direction of its chord (radians)."""
    head, end = path.points[0], path.points[-1]
    chord = end - head
    direction = math.atan2(chord[1], chord[0])
    length_px = max(path.length_px, 1e-6)
    thirds = path.positions(np.array([1, 2]) * length_px / 3) - head
    normal = np.array([-math.sin(direction), math.cos(direction)])
    bends = thirds @ normal / length_px
    if np.abs(bends).max() <= STRAIGHT_BEND:
        return STRAIGHT, direction
    first, second = (nearest_class(bend, BENDS) for bend in bends)
    if first * len(BENDS) + second == STRAIGHT:  # a slight curve is still a curve
        first = second = len(BENDS) // 2 + (1 if bends.sum() > 0 else -1)
    return first * len(BENDS) + second, direction


def mirrored_shape(shape: int | np.ndarray) -> int | np.ndarray:
    """Return the shape, or shapes [...], that bend to the other side."""
    return len(BENDS) ** 2 - 1 - shape


@cache
def unit_path(shape: int) -> tuple[CurveKind, tuple[Point, ...]]:
    """Return a path of length 1 from (0, 0) along x.

    It has a kind and control points; its chord points along x. Equal bends make a circular arc, others a cubic Bezier
    curve.
    """
    first, second = (float(BENDS[index]) for index in divmod(shape, len(BENDS)))
    if shape == STRAIGHT:
        return CurveKind.LINEAR, ((0.0, 0.0), (1.0, 0.0))
    if first == second:
        return CurveKind.PERFECT, _arc(first)
    # The curve is at a third of its parameter where 12 y1 + 6 y2 = 27 bend, and the other way round at two thirds.
    y1, y2 = 3 * first - 1.5 * second, 3 * second - 1.5 * first
    low, high = 0.05, 1.0
    for _ in range(_FITTING_STEPS):
        chord = (low + high) / 2
        points = ((0.0, 0.0), (chord / 3, y1), (2 * chord / 3, y2), (chord, 0.0))
        scaled = [(1000 * x, 1000 * y) for x, y in points]  # curves are flattened to a quarter of a pixel
        is_long = SliderPath([PathSegment(CurveKind.BEZIER, scaled)]).length_px > 1000
        low, high = (low, chord) if is_long else (chord, high)
    natural = SliderPath([PathSegment(CurveKind.BEZIER, scaled)]).length_px / 1000
    return CurveKind.BEZIER, tuple((x / natural, y / natural) for x, y in points)  # S curves may exceed any chord


def _arc(bend: float) -> tuple[Point, ...]:
    """Return head, middle and end of an arc of length 1.

    It bends at its thirds.
    """
    low, high = 1e-3, 1.9 * math.pi  # angle of the arc
    for _ in range(_FITTING_STEPS):
        angle = (low + high) / 2
        found = (math.cos(angle / 6) - math.cos(angle / 2)) / angle
        low, high = (angle, high) if found < abs(bend) else (low, angle)
    radius = 1 / angle
    side = math.copysign(1.0, bend)
    half_chord = radius * math.sin(angle / 2)
    return (0.0, 0.0), (half_chord, side * radius * (1 - math.cos(angle / 2))), (2 * half_chord, 0.0)


def path_segments(shape: int, head: Point, direction: float, length_px: float) -> list[PathSegment]:
    """Return the path of a shape, given its head and chord direction.

    The direction is in radians.
    """
    kind, points = unit_path(shape)
    placed = [_placed(point, head, direction, length_px) for point in points]
    return [PathSegment(kind, placed)]


@cache
def unit_outline(shape: int) -> np.ndarray:
    """Return points along the unit path, float64 [9, 2], the end last."""
    kind, points = unit_path(shape)
    path = SliderPath([PathSegment(kind, [(1000 * x, 1000 * y) for x, y in points])])
    return path.positions(np.linspace(1 / 9, 1, 9) * path.length_px) / 1000


def _placed(point: Point, head: Point, direction: float, length_px: float) -> Point:
    x, y = point
    cosine, sine = math.cos(direction), math.sin(direction)
    return head[0] + length_px * (cosine * x - sine * y), head[1] + length_px * (sine * x + cosine * y)
