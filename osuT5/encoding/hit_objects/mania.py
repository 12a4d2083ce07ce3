"""Notes and hold notes of mania <-> events."""

from __future__ import annotations

from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, Circle, HitObject, HoldNote
from osuT5.encoding.hit_objects.circles import object_sound
from osuT5.encoding.hit_objects.hitsounds import read_sounds
from osuT5.encoding.hit_objects.object_drafts import Draft, first_sound, sample_of
from osuT5.encoding.hit_objects.positions import column_x
from osuT5.encoding.writer import GroupWriter
from osuT5.tokens.events import EventGroup, EventKind

# ---- encoding ----


def encode_note(writer: GroupWriter, note: Circle) -> list[EventGroup]:
    return [_start(writer, EventKind.CIRCLE, note)]


def encode_hold(writer: GroupWriter, obj: HitObject, end_ms: float) -> list[EventGroup]:
    """Encode a hold note.

    It may be a slider or spinner of a mania file, which osu! plays as one.
    """
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


# ---- decoding ----


def column_of(group: EventGroup) -> int | None:
    return next((event.value for event in group.events if event.kind is EventKind.COLUMN), None)


def decode_note(group: EventGroup, key_count: int) -> Draft:
    """Decode a note.

    It may be the rest of a hold note without an end. Without a column it is in the first.
    """
    note = Circle(group.time_ms, column_x(column_of(group) or 0, key_count), PLAYFIELD_HEIGHT_PX / 2)
    _add_sound(note, group)
    return Draft(note)


def decode_hold(start: EventGroup, end: EventGroup, key_count: int) -> Draft:
    x = column_x(column_of(start) or 0, key_count)
    hold = HoldNote(start.time_ms, x, PLAYFIELD_HEIGHT_PX / 2, end_ms=end.time_ms)
    _add_sound(hold, start)
    return Draft(hold)


def _add_sound(obj: HitObject, group: EventGroup) -> None:
    """Set the sounds of a note, including its volume.

    Notes of a chord have different volumes, which no timing point could state.
    """
    sound = first_sound(read_sounds(group.events))
    obj.hitsound = sound.hitsound
    obj.sample = sample_of(sound, sound.volume or 0)
