"""Slider velocity and scroll speed <-> events.

Objects of standard, catch and taiko carry the velocity at their time. Mania has a context of its own: changes of
the scroll speed as seen, that is, with the share that tempo changes have in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from osu_beatmap.beatmap import Beatmap, HoldNote, TimingPoint
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.edits import with_sv_changes
from osuT5.encoding.main_tempo import main_beat_ms, whole_seconds_ms
from osuT5.encoding.writer import GroupWriter
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import Event, EventGroup, EventKind

MIN_SPEED, MAX_SPEED = 0.01, 10.0
"""Taiko and mania scroll this slowly and this fast; sliders stop at 0.1."""

_SAME_SPEED = 1e-3


def line_speed(line: TimingPoint | None) -> float:
    """Return the multiplier that a line sets, otherwise 1."""
    if line is None or line.uninherited or math.isnan(line.beat_length_ms) or line.beat_length_ms >= 0:
        return 1.0
    return min(max(-100.0 / line.beat_length_ms, MIN_SPEED), MAX_SPEED)


def speed_event(multiplier: float, spec: EncodingSpec) -> Event:
    percent = min(max(multiplier, MIN_SPEED), MAX_SPEED) * 100
    return Event(EventKind.SCROLL_SPEED, round(percent / spec.scroll_speed_step_percent))


def object_speed_events(writer: GroupWriter, time_ms: float) -> list[Event]:
    """Return the events of an object's velocity."""
    if not writer.spec.scroll_speeds:
        return []
    return [speed_event(line_speed(writer.timing.green_at(time_ms)), writer.spec)]


def read_speed(events: Sequence[Event], spec: EncodingSpec) -> float | None:
    """Return the multiplier of a group, or None.

    A multiplier of 0 (slower than its step) counts as none.
    """
    for event in events:
        if event.kind is EventKind.SCROLL_SPEED and event.value > 0:
            return min(max(event.value * spec.scroll_speed_step_percent / 100, MIN_SPEED), MAX_SPEED)
    return None


def encode_scroll_speeds(writer: GroupWriter) -> list[EventGroup]:
    """Return a group for every change of the scroll speed.

    The speed is relative to the beat length that lasts longest.
    """
    beatmap, timing = writer.beatmap, writer.timing
    if writer.quirks.whole_seconds:
        longest_ms = main_beat_ms(timing.points, whole_seconds_ms(_last_note_ms(beatmap)))
    else:
        longest_ms = longest_beat_length_ms(timing, _last_note_ms(beatmap))
    groups = []
    last_speed = None
    for line, following in zip(timing.points, [*timing.points[1:], None], strict=True):
        if following is not None and following.time_ms <= line.time_ms:
            continue
        speed = line_speed(line)
        if writer.quirks.free_scroll_speeds and not line.uninherited:
            speed = -100.0 / line.beat_length_ms
        speed *= longest_ms / timing.red_at(line.time_ms).beat_length_ms
        if last_speed is None or abs(speed - last_speed) > _SAME_SPEED:
            part = [speed_event(speed, writer.spec)]
            groups.append(writer.group(EventKind.SCROLL_SPEED_CHANGE, line.time_ms, writer.time(line.time_ms), part))
        last_speed = speed
    return groups


def decode_scroll_speeds(
    changes: Sequence[tuple[float, float]], points: Sequence[TimingPoint], last_note_ms: float
) -> list[TimingPoint]:
    """Add (time_ms, visible speed) changes as green lines.

    They are in time order. A change of tempo after a change of speed needs a green line too, which keeps the visible
    speed.
    """
    if not changes:
        return list(points)
    timing = Timing(points)
    longest_ms = longest_beat_length_ms(timing, last_note_ms)
    first_ms = changes[0][0]
    tempo_changes = [red.time_ms for red in timing.reds if red.time_ms > first_ms]
    speed_at = dict(changes)
    written = []
    speed = 1.0
    for time_ms in sorted({*speed_at, *tempo_changes}):
        speed = speed_at.get(time_ms, speed)
        multiplier = speed * timing.red_at(time_ms).beat_length_ms / longest_ms
        written.append((time_ms, min(max(multiplier, MIN_SPEED), MAX_SPEED)))
    return with_sv_changes(points, written)


def longest_beat_length_ms(timing: Timing, end_ms: float) -> float:
    """Return the beat length of the tempo active longest up to `end_ms`.

    osu! chooses a map's base tempo in this way. The first red line counts from the song's start on.
    """
    durations_ms: dict[float, float] = {}
    for index, red in enumerate(timing.reds):
        start_ms = red.time_ms if index else 0.0
        next_ms = timing.reds[index + 1].time_ms if index + 1 < len(timing.reds) else end_ms
        duration_ms = max(0.0, min(next_ms, end_ms) - start_ms)
        durations_ms[red.beat_length_ms] = durations_ms.get(red.beat_length_ms, 0.0) + duration_ms
    return max(durations_ms, key=lambda beat_ms: durations_ms[beat_ms])


def _last_note_ms(beatmap: Beatmap) -> float:
    ends = (obj.end_ms if isinstance(obj, HoldNote) else obj.time_ms for obj in beatmap.hit_objects)
    return max(ends, default=0.0)
