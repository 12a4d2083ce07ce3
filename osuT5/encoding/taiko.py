"""Notes, drum rolls and dendens of taiko <-> events."""

from __future__ import annotations

from osu_beatmap.model import Circle, Slider, Spinner
from osu_beatmap.timing import slider_duration_ms
from osuT5.encoding.objects import object_sound
from osuT5.encoding.scroll_speed import object_speed_events
from osuT5.encoding.writer import GroupWriter
from osuT5.events import EventGroup, EventKind


def encode_note(writer: GroupWriter, note: Circle) -> list[EventGroup]:
    return [_start(writer, EventKind.CIRCLE, note)]


def encode_drumroll(writer: GroupWriter, slider: Slider) -> list[EventGroup]:
    end_ms = slider.time_ms + slider_duration_ms(slider, writer.timing, writer.beatmap.difficulty)
    return [
        _start(writer, EventKind.DRUMROLL, slider),
        *writer.sustains(EventKind.DRUMROLL_SUSTAIN, slider.time_ms, end_ms),
        writer.group(EventKind.DRUMROLL_END, end_ms, writer.time(end_ms)),
    ]


def encode_denden(writer: GroupWriter, spinner: Spinner) -> list[EventGroup]:
    return [
        _start(writer, EventKind.DENDEN, spinner),
        *writer.sustains(EventKind.DENDEN_SUSTAIN, spinner.time_ms, spinner.end_ms),
        writer.group(EventKind.DENDEN_END, spinner.end_ms, writer.time(spinner.end_ms)),
    ]


def _start(writer: GroupWriter, kind: EventKind, obj: Circle | Slider | Spinner) -> EventGroup:
    parts = (
        writer.time(obj.time_ms),
        object_speed_events(writer, obj.time_ms),
        writer.sound(object_sound(obj), obj.time_ms),
    )
    return writer.group(kind, obj.time_ms, *parts)
