"""Faults of a whole section: its red line or its kiai.

The red line moves with its objects or without them. Each is a function (copy, span in ms) -> the wrong section, or None
if it does not apply to the map.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from evaluation.faults.faulty_copy import FaultyCopy
from osu_beatmap.beatmap import HitObject, HoldNote, Spinner, TimingPoint
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.edits import set_kiai

BPM_ERROR = 0.005

Stretch = tuple[float, float] | None
Span = tuple[float, float]
Move = Callable[[float], float]
"""Where a time goes."""


def line_and_objects(work: FaultyCopy, span_ms: Span, by_ms: float) -> Stretch:
    """Move the longest red line and everything timed by it.

    It moves early or late.
    """
    shift = by_ms * work.rng.choice([-1.0, 1.0])
    red, end_ms = _longest(work.timing, span_ms)
    moved = _retime_section(work, red, end_ms, lambda time_ms: time_ms + shift)
    return moved if shift > -red.time_ms else None


def line_alone(work: FaultyCopy, span_ms: Span, by_ms: float) -> Stretch:
    """Move the longest red line without its objects."""
    red, end_ms = _longest(work.timing, span_ms)
    shift = by_ms * work.rng.choice([-1.0, 1.0])
    _change_line(work, red, time_ms=red.time_ms + shift)
    return red.time_ms, end_ms


def bpm_and_objects(work: FaultyCopy, span_ms: Span) -> Stretch:
    """Change the tempo by `BPM_ERROR`; objects stay on their beats.

    They thus drift off the music.
    """
    red, end_ms = _longest(work.timing, span_ms)
    factor = 1 + BPM_ERROR * float(work.rng.choice([-1.0, 1.0]))
    moved = _retime_section(work, red, end_ms, lambda time_ms: red.time_ms + (time_ms - red.time_ms) * factor)
    _change_line(work, red, beat_length_ms=red.beat_length_ms * factor)
    return moved


def bpm_alone(work: FaultyCopy, span_ms: Span) -> Stretch:
    """Change the tempo by `BPM_ERROR`; objects keep their times."""
    red, end_ms = _longest(work.timing, span_ms)
    _change_line(work, red, beat_length_ms=red.beat_length_ms * (1 + BPM_ERROR * float(work.rng.choice([-1.0, 1.0]))))
    return red.time_ms, end_ms


def downbeat_off(work: FaultyCopy, span_ms: Span) -> Stretch:
    """Move a red line by a beat; objects stay.

    Beats stay, bars begin on another.
    """
    red, end_ms = _longest(work.timing, span_ms)
    shift = red.beat_length_ms * work.rng.choice([-1.0, 1.0])
    is_first = red is work.timing.reds[0]
    if red.meter < 2 or (not is_first and shift < 0) or red.time_ms + shift >= end_ms:
        return None
    _change_line(work, red, time_ms=red.time_ms + shift)
    return red.time_ms, end_ms


def kiai_shifted(work: FaultyCopy, span_ms: Span) -> Stretch:
    """Move a kiai by a bar, early or late."""
    spans = work.timing.kiai_spans()
    inside = [number for number, (start_ms, _) in enumerate(spans) if span_ms[0] <= start_ms < span_ms[1]]
    if not inside:
        return None
    number = int(work.rng.choice(inside))
    start_ms, end_ms = spans[number]
    red = work.timing.red_at(start_ms)
    step_ms = red.beat_length_ms * max(1, red.meter) * float(work.rng.choice([-1.0, 1.0]))
    if start_ms + step_ms < 0:
        return None
    spans[number] = start_ms + step_ms, end_ms + step_ms
    work.beatmap.timing_points = set_kiai(work.beatmap.timing_points, spans)
    return start_ms + step_ms, start_ms + step_ms


def _longest(timing: Timing, span_ms: Span) -> tuple[TimingPoint, float]:
    """Return the red line active longest in the span, and its end."""
    ends_ms = [*(red.time_ms for red in timing.reds[1:]), math.inf]
    held = zip(timing.reds, ends_ms, strict=True)
    return max(held, key=lambda each: min(each[1], span_ms[1]) - max(each[0].time_ms, span_ms[0]))


def _retime_section(work: FaultyCopy, red: TimingPoint, end_ms: float, move: Move) -> Span:
    """Move everything that a red line times.

    That is itself, the green lines under it, and objects; anything that leaves its section stays.
    """
    is_first = red is work.timing.reds[0]

    def new_ms(time_ms: float) -> float:
        inside = (red.time_ms <= time_ms or is_first) and time_ms < end_ms and move(time_ms) < end_ms
        return move(time_ms) if inside else time_ms

    work.beatmap.timing_points = [replace(line, time_ms=new_ms(line.time_ms)) for line in work.beatmap.timing_points]
    for obj in work.objects:
        _retime(obj, new_ms)
    return red.time_ms, end_ms


def _retime(obj: HitObject, move: Move) -> None:
    obj.time_ms = float(round(move(obj.time_ms)))
    if isinstance(obj, Spinner | HoldNote):
        obj.end_ms = float(round(move(obj.end_ms)))


def _change_line(work: FaultyCopy, red: TimingPoint, **changes: float) -> None:
    work.beatmap.timing_points = [
        replace(line, **changes) if line.uninherited and line.time_ms == red.time_ms else line
        for line in work.beatmap.timing_points
    ]


STRETCH_FAULTS: dict[str, Callable[[FaultyCopy, Span], Stretch]] = {
    "line_and_objects_5ms": partial(line_and_objects, by_ms=5.0),
    "line_and_objects_10ms": partial(line_and_objects, by_ms=10.0),
    "line_and_objects_20ms": partial(line_and_objects, by_ms=20.0),
    "line_alone_10ms": partial(line_alone, by_ms=10.0),
    "line_alone_20ms": partial(line_alone, by_ms=20.0),
    "bpm_and_objects": bpm_and_objects,
    "bpm_alone": bpm_alone,
    "downbeat_off": downbeat_off,
    "kiai_shifted": kiai_shifted,
}
