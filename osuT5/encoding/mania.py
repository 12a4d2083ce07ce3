"""Notes and hold notes of mania <-> events."""

from __future__ import annotations

from osu_beatmap.model import Circle, HitObject
from osuT5.encoding.objects import object_sound
from osuT5.encoding.writer import GroupWriter
from osuT5.events import EventGroup, EventKind


def encode_note(writer: GroupWriter, note: Circle) -> list[EventGroup]:
    return [_start(writer, EventKind.CIRCLE, note)]


def encode_hold(writer: GroupWriter, obj: HitObject, end_ms: float) -> list[EventGroup]:
    """A hold note, or a slider or spinner of a mania file, which osu! plays as one."""
    column = writer.place((obj.x, obj.y))
    return [
        _start(writer, EventKind.HOLD_NOTE, obj),
        *writer.sustains(EventKind.HOLD_NOTE_SUSTAIN, obj.time_ms, end_ms, column),
        writer.group(EventKind.HOLD_NOTE_END, end_ms, writer.time(end_ms), column),
    ]


def _start(writer: GroupWriter, kind: EventKind, obj: HitObject) -> EventGroup:
    parts = (
        writer.time(obj.time_ms),
        writer.place((obj.x, obj.y)),
        writer.sound(object_sound(obj), obj.time_ms),
    )
    return writer.group(kind, obj.time_ms, *parts)
