"""Slider paths of the right length, in whole pixels, on screen."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, PLAYFIELD_WIDTH_PX, CurveKind, GameMode, PathSegment, Point, Slider
from osu_beatmap.geometry.slider_path import SliderPath, replace_b_splines, scale_to_length
from osu_beatmap.rules.chart import circle_radius_px
from osu_beatmap.rules.objects import MAX_NODES_PER_ROOT_PX
from osu_beatmap.rules.standard import SCREEN_BOTTOM_PX, SCREEN_LEFT_PX, SCREEN_RIGHT_PX, SCREEN_TOP_PX
from osuT5.encoding.hit_objects.taiko import drumroll_path
from pipeline.finishing.report import FinishReport
from pipeline.finishing.working_map import Piece, WorkingMap, reduce_to_circle

CENTRE: Point = (PLAYFIELD_WIDTH_PX / 2, PLAYFIELD_HEIGHT_PX / 2)

MIN_PATH_PX = 16.0
"""Shorter paths lose their shape to whole pixels; the slider's length cuts them."""

MAX_PATH_PX = 6000.0
LENGTH_TOLERANCE_PX, LENGTH_TOLERANCE_SHARE = 4.0, 0.02
"""By how much a path may miss the slider's length: whole pixels cost that much, and the game cuts or prolongs it."""

ROUNDING_PX = 2.0
MAX_SHIFT_PX = 48.0
"""A path that leaves the screen by this little is moved; by more it turns about its head, which flow depends on."""

TURN_DEGREES = 15
MAX_SLOWER = 5
MIN_SPEED = 0.1
SPEED_STEP = 0.01
NO_EXTENT_PX = 1.0
MAX_ARC_PER_CHORDS = 2.0
"""A full circle is 1.6 times as long as the chords between two ends and the point opposite."""


@dataclass(frozen=True, slots=True)
class Area:
    """Area for the centres of circles and slider balls, in osu! pixels."""

    left: float
    right: float
    top: float
    bottom: float

    def shift_inside(self, points: np.ndarray, margin_px: float = 0.0) -> np.ndarray | None:
        """Return the smallest shift [2] that brings points [n, 2] inside.

        It is None if they span too much.
        """
        low = np.array([self.left, self.top]) + margin_px - points.min(axis=0)
        high = np.array([self.right, self.bottom]) - margin_px - points.max(axis=0)
        return np.clip(0.0, low, high) if (low <= high).all() else None

    def holds(self, points: np.ndarray, margin_px: float = 0.0) -> bool:
        shift = self.shift_inside(points, margin_px)
        return shift is not None and not shift.any()

    def clamp(self, x: float, y: float) -> Point:
        return min(max(x, self.left), self.right), min(max(y, self.top), self.bottom)


def screen_area(work: WorkingMap) -> Area:
    """Return the area of slider balls.

    In catch, which has no screen rule, it is the playfield.
    """
    if work.mode is not GameMode.STANDARD:
        return head_area(work)
    radius_px = circle_radius_px(work.settings.difficulty.circle_size)
    left, right = math.ceil(SCREEN_LEFT_PX + radius_px), math.floor(SCREEN_RIGHT_PX - radius_px)
    return Area(left, right, math.ceil(SCREEN_TOP_PX + radius_px), math.floor(SCREEN_BOTTOM_PX - radius_px))


def head_area(work: WorkingMap) -> Area:
    """Return the area of circles and slider heads.

    It is the part of the playfield in which the whole of them is on the screen.
    """
    if work.mode is not GameMode.STANDARD:
        return Area(0.0, PLAYFIELD_WIDTH_PX, 0.0, PLAYFIELD_HEIGHT_PX)
    screen = screen_area(work)
    right, bottom = min(screen.right, PLAYFIELD_WIDTH_PX), min(screen.bottom, PLAYFIELD_HEIGHT_PX)
    return Area(max(screen.left, 0.0), right, max(screen.top, 0.0), bottom)


def fit_slider(work: WorkingMap, piece: Piece, report: FinishReport) -> None:
    """Give a slider a path of its length inside the screen.

    A slider too long for that becomes slower.
    """
    if work.slide_px(piece) > MAX_PATH_PX and not _slow_down(work, piece, MAX_PATH_PX):
        report.count("sliders of absurd length")
        reduce_to_circle(piece)
        return
    if work.mode is GameMode.TAIKO:
        _set_path(piece.obj, _whole_path(drumroll_path(max(work.slide_px(piece), MIN_PATH_PX))))
        return
    area, length_px = screen_area(work), work.slide_px(piece)
    if _is_fit(piece.obj.segments, length_px, area):
        _set_path(piece.obj, piece.obj.segments)
        return
    path = _with_head_in(head_area(work), piece.obj)
    for attempt in range(MAX_SLOWER + 1):
        fitted = _fit_path(path, length_px, area, report)
        if fitted is not None:
            report.count("slower sliders", attempt > 0)
            _set_path(piece.obj, fitted)
            return
        if not _slow_down(work, piece, _largest_px(path, area)):
            break
        length_px = work.slide_px(piece)
    report.count("folded sliders")
    _set_path(piece.obj, fold_path(path[0].points[0], length_px, area))


def move_path(segments: list[PathSegment], dx: float, dy: float) -> list[PathSegment]:
    return [replace(segment, points=[(x + dx, y + dy) for x, y in segment.points]) for segment in segments]


def fold_path(head: Point, length_px: float, area: Area, vertical: bool = False) -> list[PathSegment]:
    """Return a straight path to and fro between the area's edges.

    It has room for any length.
    """
    x, y = round(head[0]), round(head[1])
    low, high = (area.top, area.bottom) if vertical else (area.left, area.right)
    at = y if vertical else x
    target, left_px = (high if high - at >= at - low else low), max(length_px, MIN_PATH_PX)
    points = [(float(x), float(y))]
    while left_px > 0:
        end = target if abs(target - at) <= left_px else at + math.copysign(math.ceil(left_px), target - at)
        left_px -= abs(end - at)
        at, target = end, (low if target == high else high)
        points.append((float(x), float(at)) if vertical else (float(at), float(y)))
    return [PathSegment(CurveKind.LINEAR, points)]


def _is_fit(segments: list[PathSegment], length_px: float, area: Area) -> bool:
    is_whole = all(float(value).is_integer() for s in segments for point in s.points for value in point)
    if not is_whole or _whole_path(segments) != segments:
        return False
    path = SliderPath(segments, length_px)
    target_px = max(length_px, MIN_PATH_PX)
    off_px = abs(path.natural_length_px - target_px)
    nodes = sum(len(segment.points) for segment in segments)
    return (
        path.natural_length_px >= NO_EXTENT_PX
        and off_px <= LENGTH_TOLERANCE_PX + LENGTH_TOLERANCE_SHARE * target_px
        and nodes <= MAX_NODES_PER_ROOT_PX * math.sqrt(length_px)
        and area.holds(path.points)
    )


def _fit_path(
    segments: list[PathSegment], length_px: float, area: Area, report: FinishReport
) -> list[PathSegment] | None:
    """Return the most similar path of a length inside the area.

    It is None if there is none.
    """
    scaled = scale_to_length(_simple(segments, length_px), max(length_px, MIN_PATH_PX))
    for number, turned in enumerate(_candidates(scaled, length_px, area)):
        whole = _whole_path(turned)
        path = SliderPath(whole, length_px)
        if path.natural_length_px >= NO_EXTENT_PX and area.holds(path.points):
            report.count("moved or turned sliders", number > 0)
            return whole
    return None


def _candidates(segments: list[PathSegment], length_px: float, area: Area) -> Iterator[list[PathSegment]]:
    """Yield candidates: unchanged, shifted, rotated about the head, mirrored, moved farther."""
    points = SliderPath(segments, length_px).points
    head = np.array(segments[0].points[0])
    yield segments
    shift = area.shift_inside(points, ROUNDING_PX)
    if shift is not None and np.hypot(*shift) <= MAX_SHIFT_PX:
        yield move_path(segments, *shift)
    turns = [sign * degrees for degrees in range(TURN_DEGREES, 181, TURN_DEGREES) for sign in (1, -1)]
    for mirrored in (False, True):
        for degrees in turns:
            matrix = _turn(degrees, mirrored)
            if area.holds((points - head) @ matrix.T + head, ROUNDING_PX):
                yield _turn_path(segments, head, matrix)
    for degrees in (0, 90):
        matrix = _turn(degrees, False)
        shift = area.shift_inside((points - head) @ matrix.T + head, ROUNDING_PX)
        if shift is not None:
            yield move_path(_turn_path(segments, head, matrix), *shift)


def _turn(degrees: float, mirrored: bool) -> np.ndarray:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[cos, -sin], [sin, cos]]) @ np.diag([1.0, -1.0 if mirrored else 1.0])


def _turn_path(segments: list[PathSegment], head: np.ndarray, matrix: np.ndarray) -> list[PathSegment]:
    return [
        replace(segment, points=[tuple(point) for point in ((np.array(segment.points) - head) @ matrix.T + head)])
        for segment in segments
    ]


def _largest_px(segments: list[PathSegment], area: Area) -> float:
    """Return a length at which the moved path surely fits the area."""
    points = SliderPath(segments).points
    span = np.maximum(points.max(axis=0) - points.min(axis=0), 1.0)
    room = np.array([area.right - area.left, area.bottom - area.top]) - 4 * ROUNDING_PX
    return SliderPath(segments).natural_length_px * float((room / span).min())


def _slow_down(work: WorkingMap, piece: Piece, length_px: float) -> bool:
    """Lower a slider's velocity until it is no longer than a length.

    Returns False if it cannot be slow enough.
    """
    speed = math.floor(piece.speed * length_px / work.slide_px(piece) / SPEED_STEP) * SPEED_STEP
    speed = round(min(speed, piece.speed - SPEED_STEP), 2)
    if speed < MIN_SPEED or piece.start_ms < work.timing.reds[0].time_ms:
        return False
    piece.speed = speed
    return True


def _with_head_in(area: Area, slider: Slider) -> list[PathSegment]:
    """Return the path with its head moved into the area.

    A path without extent becomes a line to the centre.
    """
    x, y = slider.segments[0].points[0]
    to_x, to_y = area.clamp(x, y)
    segments = [_replace_wild_arc(segment) for segment in move_path(slider.segments, to_x - x, to_y - y)]
    if SliderPath(segments).natural_length_px >= NO_EXTENT_PX:
        return segments
    far = CENTRE if math.dist((to_x, to_y), CENTRE) >= NO_EXTENT_PX else (CENTRE[0] + MIN_PATH_PX, CENTRE[1])
    return [PathSegment(CurveKind.LINEAR, [(to_x, to_y), far])]


def _replace_wild_arc(segment: PathSegment) -> PathSegment:
    """Replace an arc far beyond its three points by a Bezier curve.

    Nearly straight arcs are like that.
    """
    if segment.kind is not CurveKind.PERFECT or len(segment.points) != 3:
        return segment
    chords_px = sum(math.dist(*pair) for pair in pairwise(segment.points))
    if SliderPath([segment]).natural_length_px <= MAX_ARC_PER_CHORDS * chords_px:
        return segment
    return PathSegment(CurveKind.BEZIER, segment.points)


def _simple(segments: list[PathSegment], length_px: float) -> list[PathSegment]:
    """Return the path without more nodes than its length allows.

    A path with too many becomes a polyline.
    """
    most = int(MAX_NODES_PER_ROOT_PX * math.sqrt(length_px))
    if sum(len(segment.points) for segment in segments) <= most:
        return segments
    path = SliderPath(segments)
    count = max(2, min(most, 32))
    points = path.positions(np.linspace(0.0, path.length_px, count))
    return [PathSegment(CurveKind.LINEAR, [tuple(point) for point in points])]


def _whole_path(segments: list[PathSegment]) -> list[PathSegment]:
    """Return the path as a file of osu! stable holds it.

    It has whole pixels, no doubled points, and one kind of curve only.
    """
    pieces = []
    for segment in segments:
        points = [(float(math.floor(x + 0.5)), float(math.floor(y + 0.5))) for x, y in segment.points]
        points = [point for index, point in enumerate(points) if index == 0 or point != points[index - 1]]
        if len(points) > 1:
            pieces.append(replace(segment, points=points))
    if len(pieces) > 1 and all(piece.kind is CurveKind.LINEAR for piece in pieces):
        corners = [pieces[0].points[0], *(point for piece in pieces for point in piece.points[1:])]
        return [PathSegment(CurveKind.LINEAR, corners)]
    if len(pieces) > 1:
        return [PathSegment(CurveKind.BEZIER, piece.points) for piece in replace_b_splines(pieces)]
    if not pieces:
        return [PathSegment(CurveKind.LINEAR, [segments[0].points[0], segments[0].points[0]])]
    return pieces


def _set_path(slider: Slider, segments: list[PathSegment]) -> None:
    slider.segments = segments
    slider.x, slider.y = segments[0].points[0]
