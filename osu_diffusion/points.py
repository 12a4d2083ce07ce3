"""Conversion between beatmaps and sequences of points.

Every circle is a point; a slider is its head, its inner control points, its last control point, and the place where the
first slide ends; a spinner is its start and its end. All else about a map (times, rhythm, sounds, lengths of sliders)
is left alone, so an unchanged sequence written back changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from osu_beatmap.attributes import WITH_CIRCLES
from osu_beatmap.beatmap import Beatmap, CurveKind, PathSegment, Slider, Spinner
from osu_beatmap.geometry.path_batch import PathBatch, Segment
from osu_beatmap.timing.active_point import Timing, slider_duration_ms

MAX_CONTROL_POINTS = 64
"""Sliders with more are pictures rather than paths: they move as a whole, with their head."""


class PointKind(IntEnum):
    """Kind of a point; numbered as in the published refiner.

    SLIDER_END_1 is the end of a slider of one slide.
    """

    CIRCLE = 0
    CIRCLE_NEW_COMBO = 1
    SPINNER = 2
    SPINNER_END = 3
    SLIDER_HEAD = 4
    SLIDER_HEAD_NEW_COMBO = 5
    BEZIER_ANCHOR = 6
    PERFECT_ANCHOR = 7
    CATMULL_ANCHOR = 8
    RED_ANCHOR = 9
    LAST_ANCHOR = 10
    SLIDER_END_1 = 11
    SLIDER_END_2 = 12
    SLIDER_END_3 = 13
    SLIDER_END_EVEN = 14
    SLIDER_END_ODD = 15


ANCHOR_OF = {
    CurveKind.LINEAR: PointKind.RED_ANCHOR,
    CurveKind.BEZIER: PointKind.BEZIER_ANCHOR,
    CurveKind.PERFECT: PointKind.PERFECT_ANCHOR,
    CurveKind.CATMULL: PointKind.CATMULL_ANCHOR,
}


@dataclass(frozen=True, slots=True)
class PointSequence:
    """The points of a map, in the order of its objects.

    Positions are osu! pixels, times ms.

    kinds             [n] PointKind
    times_ms          [n] control points are spread evenly over the first slide
    beat_lengths_ms   [n] of the red line active at the object's start
    positions         [n, 2]
    object_of         [n] index of the object in the beatmap
    paths             the sliders' paths over these points
    path_of           [n] index of the path that a point belongs to, its end included; -1 outside of sliders
    path_shares       [n] 0 at the head of a path, 1 at its last control point, and 1 at its end
    path_lengths_px   [paths] required length of one slide
    path_ends         [paths] index of the point where the first slide ends
    """

    kinds: np.ndarray
    times_ms: np.ndarray
    beat_lengths_ms: np.ndarray
    positions: np.ndarray
    object_of: np.ndarray
    paths: PathBatch
    path_of: np.ndarray
    path_shares: np.ndarray
    path_lengths_px: np.ndarray
    path_ends: np.ndarray

    def __len__(self) -> int:
        return len(self.kinds)

    @property
    def movable(self) -> np.ndarray:
        """Points [n] that have a position; spinners have none."""
        return (self.kinds != PointKind.SPINNER) & (self.kinds != PointKind.SPINNER_END)

    @property
    def is_path_end(self) -> np.ndarray:
        """Points [n] that follow from a path, so that they are computed."""
        return self.kinds >= PointKind.SLIDER_END_1

    def with_path_ends(self, positions: np.ndarray) -> np.ndarray:
        """Return positions [..., n, 2] with the ends of all sliders computed.

        Each slider ends where its length reaches along its control points.
        """
        if not len(self.path_ends):
            return positions
        positions = np.array(positions)
        positions[..., self.path_ends, :] = self.paths.points_at(positions.astype(np.float64), self.path_lengths_px)
        return positions


def slider_end_kind(slides: int) -> PointKind:
    """Return the kind of a slider's end.

    One, two and three slides have kinds of their own. More slides are distinguished by the side of their end.
    """
    if slides < 4:
        return PointKind(PointKind.SLIDER_END_1 + max(slides, 1) - 1)
    return PointKind.SLIDER_END_EVEN if slides % 2 == 0 else PointKind.SLIDER_END_ODD


class _Builder:
    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        self.rows: list[tuple[PointKind, float, float, tuple[float, float], int, int, float]] = []
        self.paths: list[list[Segment]] = []
        self.lengths: list[float] = []
        self.ends: list[int] = []

    def add(
        self,
        kind: PointKind,
        time_ms: float,
        start_ms: float,
        point: tuple[float, float],
        index: int,
        share: float = -1.0,
    ) -> int:
        path = len(self.paths) if share >= 0 else -1
        self.rows.append((kind, time_ms, self.timing.beat_length_at(start_ms), point, index, path, max(share, 0.0)))
        return len(self.rows) - 1


def sequence_of(beatmap: Beatmap) -> PointSequence:
    """Return the points of a standard or catch beatmap.

    Raises:
        BeatmapError: The map has no uninherited timing point.
    """
    assert beatmap.mode in WITH_CIRCLES, "only standard and catch place their objects freely"
    timing = Timing(beatmap.timing_points)
    builder = _Builder(timing)
    for index, obj in enumerate(beatmap.hit_objects):
        at = (obj.x, obj.y)
        if isinstance(obj, Slider) and has_free_path(obj):
            _add_slider(builder, obj, index, slider_duration_ms(obj, timing, beatmap.difficulty))
        elif isinstance(obj, Spinner):
            builder.add(PointKind.SPINNER, obj.time_ms, obj.time_ms, at, index)
            builder.add(PointKind.SPINNER_END, obj.end_ms, obj.time_ms, at, index)
        else:
            builder.add(PointKind.CIRCLE + bool(obj.new_combo), obj.time_ms, obj.time_ms, at, index)
    columns = list(zip(*builder.rows, strict=True)) or [()] * 7
    sequence = PointSequence(
        kinds=np.array(columns[0], dtype=np.int64),
        times_ms=np.array(columns[1], dtype=np.float64),
        beat_lengths_ms=np.array(columns[2], dtype=np.float64),
        positions=np.array(columns[3], dtype=np.float64).reshape(-1, 2),
        object_of=np.array(columns[4], dtype=np.int64),
        paths=PathBatch(builder.paths),
        path_of=np.array(columns[5], dtype=np.int64),
        path_shares=np.array(columns[6], dtype=np.float64),
        path_lengths_px=np.array(builder.lengths, dtype=np.float64),
        path_ends=np.array(builder.ends, dtype=np.int64),
    )
    sequence.positions[:] = sequence.with_path_ends(sequence.positions)
    return sequence


def has_free_path(slider: Slider) -> bool:
    """Return whether a slider's control points are in the sequence."""
    count = sum(len(segment.points) - 1 for segment in slider.segments) + 1
    return slider.length_px > 0 and 2 <= count <= MAX_CONTROL_POINTS


def with_positions(beatmap: Beatmap, sequence: PointSequence, positions: np.ndarray) -> Beatmap:
    """Return a copy of the beatmap with other positions [n, 2].

    `sequence` is its own. The ends of sliders follow from their control points and are not read.
    """
    assert positions.shape == sequence.positions.shape, "one position for each point"
    first_points = np.searchsorted(sequence.object_of, np.arange(len(beatmap.hit_objects)))
    objects = []
    for obj, first in zip(beatmap.hit_objects, first_points, strict=True):
        x, y = (float(value) for value in positions[first])
        objects.append(replace(obj, x=x, y=y))
        if isinstance(obj, Slider):
            objects[-1].segments = _move_segments(obj, positions, int(first))
    return replace(beatmap, hit_objects=objects)


def _add_slider(builder: _Builder, slider: Slider, index: int, duration_ms: float) -> None:
    slide_ms = duration_ms / max(1, slider.slides)
    count = sum(len(segment.points) - 1 for segment in slider.segments) + 1
    head_kind = PointKind.SLIDER_HEAD + bool(slider.new_combo)
    first = place = builder.add(head_kind, slider.time_ms, slider.time_ms, slider.segments[0].points[0], index, 0.0)
    segments: list[Segment] = []
    for segment in slider.segments:
        start = place
        for number, point in enumerate(segment.points[1:], 1):
            is_joint = number == len(segment.points) - 1
            is_last = is_joint and segment is slider.segments[-1]
            kind = ANCHOR_OF[CurveKind.BEZIER if segment.kind.degree else segment.kind]
            kind = PointKind.LAST_ANCHOR if is_last else PointKind.RED_ANCHOR if is_joint else kind
            share = (place + 1 - first) / (count - 1)
            place = builder.add(kind, slider.time_ms + share * slide_ms, slider.time_ms, point, index, share)
        segments.append((segment.kind, np.arange(start, place + 1)))
    end_ms = slider.time_ms + duration_ms
    last = slider.segments[-1].points[-1]
    end = builder.add(slider_end_kind(slider.slides), end_ms, slider.time_ms, last, index, 1.0)
    builder.paths.append(segments)
    builder.lengths.append(slider.length_px)
    builder.ends.append(end)


def _move_segments(slider: Slider, positions: np.ndarray, first: int) -> list[PathSegment]:
    if not has_free_path(slider):
        dx, dy = float(positions[first][0] - slider.x), float(positions[first][1] - slider.y)
        return [replace(s, points=[(x + dx, y + dy) for x, y in s.points]) for s in slider.segments]
    segments = []
    for segment in slider.segments:
        last = first + len(segment.points) - 1
        segments.append(replace(segment, points=[(float(x), float(y)) for x, y in positions[first : last + 1]]))
        first = last
    return segments
