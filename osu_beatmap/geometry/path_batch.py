"""Paths of many sliders at once: lengths, and points at distances.

`slider_path` builds one path exactly as osu! does, one line after the other. Refinement moves every control point of a
map dozens of times, and only wants to know where its sliders end: here paths of one shape are computed together, each
curve in a fixed number of lines. The curves are those of `curves`; a test compares both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np

from osu_beatmap.beatmap import CurveKind
from osu_beatmap.geometry.curves import (
    ARC_POINTS_LIMIT,
    COLLINEAR_CROSS_PX2,
    OSU_ARC_TOLERANCE_PX,
    bezier_pieces,
    cumulative_px,
    flatten_catmull,
)

LINES_PER_CURVE = 32
LINES_PER_CONTROL_POINT = 8
"""A Bezier curve is drawn in so many lines, and so many more for each control point: its length is then at most some
0.1 % short."""

Segment = tuple[CurveKind, np.ndarray]
"""A piece of a path: its kind, and the indices of its control points in an array of points."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Segments of one kind and number of control points.

    Their indices are [g, k], and their places among all [g].
    """

    kind: CurveKind
    indices: np.ndarray
    places: np.ndarray


class PathBatch:
    """Paths whose control points are in one array.

    The points may move; the structure stays.

    Args:
        paths: Segments of each path, in order; neighbours share the index of their joint.
    """

    def __init__(self, paths: Sequence[Sequence[Segment]]) -> None:
        self.count = len(paths)
        sizes = [len(path) for path in paths]
        assert all(sizes), "a path has at least one segment"
        self._starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(int) if paths else np.zeros(0, int)
        self._path_of = np.repeat(np.arange(self.count), sizes)
        self._groups = _group([segment for path in paths for segment in path])

    def natural_lengths(self, points: np.ndarray) -> np.ndarray:
        """Return the lengths [..., paths] of paths through points [..., n, 2]."""
        if not self.count:
            return np.zeros((*points.shape[:-2], 0))
        lengths = np.zeros((*points.shape[:-2], len(self._path_of)))
        for group in self._groups:
            lengths[..., group.places] = cumulative_px(_polylines(group, points))[..., -1]
        return np.add.reduceat(lengths, self._starts, axis=-1)

    def points_at(self, points: np.ndarray, distances: np.ndarray) -> np.ndarray:
        """Return the points [..., paths, 2] at distances [paths] along the paths.

        The paths go through points [..., n, 2]; distances are from the heads. Beyond its end a path continues straight,
        in the direction of its last line, as in osu!.
        """
        if not self.count:
            return np.zeros((*points.shape[:-2], 0, 2))
        drawn = [
            (group, lines, cumulative_px(lines)) for group in self._groups for lines in [_polylines(group, points)]
        ]
        lengths = np.zeros((*points.shape[:-2], len(self._path_of)))
        for group, _, cumulative in drawn:
            lengths[..., group.places] = cumulative[..., -1]
        before = self._lengths_before(lengths)
        wanted = distances[self._path_of] - before
        found = np.zeros((*lengths.shape, 2))
        for group, lines, cumulative in drawn:
            found[..., group.places, :] = _interpolate_points(lines, cumulative, wanted[..., group.places])
        # The segment that a distance falls into is the last one that starts before it.
        chosen = self._starts + np.maximum(np.add.reduceat(wanted > 0, self._starts, axis=-1) - 1, 0)
        return np.take_along_axis(found, chosen[..., None], axis=-2)

    def _lengths_before(self, lengths: np.ndarray) -> np.ndarray:
        """Return the length before each segment in its path."""
        total = np.cumsum(lengths, axis=-1) - lengths
        return total - total[..., self._starts[self._path_of]]


def _group(segments: Sequence[Segment]) -> list[_Group]:
    members: dict[tuple[CurveKind, int], list[int]] = {}
    for place, (kind, indices) in enumerate(segments):
        members.setdefault((_find_played_kind(kind, len(indices)), len(indices)), []).append(place)
    return [
        _Group(kind, np.array([segments[place][1] for place in places]), np.array(places))
        for (kind, _), places in members.items()
    ]


def _find_played_kind(kind: CurveKind, count: int) -> CurveKind:
    """Return the kind that osu! plays for a segment: see `slider_path`."""
    if count < 3:
        return CurveKind.LINEAR
    return CurveKind.BEZIER if kind is CurveKind.PERFECT and count != 3 else kind


def _polylines(group: _Group, points: np.ndarray) -> np.ndarray:
    """Return the segments of a group as lines [..., g, m, 2]."""
    control = points[..., group.indices, :]
    if group.kind is CurveKind.LINEAR:
        return control
    if group.kind is CurveKind.PERFECT:
        return _arcs(control)
    return _curve_matrix(group.kind, control.shape[-2]) @ control


@lru_cache(maxsize=128)
def _curve_matrix(kind: CurveKind, count: int) -> np.ndarray:
    """Return the linear map [m, count] from control points to curve points."""
    if kind is CurveKind.CATMULL:
        return flatten_catmull(np.eye(count))
    if kind.degree:
        pieces = bezier_pieces(np.eye(count), kind.degree)
        curves = [_curve_matrix(CurveKind.BEZIER, len(piece)) @ piece for piece in pieces]
        return np.concatenate([curves[0], *(curve[1:] for curve in curves[1:])])
    steps = LINES_PER_CURVE + LINES_PER_CONTROL_POINT * count
    t = np.linspace(0.0, 1.0, steps + 1)[:, None]
    powers = np.arange(count)
    binomials = np.array([comb(count - 1, power) for power in powers], dtype=np.float64)
    return binomials * t**powers * (1.0 - t) ** (count - 1 - powers)


def _arcs(control: np.ndarray) -> np.ndarray:
    """Return arcs through three points each as lines [..., g, m, 2].

    The points are [..., g, 3, 2]; see `curves.flatten_arc`.
    """
    first, second, third = (control[..., place, :] for place in range(3))
    b, c = second - first, third - first
    cross = b[..., 0] * c[..., 1] - b[..., 1] * c[..., 0]
    is_straight = np.abs(cross) <= COLLINEAR_CROSS_PX2
    twice = 2.0 * np.where(is_straight, 1.0, cross)
    b_square, c_square = (b**2).sum(-1), (c**2).sum(-1)
    centre = np.stack([c[..., 1] * b_square - b[..., 1] * c_square, b[..., 0] * c_square - c[..., 0] * b_square], -1)
    centre = centre / twice[..., None]
    radius = np.hypot(centre[..., 0], centre[..., 1])
    start = np.arctan2(-centre[..., 1], -centre[..., 0])
    away = c - centre
    sweep = (np.arctan2(away[..., 1], away[..., 0]) - start) % (2.0 * np.pi)
    sweep = np.where(cross < 0, sweep - 2.0 * np.pi, sweep)
    matrix = _curve_matrix(CurveKind.BEZIER, 3)
    share = np.linspace(0.0, 1.0, len(matrix))
    angles = start[..., None] + sweep[..., None] * share
    circle = np.stack([np.cos(angles), np.sin(angles)], -1) * radius[..., None, None]
    arcs = (first + centre)[..., None, :] + circle
    # Nearly straight arcs of over `ARC_POINTS_LIMIT` chords are Bezier curves to osu!, straight ones lines.
    half_angle = np.arccos(1.0 - np.minimum(OSU_ARC_TOLERANCE_PX / np.maximum(radius, OSU_ARC_TOLERANCE_PX), 1.0))
    too_long = np.abs(sweep) >= 2.0 * np.maximum(half_angle, 1e-12) * (ARC_POINTS_LIMIT - 1)
    arcs = np.where((is_straight | too_long)[..., None, None], matrix @ control, arcs)
    return np.where(is_straight[..., None, None], _corners(control, share), arcs)


def _corners(control: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return points at given fractions of two lines through three points.

    The corner is one of them.
    """
    first, second, third = (control[..., None, place, :] for place in range(3))
    place = 2.0 * share[:, None]
    return np.where(place <= 1.0, first + (second - first) * place, second + (third - second) * (place - 1.0))


def _interpolate_points(lines: np.ndarray, cumulative: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Return the points [..., g, 2] at distances [..., g] along lines.

    The lines [..., g, m, 2] are prolonged beyond their ends.
    """
    last = lines.shape[-2] - 2
    line = np.clip((cumulative < distances[..., None]).sum(-1) - 1, 0, last)[..., None]
    from_px = np.take_along_axis(cumulative, line, -1)[..., 0]
    line_px = np.take_along_axis(cumulative, line + 1, -1)[..., 0] - from_px
    start = np.take_along_axis(lines, line[..., None], -2)[..., 0, :]
    end = np.take_along_axis(lines, line[..., None] + 1, -2)[..., 0, :]
    share = np.where(line_px > 0, (distances - from_px) / np.where(line_px > 0, line_px, 1.0), 1.0)
    return start + (end - start) * share[..., None]
