"""Timing and events: a group for every beat.

It states whether a bar or a tempo begins with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from osu_beatmap.beatmap import HitObject, Slider
from osu_beatmap.timing.active_point import end_time_ms
from osu_beatmap.timing.beat_grid import MIN_BEAT_LENGTH_MS
from osuT5.encoding.hit_objects.coarse_sliders import encoded_duration_ms
from osuT5.encoding.writer import GroupWriter, whole_ms
from osuT5.tokens.events import Event, EventGroup, EventKind

NEXT_TEMPO_MARGIN_MS = 10.0
"""A beat this close to the next red line is left to that line."""

_LAST_OBJECT_SLACK_MS = 0.999

BEAT_KINDS = (EventKind.BEAT, EventKind.MEASURE, EventKind.TIMING_POINT)


@dataclass(frozen=True, slots=True)
class MarkedBeat:
    """A beat as the model tells of it. `starts_tempo` implies `starts_bar`."""

    time_ms: float
    starts_bar: bool
    starts_tempo: bool


def encode_timing(writer: GroupWriter, song_ms: float) -> list[EventGroup]:
    """Return the beats from the first red line to the last object.

    For a song without objects, they go to its end.
    """
    reds = writer.timing.reds
    end_ms = _last_end_ms(writer, song_ms)
    groups = []
    for red, following in zip(reds, [*reds[1:], None], strict=True):
        last_ms = end_ms if following is None else following.time_ms - NEXT_TEMPO_MARGIN_MS
        beat_ms = max(red.beat_length_ms, MIN_BEAT_LENGTH_MS)
        number = 0
        while int(time_ms := red.time_ms + number * beat_ms) <= last_ms:
            kind = _beat_kind(number, max(1, red.meter), writer.spec.timing_points)
            time_event = Event(EventKind.TIME, int(time_ms))
            if writer.quirks.whole_ms_beats:
                time_ms = int(time_ms) if number else time_ms
                time_event = Event(EventKind.TIME, whole_ms(time_ms))
            groups.append(writer.group(kind, time_ms, [time_event]))
            number += 1
    return groups


def decode_timing(groups: Iterable[EventGroup]) -> list[MarkedBeat]:
    """Return the beats in time order."""
    beats = [
        MarkedBeat(group.time_ms, group.kind is not EventKind.BEAT, group.kind is EventKind.TIMING_POINT)
        for group in groups
        if group.kind in BEAT_KINDS
    ]
    return sorted(beats, key=lambda beat: beat.time_ms)


def _beat_kind(number: int, meter: int, names_tempo_changes: bool) -> EventKind:
    if number == 0 and names_tempo_changes:
        return EventKind.TIMING_POINT
    return EventKind.MEASURE if number % meter == 0 else EventKind.BEAT


def _last_end_ms(writer: GroupWriter, song_ms: float) -> float:
    objects: Sequence = writer.beatmap.hit_objects
    if not objects:
        return song_ms
    last = objects[-1:] if writer.quirks.last_starts_last else objects
    return max(_end_ms(obj, writer) for obj in last) + _LAST_OBJECT_SLACK_MS


def _end_ms(obj: HitObject, writer: GroupWriter) -> float:
    if isinstance(obj, Slider):
        return obj.time_ms + encoded_duration_ms(obj, writer)
    return end_time_ms(obj, writer.timing, writer.beatmap.difficulty)
