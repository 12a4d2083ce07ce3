"""Sliders of standard and catch <-> events.

A slider is several groups: its head; an anchor for each control point between; LAST_ANCHOR, which holds the end of
the path, the end of the first slide, and the sounds of the body and of every repeat; SLIDER_END. In layout 2 the end
of the path is a LAST_ANCHOR of its own, without a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from osu_beatmap.beatmap import Point, Slider, SliderEdge
from osu_beatmap.geometry.slider_path import SliderPath, path_of
from osuT5.encoding.groups import ANCHOR_KINDS, has_time
from osuT5.encoding.hit_objects.circles import decode_circle, object_sound
from osuT5.encoding.hit_objects.coarse_sliders import (
    MAX_POINTS,
    coarse_end,
    control_points,
    encoded_duration_ms,
    whole_path_anchors,
    whole_us,
)
from osuT5.encoding.hit_objects.hitsounds import Sound, read_sounds
from osuT5.encoding.hit_objects.object_drafts import (
    AssemblyReport,
    Draft,
    PlaceReader,
    first_sound,
    has_new_combo,
    sample_of,
    volume_change,
)
from osuT5.encoding.hit_objects.positions import read_position
from osuT5.encoding.hit_objects.slider_anchors import anchors_of, segments_of
from osuT5.encoding.scroll_speed import object_speed_events, read_speed
from osuT5.encoding.writer import GroupWriter
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import EventGroup, EventKind

MAX_ANCHORS = 98
"""No window holds a path of any size: sliders with more are written as `THINNED_PIECES` straight pieces."""

THINNED_PIECES = 32

BODY_DELAY_MS = 1.0
"""How long after its head the body of a slider looks for its volume."""

BODY_VOLUME_DELAY_MS = 6.0
"""How long after an edge the volume of the body comes back: later than any line that decides the edge."""

STEP_MS = 10.0
"""The steps in which times are quantised, for telling which numbers of slides agree with the times."""

MAX_SLIDES = 9000
"""osu! refuses more."""


# ---- encoding ----


def encode_slider(writer: GroupWriter, slider: Slider) -> list[EventGroup]:
    if writer.quirks.short_paths_only and len(control_points(slider)) > MAX_POINTS:
        return []
    slides = max(1, slider.slides)
    total_ms = encoded_duration_ms(slider, writer)
    slide_ms = whole_us(total_ms / slides) if writer.quirks.whole_ms_sliders else total_ms / slides
    first_end_ms = slider.time_ms + slide_ms
    end_ms = slider.time_ms + total_ms
    groups = [_head(writer, slider), *_anchors(writer, slider, slide_ms)]
    last_point = slider.segments[-1].points[-1]
    first_end_parts = [writer.time(first_end_ms)]
    if writer.spec.slider_layout == 2:
        groups.append(writer.group(EventKind.LAST_ANCHOR, slider.time_ms, writer.place(last_point)))
        groups += writer.sustains(EventKind.SLIDER_SUSTAIN, slider.time_ms, first_end_ms)
    else:
        first_end_parts.append(writer.place(last_point))
    first_end_parts.append(writer.sound(object_sound(slider), slider.time_ms + BODY_DELAY_MS))
    for number in range(1, slides):
        first_end_parts.append(writer.sound(edge_sound(slider, number), slider.time_ms + number * slide_ms))
    groups.append(writer.group(EventKind.LAST_ANCHOR, first_end_ms, *first_end_parts))
    groups += writer.sustains(EventKind.SLIDER_REPEAT_SUSTAIN, first_end_ms, end_ms)
    end_parts = (
        writer.time(end_ms),
        writer.place(coarse_end(slider) if writer.quirks.coarse_ends else path_of(slider).end),
        writer.sound(edge_sound(slider, slides), end_ms),
    )
    groups.append(writer.group(EventKind.SLIDER_END, end_ms, *end_parts))
    return groups


def edge_sound(slider: Slider, number: int) -> Sound:
    """Return the sound of the head (0), a repeat, or the end.

    The end is the last number.
    """
    edge = slider.edges[number] if number < len(slider.edges) else SliderEdge(slider.hitsound)
    return Sound(edge.hitsound, edge.normal_set, edge.addition_set)


def _head(writer: GroupWriter, slider: Slider) -> EventGroup:
    parts = (
        writer.time(slider.time_ms),
        writer.place((slider.x, slider.y)),
        writer.combo(slider.new_combo),
        object_speed_events(writer, slider.time_ms),
        writer.sound(edge_sound(slider, 0), slider.time_ms),
    )
    return writer.group(EventKind.SLIDER_HEAD, slider.time_ms, *parts)


def _anchors(writer: GroupWriter, slider: Slider, slide_ms: float) -> Iterator[EventGroup]:
    if writer.quirks.whole_paths:
        spread_ms = slide_ms if writer.quirks.spread_anchors and writer.spec.slider_layout == 1 else 0.0
        for kind, point, share in whole_path_anchors(slider):
            yield writer.group(kind, slider.time_ms + whole_us(share * spread_ms), writer.place(point))
        return
    anchors = list(anchors_of(slider.segments))
    if len(anchors) > MAX_ANCHORS:
        path = SliderPath(slider.segments)
        anchors = [
            (EventKind.RED_ANCHOR, path.position_at(piece / THINNED_PIECES)) for piece in range(1, THINNED_PIECES)
        ]
    for kind, point in anchors:
        yield writer.group(kind, slider.time_ms, writer.place(point))


# ---- decoding ----


@dataclass
class _OpenSlider:
    head: EventGroup
    head_point: Point
    anchors: list[tuple[EventKind, Point]] = field(default_factory=list)
    last_point: Point | None = None
    first_end: EventGroup | None = None


class SliderReader:
    """Collects the groups of sliders.

    One slider's path is open at a time; the one before it may still wait for its end until the next path is
    complete, since charts have sliders that end a moment after the next one starts.
    """

    def __init__(self, spec: EncodingSpec, places: PlaceReader, report: AssemblyReport) -> None:
        self._spec = spec
        self._places = places
        self._report = report
        self._open: _OpenSlider | None = None
        self._waiting: _OpenSlider | None = None

    def read(self, group: EventGroup) -> list[Draft]:
        """Read the next group; return the sliders that it completes.

        Abandoned sliders are returned, too.
        """
        kind = group.kind
        if kind is EventKind.SLIDER_HEAD:
            return self._begin(group)
        if kind is EventKind.SLIDER_END:
            return self._end(group)
        if self._open is None or self._open.first_end is not None:
            self._report.dropped[kind] += 1
            return []
        if kind in ANCHOR_KINDS:
            if (point := self._place(group)) is not None:
                self._open.anchors.append((kind, point))
            return []
        return self._end_path(group)

    def close(self) -> list[Draft]:
        """Return the incomplete sliders at the end of the sequence."""
        drafts = [self._incomplete(slider) for slider in (self._waiting, self._open) if slider]
        self._open = self._waiting = None
        return drafts

    def _begin(self, group: EventGroup) -> list[Draft]:
        drafts = []
        if self._open is not None and self._open.first_end is not None:
            drafts = [self._waiting] if self._waiting else []
            self._waiting = self._open
        elif self._open is not None:
            drafts = [self._open]
        self._open = _OpenSlider(group, self._places.read(group))
        return [self._incomplete(slider) for slider in drafts]

    def _end_path(self, group: EventGroup) -> list[Draft]:
        slider = self._open
        if slider.last_point is None:
            slider.last_point = self._place(group)
        if not has_time(group):
            return []
        slider.first_end = group
        late, self._waiting = self._waiting, None
        return [self._incomplete(late)] if late else []

    def _end(self, group: EventGroup) -> list[Draft]:
        if self._waiting is not None:
            slider, self._waiting = self._waiting, None
        elif self._open is not None and self._open.first_end is not None:
            slider, self._open = self._open, None
        else:
            self._report.dropped[group.kind] += 1
            return []
        if read_position(group.events, self._spec) is not None:
            self._places.read(group)
        return [self._draft(slider, group)]

    def _place(self, group: EventGroup) -> Point | None:
        """Return the position of a path's part, or None.

        Parts without one are skipped.
        """
        point = read_position(group.events, self._spec)
        if point is not None:
            return self._places.read(group)
        if group.kind in ANCHOR_KINDS:
            self._report.invalid[group.kind] += 1
        return None

    def _incomplete(self, slider: _OpenSlider) -> Draft:
        self._report.incomplete[EventKind.SLIDER_HEAD] += 1
        if slider.first_end is None:
            return decode_circle(slider.head, slider.head_point)
        return self._draft(slider, None)

    def _draft(self, open_slider: _OpenSlider, end: EventGroup | None) -> Draft:
        head, first_end = open_slider.head, open_slider.first_end
        inner = read_sounds(first_end.events)
        first_ms = first_end.time_ms - head.time_ms
        total_ms = max(1, len(inner)) * first_ms if end is None else end.time_ms - head.time_ms
        if total_ms <= 0:
            self._report.invalid[EventKind.SLIDER_HEAD] += 1
            return decode_circle(head, open_slider.head_point)
        slides = slide_count(first_ms, total_ms, len(inner))
        body = first_sound(inner)
        sounds = _edge_sounds(open_slider, inner, end, slides)
        slider = Slider(
            head.time_ms,
            *open_slider.head_point,
            has_new_combo(head),
            hitsound=body.hitsound,
            sample=sample_of(body),
            segments=segments_of(open_slider.head_point, open_slider.anchors, _path_end(open_slider, end, self._spec)),
            slides=slides,
            edges=[SliderEdge(sound.hitsound, sound.normal_set, sound.addition_set) for sound in sounds],
        )
        slide_ms = total_ms / slides
        return Draft(
            slider, read_speed(head.events, self._spec), slide_ms, _volume_changes(head.time_ms, slide_ms, sounds, body)
        )


def slide_count(slide_ms: float, total_ms: float, sound_count: int) -> int:
    """Return the number of slides, from the first and total durations.

    If the number of sounds (the body's and each repeat's) matches the times up to their quantisation, it decides, since
    the quotient of short quantised times may be wrong.
    """
    if sound_count and abs(total_ms / sound_count - slide_ms) <= STEP_MS * (1 + 1 / sound_count):
        return sound_count
    return min(MAX_SLIDES, max(1, round(total_ms / slide_ms))) if slide_ms > 0 else 1


def _path_end(slider: _OpenSlider, end: EventGroup | None, spec: EncodingSpec) -> Point:
    if slider.last_point is not None:
        return slider.last_point
    point = read_position(end.events, spec) if end is not None else None
    return point if point is not None else slider.head_point


def _edge_sounds(slider: _OpenSlider, inner: list[Sound], end: EventGroup | None, slides: int) -> list[Sound]:
    """Return exactly one sound per edge; missing ones are plain."""
    head_sound = first_sound(read_sounds(slider.head.events))
    end_sound = first_sound(read_sounds(end.events)) if end is not None else Sound()
    plain = Sound(normal_set=head_sound.normal_set, addition_set=head_sound.addition_set)
    repeats = (inner[1:] + [plain] * slides)[: slides - 1]
    return [head_sound, *repeats, end_sound]


def _volume_changes(start_ms: float, slide_ms: float, edges: list[Sound], body: Sound) -> list[tuple[float, int]]:
    changes = []
    for number, edge in enumerate(edges):
        edge_ms = start_ms + number * slide_ms
        changes += volume_change(edge_ms, edge)
        if number < len(edges) - 1 and slide_ms > BODY_VOLUME_DELAY_MS:
            changes += volume_change(edge_ms + BODY_VOLUME_DELAY_MS, body)
    return changes
