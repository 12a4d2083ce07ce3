"""Conversion between events and points, as in the original's refinement.

The default path refines a beatmap (`pipeline.generation.refinement`), which needs no events. The original refines
events before they become a map. Some of the events' values are in no beatmap: stated distances, anchors with times.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from osu_beatmap.beatmap import CurveKind, Point, TimingPoint
from osu_beatmap.timing.active_point import PX_PER_BEAT
from osu_diffusion.points import PointKind, slider_end_kind
from osuT5.encoding.hit_objects.positions import CENTRE
from osuT5.tokens.events import TYPE_KINDS, Event, EventKind
from parity.event_stream import EventStream
from parity.refiner_sampling import OriginalPoints, OriginalSlider

POINT_KINDS = {
    EventKind.CIRCLE: PointKind.CIRCLE,
    EventKind.SPINNER: PointKind.SPINNER,
    EventKind.SPINNER_END: PointKind.SPINNER_END,
    EventKind.SLIDER_HEAD: PointKind.SLIDER_HEAD,
    EventKind.BEZIER_ANCHOR: PointKind.BEZIER_ANCHOR,
    EventKind.PERFECT_ANCHOR: PointKind.PERFECT_ANCHOR,
    EventKind.CATMULL_ANCHOR: PointKind.CATMULL_ANCHOR,
    EventKind.RED_ANCHOR: PointKind.RED_ANCHOR,
    EventKind.LAST_ANCHOR: PointKind.LAST_ANCHOR,
    EventKind.SLIDER_END: PointKind.SLIDER_END_1,
}

WITH_COMBO = (EventKind.CIRCLE, EventKind.SLIDER_HEAD)
CURVES = {EventKind.PERFECT_ANCHOR: CurveKind.PERFECT, EventKind.CATMULL_ANCHOR: CurveKind.CATMULL}
ANCHORS = (EventKind.BEZIER_ANCHOR, EventKind.RED_ANCHOR, *CURVES)
PLACE_KINDS = (EventKind.POSITION_X, EventKind.POSITION_Y)


@dataclass(slots=True)
class _Part:
    """Events that belong together: what they are, when, and their indices."""

    kind: EventKind
    time_ms: int
    values: dict[EventKind, int]
    indices: list[int]


@dataclass(frozen=True, slots=True)
class PointsOfEvents:
    """`point_of` [events]: the index of the point that an event belongs to."""

    points: OriginalPoints
    point_of: np.ndarray


def points_of_events(
    stream: EventStream, types_first: bool, lines: Sequence[TimingPoint], slider_multiplier: float
) -> PointsOfEvents:
    """Return the points of a stream with positions in whole pixels.

    A position with a 0 in it counts as missing and becomes the centre; a distance of 0 is recomputed.
    """
    rows: list[tuple[PointKind, int, Point, float]] = []
    point_of = np.zeros(len(stream.events), dtype=np.int64)
    head_ms = last_anchor_ms = 0
    last_place: Point = CENTRE
    waiting: list[int] = []
    parts = list(_parts(stream, types_first))
    for part in parts:
        waiting += part.indices
        if part.kind not in POINT_KINDS:
            continue
        kind = POINT_KINDS[part.kind] + (part.kind in WITH_COMBO and EventKind.NEW_COMBO in part.values)
        if part.kind is EventKind.SLIDER_END:
            slide_ms = last_anchor_ms - head_ms
            slides = max(round((part.time_ms - head_ms) / slide_ms), 1) if slide_ms > 0 else 1
            kind = slider_end_kind(slides)
        elif part.kind is EventKind.SLIDER_HEAD:
            head_ms = part.time_ms
        elif part.kind is EventKind.LAST_ANCHOR:
            last_anchor_ms = part.time_ms
        x, y = (part.values.get(axis, 0) for axis in PLACE_KINDS)
        place = (float(x), float(y)) if x and y else CENTRE
        distance_px = part.values.get(EventKind.DISTANCE, 0) or math.dist(place, last_place)
        point_of[waiting] = len(rows)
        waiting = []
        rows.append((PointKind(kind), part.time_ms, place, float(distance_px)))
        last_place = place
    point_of[waiting] = max(len(rows) - 1, 0)
    kinds, times, places, distances = zip(*rows, strict=True) if rows else ((), (), (), ())
    points = OriginalPoints(
        positions_px=np.array(places, dtype=np.float32).reshape(-1, 2),
        times_ms=np.array(times, dtype=np.float64),
        distances_px=np.array(distances, dtype=np.float32),
        kinds=np.array(kinds, dtype=np.int64),
        sliders=list(_sliders(parts, point_of, lines, slider_multiplier)),
    )
    return PointsOfEvents(points, point_of)


def with_refined_places(
    events: Sequence[Event], point_of: np.ndarray, positions_px: np.ndarray, rounded: bool = True
) -> list[Event]:
    """Return the events with refined positions.

    They are in whole pixels if `rounded`. A distance becomes a position too, so most positions are stated twice.
    """
    refined: list[Event] = []
    for event, point in zip(events, point_of, strict=True):
        x, y = (round(float(value)) if rounded else float(value) for value in positions_px[point])
        if event.kind is EventKind.DISTANCE:
            refined += [Event(EventKind.POSITION_X, x), Event(EventKind.POSITION_Y, y)]
        elif event.kind in PLACE_KINDS:
            refined.append(Event(event.kind, x if event.kind is EventKind.POSITION_X else y))
        else:
            refined.append(event)
    return refined


def _parts(stream: EventStream, types_first: bool) -> Iterator[_Part]:
    """Yield groups of events; their type comes first or last.

    Remaining events belong to the last group.
    """
    part, values, indices = None, {}, []
    for index, (event, time_ms) in enumerate(zip(stream.events, stream.times_ms, strict=True)):
        if types_first and event.kind in TYPE_KINDS and part is not None:
            yield part
            values, indices = {}, []
        values[event.kind] = event.value
        indices.append(index)
        if event.kind in TYPE_KINDS:
            part = _Part(event.kind, time_ms, values, indices)
            if not types_first:
                yield part
                values, indices = {}, []
    if types_first and part is not None:
        yield part


def _sliders(
    parts: Sequence[_Part], point_of: np.ndarray, lines: Sequence[TimingPoint], slider_multiplier: float
) -> Iterator[OriginalSlider]:
    head, last = None, None
    control: list[tuple[CurveKind, int]] = []
    for part in parts:
        place = int(point_of[part.indices[0]])
        if part.kind is EventKind.SLIDER_HEAD:
            head, last, control = part, None, [(CurveKind.BEZIER, place)]
        elif part.kind in ANCHORS:
            control += [(CURVES.get(part.kind, CurveKind.BEZIER), place)] * (1 + (part.kind is EventKind.RED_ANCHOR))
        elif part.kind is EventKind.LAST_ANCHOR:
            control.append((CurveKind.BEZIER, place))
            last = part
        elif part.kind is EventKind.SLIDER_END and head is not None and last is not None:
            if EventKind.SCROLL_SPEED in head.values:
                speed = head.values[EventKind.SCROLL_SPEED] / 100
                beats = (last.time_ms - head.time_ms) / _beat_length_ms(lines, head.time_ms)
                length_px = speed * beats * PX_PER_BEAT * slider_multiplier
                yield OriginalSlider(np.array([index for _, index in control]), place, control[1][0], length_px)
            head, last, control = None, None, []


def _beat_length_ms(lines: Sequence[TimingPoint], time_ms: float) -> float:
    """Return the beat length of the last red line before a time.

    Lines are in the order of the file; without one, the first line counts.
    """
    reds = [line for line in lines if line.uninherited]
    return next((line.beat_length_ms for line in reversed(reds) if line.time_ms <= time_ms), reds[0].beat_length_ms)
