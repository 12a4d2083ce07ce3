"""Slider paths <-> shapes.

A shape says how far a path bends away from its chord at one and two thirds of its length. That of a juice stream, of
which only the way sideways counts, is the ratio of this way to the length, and an arc.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, CurveKind, PathSegment, Point
from osu_beatmap.geometry.slider_path import SliderPath
from osuT5.objects.tokens.fields import ARCS_DEG, BENDS, STRAIGHT, nearest_class

STRAIGHT_BEND = 0.015
"""Bends up to this fraction of the length are rounding."""

NO_WAY_PX = 2.0
"""Juice streams that go less far sideways or upward are vertical or level."""

WIDEST_ARC = 1.38 * math.pi
"""Angle of the arc that bends most at its thirds, for its length."""

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
    return arc_points(math.copysign(arc_angle(bend), bend))


def arc_angle(bend: float) -> float:
    """Return the angle of the arc with a bend at its thirds."""
    low, high = 1e-3, WIDEST_ARC
    for _ in range(_FITTING_STEPS):
        angle = (low + high) / 2
        found = (math.cos(angle / 6) - math.cos(angle / 2)) / angle
        low, high = (angle, high) if found < abs(bend) else (low, angle)
    return angle


def arc_points(angle: float) -> tuple[Point, ...]:
    """Return head, middle and end of a unit arc along x."""
    radius = 1 / abs(angle)
    half_chord = radius * math.sin(abs(angle) / 2)
    rise = math.copysign(radius * (1 - math.cos(angle / 2)), angle)
    return (0.0, 0.0), (half_chord, rise), (2 * half_chord, 0.0)


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


def catch_shape(path: SliderPath) -> tuple[int, int, float]:
    """Return the classes of a juice stream, and its direction.

    They are SHAPE, a class of the ratio from 0 to the number of bends, and ARC. The direction is 0 (right) or pi.
    """
    way_px, angle = sideways_arc(path)
    ratio = min(1.0, abs(way_px) / max(path.length_px, 1e-6))
    return (
        round(ratio * (len(BENDS) - 1)),
        nearest_class(math.degrees(angle), ARCS_DEG),
        0.0 if way_px >= 0 else math.pi,
    )


def sideways_arc(path: SliderPath) -> tuple[float, float]:
    """Return the way sideways and the angle of the arc.

    The angle is positive if the way sideways comes first, and that of a straight path is 0. Up and down are the same.
    """
    length_px = max(path.length_px, 1e-6)
    end = path.points[-1] - path.points[0]
    thirds = path.positions(np.array([1, 2]) * length_px / 3) - path.points[0]
    normal = np.array([abs(end[1]), -abs(end[0])]) * np.where(end < 0, -1, 1)
    if abs(end[0]) < NO_WAY_PX:  # upward: to either side
        normal = np.array([1.0, 0.0])
    elif abs(end[1]) < NO_WAY_PX:  # level: above or below
        normal = np.array([0.0, 1.0])
    bend = float((thirds @ normal).mean() / np.hypot(*normal) / length_px)
    angle = math.copysign(arc_angle(bend), bend) if abs(bend) > STRAIGHT_BEND else 0.0
    if abs(end[0]) < NO_WAY_PX:
        return math.copysign(max(1e-6, float(abs(end[0]))), angle), abs(angle)
    return float(end[0]), abs(angle) if abs(end[1]) < NO_WAY_PX else angle


def catch_path(shape: int, arc: int, head: Point, direction: float, length_px: float) -> list[PathSegment]:
    """Return the path of a juice stream.

    Args:
        shape, arc: As `catch_shape` returns them.
        direction: To the right if its cosine is positive.
    """
    way_px = math.copysign(shape / (len(BENDS) - 1) * length_px, math.cos(direction))
    return juice_path(head, way_px, length_px, math.radians(ARCS_DEG[arc]))


@cache
def catch_outline(shape: int, arc: int) -> np.ndarray:
    """Return the way to the right along a unit stream.

    It is that of nine points, the end last, float64 [9].
    """
    path = SliderPath(catch_path(shape, arc, (0.0, 0.0), 0.0, 100.0))
    return path.positions(np.linspace(1 / 9, 1, 9) * path.length_px)[:, 0] / 100


def juice_path(head: Point, way_px: float, length_px: float, angle: float = 0.0) -> list[PathSegment]:
    """Return the path of a juice stream.

    It goes upward where it does not go sideways, and begins lower if it does not fit into the playfield. One that is
    too long goes up and back down.

    Args:
        way_px: Negative to the left.
        angle: As `sideways_arc` returns it.
    """
    points = arc_points(angle) if angle else ((0.0, 0.0), (1.0, 0.0))
    chord_px = points[-1][0] * length_px
    cosine = min(1.0, abs(way_px) / max(chord_px, 1e-6))
    sine, side = math.sqrt(1 - cosine**2), math.copysign(1.0, way_px)
    placed = [(side * length_px * (cosine * x + sine * y), length_px * (cosine * y - sine * x)) for x, y in points]
    kind = CurveKind.PERFECT if angle else CurveKind.LINEAR
    heights_px = SliderPath([PathSegment(kind, placed)]).points[:, 1]
    if np.ptp(heights_px) > PLAYFIELD_HEIGHT_PX:
        rise_px = math.sqrt(max(0.0, length_px**2 - way_px**2))
        kind, placed = CurveKind.LINEAR, [(0.0, 0.0), (way_px / 2, -rise_px / 2), (way_px, 0.0)]
        heights_px = np.array([-rise_px / 2, 0.0])
    y = min(max(head[1], -float(heights_px.min())), PLAYFIELD_HEIGHT_PX - float(heights_px.max()))
    return [PathSegment(kind, [(head[0] + x, y + height) for x, height in placed])]
