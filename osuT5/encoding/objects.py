"""Circles, sliders and spinners of standard and catch <-> events."""

from __future__ import annotations

from collections.abc import Iterator

from osu_beatmap.model import Circle, CurveKind, HitObject, PathSegment, Point, Slider, SliderEdge, Spinner
from osu_beatmap.slider_path import SliderPath
from osu_beatmap.timing import slider_duration_ms
from osuT5.encoding.hitsounds import Sound
from osuT5.encoding.scroll_speed import object_speed_events
from osuT5.encoding.writer import GroupWriter
from osuT5.events import EventGroup, EventKind

MAX_ANCHORS = 98
"""Sliders with more are written as that many straight pieces would be: no window holds a path of any size."""

THINNED_PIECES = 32

_BODY_DELAY_MS = 1.0
"""How long after its head the body of a slider takes its volume from the timing lines."""

_ANCHOR_KINDS = {
    CurveKind.LINEAR: EventKind.RED_ANCHOR,
    CurveKind.BEZIER: EventKind.BEZIER_ANCHOR,
    CurveKind.PERFECT: EventKind.PERFECT_ANCHOR,
    CurveKind.CATMULL: EventKind.CATMULL_ANCHOR,
}


# ---- encoding ----


def encode_circle(writer: GroupWriter, circle: Circle) -> list[EventGroup]:
    parts = (
        writer.time(circle.time_ms),
        writer.place((circle.x, circle.y)),
        writer.combo(circle.new_combo),
        writer.sound(object_sound(circle), circle.time_ms),
    )
    return [writer.group(EventKind.CIRCLE, circle.time_ms, *parts)]


def encode_spinner(writer: GroupWriter, spinner: Spinner) -> list[EventGroup]:
    start_ms, end_ms = spinner.time_ms, spinner.end_ms
    sound = writer.sound(object_sound(spinner), end_ms)
    writer.forget_place()
    return [
        writer.group(EventKind.SPINNER, start_ms, writer.time(start_ms)),
        *writer.sustains(EventKind.SPINNER_SUSTAIN, start_ms, end_ms),
        writer.group(EventKind.SPINNER_END, end_ms, writer.time(end_ms), sound),
    ]


def encode_slider(writer: GroupWriter, slider: Slider) -> list[EventGroup]:
    slides = max(1, slider.slides)
    slide_ms = slider_duration_ms(slider, writer.timing, writer.beatmap.difficulty) / slides
    first_end_ms = slider.time_ms + slide_ms
    end_ms = slider.time_ms + slides * slide_ms
    groups = [_slider_head(writer, slider), *_path_groups(writer, slider)]
    last_point = slider.segments[-1].points[-1]
    end_parts = [writer.time(first_end_ms)]
    if writer.spec.slider_layout == 2:
        groups.append(writer.group(EventKind.LAST_ANCHOR, slider.time_ms, writer.place(last_point)))
        groups += writer.sustains(EventKind.SLIDER_SUSTAIN, slider.time_ms, first_end_ms)
    else:
        end_parts.append(writer.place(last_point))
    end_parts.append(writer.sound(object_sound(slider), slider.time_ms + _BODY_DELAY_MS))
    for number in range(1, slides):
        end_parts.append(writer.sound(_edge_sound(slider, number), slider.time_ms + number * slide_ms))
    groups.append(writer.group(EventKind.LAST_ANCHOR, first_end_ms, *end_parts))
    groups += writer.sustains(EventKind.SLIDER_REPEAT_SUSTAIN, first_end_ms, end_ms)
    slider_end_parts = (
        writer.time(end_ms),
        writer.place(SliderPath(slider.segments, slider.length_px).end),
        writer.sound(_edge_sound(slider, slides), end_ms),
    )
    groups.append(writer.group(EventKind.SLIDER_END, end_ms, *slider_end_parts))
    return groups


def object_sound(obj: HitObject) -> Sound:
    """How the object as a whole sounds: a circle, or the body of a slider."""
    sample = obj.sample
    return Sound(obj.hitsound, sample.normal_set, sample.addition_set, sample.volume or None)


def _edge_sound(slider: Slider, number: int) -> Sound:
    edge = slider.edges[number] if number < len(slider.edges) else SliderEdge(slider.hitsound)
    return Sound(edge.hitsound, edge.normal_set, edge.addition_set)


def _slider_head(writer: GroupWriter, slider: Slider) -> EventGroup:
    parts = (
        writer.time(slider.time_ms),
        writer.place((slider.x, slider.y)),
        writer.combo(slider.new_combo),
        object_speed_events(writer, slider.time_ms),
        writer.sound(_edge_sound(slider, 0), slider.time_ms),
    )
    return writer.group(EventKind.SLIDER_HEAD, slider.time_ms, *parts)


def _path_groups(writer: GroupWriter, slider: Slider) -> list[EventGroup]:
    """The anchors between the head and the end of the path."""
    anchors = list(_anchors(slider.segments))
    if len(anchors) > MAX_ANCHORS:
        path = SliderPath(slider.segments)
        anchors = [
            (EventKind.RED_ANCHOR, path.position_at(piece / THINNED_PIECES)) for piece in range(1, THINNED_PIECES)
        ]
    return [writer.group(kind, slider.time_ms, writer.place(point)) for kind, point in anchors]


def _anchors(segments: list[PathSegment]) -> Iterator[tuple[EventKind, Point]]:
    for index, segment in enumerate(segments):
        for point in segment.points[1:-1]:
            yield _ANCHOR_KINDS[segment.kind], point
        if index + 1 < len(segments):
            yield EventKind.RED_ANCHOR, segment.points[-1]
