"""Notes, drumrolls and swells of taiko <-> events."""

from __future__ import annotations

import math

from osu_beatmap.beatmap import (
    PLAYFIELD_HEIGHT_PX,
    PLAYFIELD_WIDTH_PX,
    Circle,
    CurveKind,
    HitObject,
    HoldNote,
    PathSegment,
    Slider,
    SliderEdge,
    Spinner,
)
from osuT5.encoding.hit_objects.circles import object_sound
from osuT5.encoding.hit_objects.coarse_sliders import encoded_duration_ms
from osuT5.encoding.hit_objects.hitsounds import read_sounds
from osuT5.encoding.hit_objects.object_drafts import Draft, first_sound, sample_of, volume_change
from osuT5.encoding.hit_objects.positions import CENTRE
from osuT5.encoding.scroll_speed import object_speed_events, read_speed
from osuT5.encoding.writer import GroupWriter
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import EventGroup, EventKind

# ---- encoding ----


def encode_note(writer: GroupWriter, note: Circle) -> list[EventGroup]:
    return [_start(writer, EventKind.CIRCLE, note)]


def encode_drumroll(writer: GroupWriter, slider: Slider) -> list[EventGroup]:
    end_ms = slider.time_ms + encoded_duration_ms(slider, writer)
    return [
        _start(writer, EventKind.DRUMROLL, slider),
        *writer.sustains(EventKind.DRUMROLL_SUSTAIN, slider.time_ms, end_ms),
        writer.group(EventKind.DRUMROLL_END, end_ms, writer.time(end_ms)),
    ]


def encode_denden(writer: GroupWriter, spinner: Spinner | HoldNote) -> list[EventGroup]:
    return [
        _start(writer, EventKind.DENDEN, spinner),
        *writer.sustains(EventKind.DENDEN_SUSTAIN, spinner.time_ms, spinner.end_ms),
        writer.group(EventKind.DENDEN_END, spinner.end_ms, writer.time(spinner.end_ms)),
    ]


def _start(writer: GroupWriter, kind: EventKind, obj: HitObject) -> EventGroup:
    parts = (
        writer.time(obj.time_ms),
        object_speed_events(writer, obj.time_ms),
        writer.sound(object_sound(obj), obj.time_ms),
    )
    return writer.group(kind, obj.time_ms, *parts)


# ---- decoding ----


def decode_note(group: EventGroup, spec: EncodingSpec) -> Draft:
    """Decode a note.

    It may be the rest of a drumroll without an end.
    """
    sound = first_sound(read_sounds(group.events))
    note = Circle(group.time_ms, *CENTRE, hitsound=sound.hitsound, sample=sample_of(sound))
    return _draft(group, note, spec)


def decode_drumroll(start: EventGroup, end: EventGroup, spec: EncodingSpec) -> Draft:
    """Decode a drumroll without a path.

    `drumroll_path` makes the path when the length is known.
    """
    sound = first_sound(read_sounds(start.events))
    edges = [SliderEdge(sound.hitsound, sound.normal_set, sound.addition_set) for _ in range(2)]
    slider = Slider(start.time_ms, *CENTRE, hitsound=sound.hitsound, sample=sample_of(sound), edges=edges)
    draft = _draft(start, slider, spec)
    draft.slide_ms = end.time_ms - start.time_ms
    return draft


def decode_denden(start: EventGroup, end: EventGroup, spec: EncodingSpec) -> Draft:
    sound = first_sound(read_sounds(start.events))
    spinner = Spinner(start.time_ms, *CENTRE, hitsound=sound.hitsound, sample=sample_of(sound), end_ms=end.time_ms)
    return _draft(start, spinner, spec)


def drumroll_path(length_px: float) -> list[PathSegment]:
    """Return the straight path of a drumroll.

    A longer one goes to and fro across the playfield.
    """
    y = PLAYFIELD_HEIGHT_PX / 2
    points = [(0.0, y)]
    for crossing in range(math.ceil(length_px / PLAYFIELD_WIDTH_PX) - 1):
        points.append((0.0 if crossing % 2 else float(PLAYFIELD_WIDTH_PX), y))
    left_px = length_px - PLAYFIELD_WIDTH_PX * (len(points) - 1)
    x = points[-1][0]
    points.append((x - left_px if x else left_px, y))
    return [PathSegment(CurveKind.LINEAR, points)]


def _draft(group: EventGroup, obj: HitObject, spec: EncodingSpec) -> Draft:
    sound = first_sound(read_sounds(group.events))
    return Draft(obj, read_speed(group.events, spec), volumes=volume_change(group.time_ms, sound))
