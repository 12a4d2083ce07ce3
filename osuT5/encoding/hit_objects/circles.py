"""Circles and spinners of standard and catch <-> events."""

from __future__ import annotations

from osu_beatmap.beatmap import Circle, HitObject, HoldNote, Point, Spinner
from osuT5.encoding.hit_objects.hitsounds import Sound, read_sounds
from osuT5.encoding.hit_objects.object_drafts import Draft, first_sound, has_new_combo, sample_of, volume_change
from osuT5.encoding.hit_objects.positions import CENTRE
from osuT5.encoding.writer import GroupWriter
from osuT5.tokens.events import EventGroup, EventKind


def object_sound(obj: HitObject) -> Sound:
    """Return the hitsound of an object: a circle or a slider's body."""
    sample = obj.sample
    return Sound(obj.hitsound, sample.normal_set, sample.addition_set, sample.volume or None)


def encode_circle(writer: GroupWriter, circle: Circle) -> list[EventGroup]:
    parts = (
        writer.time(circle.time_ms),
        writer.place((circle.x, circle.y)),
        writer.combo(circle.new_combo),
        writer.sound(object_sound(circle), circle.time_ms),
    )
    return [writer.group(EventKind.CIRCLE, circle.time_ms, *parts)]


def decode_circle(group: EventGroup, point: Point) -> Draft:
    """Return a circle at a point.

    It may be the rest of a slider with a head only; its rhythm stays.
    """
    sound = first_sound(read_sounds(group.events))
    circle = Circle(group.time_ms, *point, has_new_combo(group), hitsound=sound.hitsound, sample=sample_of(sound))
    return Draft(circle, volumes=volume_change(group.time_ms, sound))


def encode_spinner(writer: GroupWriter, spinner: Spinner | HoldNote) -> list[EventGroup]:
    start_ms, end_ms = spinner.time_ms, spinner.end_ms
    sound = writer.sound(object_sound(spinner), end_ms)
    writer.forget_place()
    return [
        writer.group(EventKind.SPINNER, start_ms, writer.time(start_ms)),
        *writer.sustains(EventKind.SPINNER_SUSTAIN, start_ms, end_ms),
        writer.group(EventKind.SPINNER_END, end_ms, writer.time(end_ms), sound),
    ]


def decode_spinner(start: EventGroup, end: EventGroup) -> Draft:
    sound = first_sound(read_sounds(end.events))
    # A spinner begins a combo whatever its line says.
    sample = sample_of(sound)
    spinner = Spinner(start.time_ms, *CENTRE, True, hitsound=sound.hitsound, sample=sample, end_ms=end.time_ms)
    return Draft(spinner, volumes=volume_change(end.time_ms, sound))
