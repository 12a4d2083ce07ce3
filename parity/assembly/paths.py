"""Slider paths as the published program makes and measures them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, PLAYFIELD_WIDTH_PX, CurveKind, PathSegment, Point
from osu_beatmap.files.hit_object_lines import parse_path
from osu_beatmap.geometry.slider_path import SliderPath
from osuT5.tokens.events import EventKind

Anchors = Sequence[tuple[EventKind, Point]]

_WRITTEN_FORMAT, _EXACT_FORMAT = 14, 128
"""File formats: the one that is written, with whole pixels, and one that keeps fractions."""

_CURVES = {EventKind.PERFECT_ANCHOR: CurveKind.PERFECT, EventKind.CATMULL_ANCHOR: CurveKind.CATMULL}


def path_segments(head: Point, anchors: Anchors, file_format: int = _WRITTEN_FORMAT) -> list[PathSegment]:
    """Return the path that osu! reads from these anchors.

    The kind of the first one applies to all.
    """
    letter = _CURVES.get(anchors[0][0], CurveKind.BEZIER).value
    points = _path_points(anchors)
    if letter == CurveKind.CATMULL.value:
        return [PathSegment(CurveKind.CATMULL, [head, *points])]  # a repeated point is none to be left out
    text = "|".join([letter, *(f"{x!r}:{y!r}" for x, y in points)])
    return parse_path(text, (float(head[0]), float(head[1])), file_format)


def _path_points(anchors: Anchors) -> list[Point]:
    return [place for kind, place in anchors for _ in range(2 if kind is EventKind.RED_ANCHOR else 1)]


def measured_path(head: Point, anchors: Anchors) -> SliderPath:
    """Return the path whose length determines velocities.

    A new curve begins after every point that occurs twice, the last one included. Anything but an arc of three points
    is a Bezier curve.
    """
    points = [head, *_path_points(anchors)]
    kind = _CURVES.get(anchors[0][0], CurveKind.BEZIER)
    if kind is CurveKind.PERFECT:
        is_arc = len(points) == 3 and path_segments(head, anchors, _EXACT_FORMAT)[0].kind is CurveKind.PERFECT
        kind = kind if is_arc else CurveKind.BEZIER
    ends = [index + 1 for index, (own, following) in enumerate(pairwise(points)) if own == following]
    pieces = [points[start:end] for start, end in pairwise([0, *ends, len(points)])]
    pieces = [piece for piece in pieces if len(piece) > 1] or [[head, head]]
    return SliderPath([PathSegment(kind, piece) for piece in pieces])


def progress_nearest(path: SliderPath, place: Point) -> float:
    """Return the progress of a path near `place`.

    It is where a short descent from the path's end comes to rest.
    """
    step, progress = 1e-4, 1.0

    def distance_px(share: float) -> float:
        x, y = path.position_at(min(max(share, 0.0), 1.0))
        return float(np.hypot(x - place[0], y - place[1]))

    for _ in range(100):
        slope = distance_px(progress) - distance_px(progress - step)
        progress -= slope
        if slope == 0 or not 0 <= progress <= 1:
            break
    return min(max(progress, 0.0), 1.0)


def zigzag(length_px: float) -> list[Point]:
    """Return a zigzag across the playfield of at least a length."""
    crossings = int(np.ceil(length_px / PLAYFIELD_WIDTH_PX))
    return [
        (float(PLAYFIELD_WIDTH_PX if crossing % 2 else 0), PLAYFIELD_HEIGHT_PX / 2) for crossing in range(crossings + 1)
    ]


def scale(place: Point, about: Point, factor: float) -> Point:
    return (place[0] - about[0]) * factor + about[0], (place[1] - about[1]) * factor + about[1]
