"""Slider paths and anchors: control points with the kind of their segment.

They are between head and end.

A RED_ANCHOR is a joint of two segments, or a corner of a linear one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from osu_beatmap.beatmap import CurveKind, PathSegment, Point
from osu_beatmap.geometry.slider_path import replace_b_splines
from osuT5.tokens.events import EventKind

ANCHOR_OF = {
    CurveKind.LINEAR: EventKind.RED_ANCHOR,
    CurveKind.BEZIER: EventKind.BEZIER_ANCHOR,
    CurveKind.PERFECT: EventKind.PERFECT_ANCHOR,
    CurveKind.CATMULL: EventKind.CATMULL_ANCHOR,
}

_CURVE_OF = {anchor: curve for curve, anchor in ANCHOR_OF.items()}

Anchor = tuple[EventKind, Point]


def anchors_of(segments: Sequence[PathSegment]) -> Iterator[Anchor]:
    """Yield the anchors of a path; a B-spline becomes Bezier curves."""
    segments = replace_b_splines(segments)
    for index, segment in enumerate(segments):
        for point in segment.points[1:-1]:
            yield ANCHOR_OF[segment.kind], point
        if index + 1 < len(segments):
            yield EventKind.RED_ANCHOR, segment.points[-1]


def segments_of(head: Point, anchors: Sequence[Anchor], end: Point) -> list[PathSegment]:
    """Return the path through these anchors.

    It has at least one segment of two points. Straight pieces of a path that also has Bezier curves are Bezier curves
    of two points, so that every osu! can read the path; a wholly straight path is one linear segment.
    """
    pieces = [piece for piece in _pieces(head, anchors, end) if _has_extent(piece)]
    if not pieces:
        return [PathSegment(CurveKind.LINEAR, [head, end])]
    if all(piece.kind is CurveKind.LINEAR for piece in pieces):
        corners = [pieces[0].points[0], *(point for piece in pieces for point in piece.points[1:])]
        return [PathSegment(CurveKind.LINEAR, corners)]
    if all(piece.kind in (CurveKind.LINEAR, CurveKind.BEZIER) for piece in pieces):
        return [PathSegment(CurveKind.BEZIER, piece.points) for piece in pieces]
    return pieces


def _pieces(head: Point, anchors: Sequence[Anchor], end: Point) -> Iterator[PathSegment]:
    points = [head]
    kinds: list[CurveKind] = []
    for kind, point in anchors:
        points.append(point)
        if kind is EventKind.RED_ANCHOR:
            yield PathSegment(_piece_kind(kinds), points)
            points, kinds = [point], []
        else:
            kinds.append(_CURVE_OF[kind])
    yield PathSegment(_piece_kind(kinds), [*points, end])


def _piece_kind(inner: Sequence[CurveKind]) -> CurveKind:
    """Return the kind of a piece with these inner anchors.

    If they contradict each other, or an arc has not one, it is a Bezier curve.
    """
    if not inner:
        return CurveKind.LINEAR
    if all(kind is CurveKind.CATMULL for kind in inner):
        return CurveKind.CATMULL
    return CurveKind.PERFECT if list(inner) == [CurveKind.PERFECT] else CurveKind.BEZIER


def _has_extent(piece: PathSegment) -> bool:
    return any(point != piece.points[0] for point in piece.points)
