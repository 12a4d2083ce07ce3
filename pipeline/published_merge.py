"""Part of a map into another one, as the published program adds what it generated to a reference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from osu_beatmap.model import Beatmap, TimingPoint
from osuT5.encoding.published_lines import LineEditor

_COUNT_SLACK_BEATS = 1e-4


def merge_as_published(generated: Beatmap, reference: Beatmap, start_ms: float | None, end_ms: float | None) -> Beatmap:
    """The reference with the objects and lines of `generated` between two times, both included, in place of its own.

    What held at the start in `generated` is stated at the line that stated it there. Its tempo is stated where it
    differs, or where the bars would not meet.
    """
    first_ms = -math.inf if start_ms is None else start_ms
    last_ms = math.inf if end_ms is None else end_ms
    merged = replace(
        reference,
        hit_objects=_replaced(reference.hit_objects, generated.hit_objects, first_ms, last_ms),
        timing_points=_replaced(reference.timing_points, generated.timing_points, first_ms, last_ms),
    )
    if merged.timing_points and generated.timing_points and start_ms is not None:
        merged.timing_points = _with_state(merged.timing_points, generated.timing_points, start_ms)
    return merged


def _replaced(own: Sequence, other: Sequence, first_ms: float, last_ms: float) -> list:
    outside = [item for item in own if not first_ms <= item.time_ms <= last_ms]
    inside = [item for item in other if first_ms <= item.time_ms <= last_ms]
    return sorted([*outside, *inside], key=lambda item: item.time_ms)


def _with_state(lines: list[TimingPoint], generated: Sequence[TimingPoint], start_ms: float) -> list[TimingPoint]:
    line, red, own_red = _line_at(generated, start_ms), _red_at(generated, start_ms), _red_at(lines, start_ms)
    editor = LineEditor(lines)
    editor.set_state(line.time_ms, line)
    count, own_count = _beats_into_bar(red, start_ms), _beats_into_bar(own_red, start_ms)
    if (
        red.meter != own_red.meter
        or abs(count - own_count) > _COUNT_SLACK_BEATS
        or abs(red.beat_length_ms - own_red.beat_length_ms) > _COUNT_SLACK_BEATS
    ):
        editor.set_tempo(start_ms - count * red.beat_length_ms, red)
    return editor.points()


def _line_at(lines: Sequence[TimingPoint], time_ms: float) -> TimingPoint:
    return next((line for line in reversed(lines) if line.time_ms <= time_ms), lines[0])


def _red_at(lines: Sequence[TimingPoint], time_ms: float) -> TimingPoint:
    """The red line that holds at a time; before the first, the first."""
    reds = [line for line in lines if line.uninherited]
    return _line_at(reds, time_ms) if reds else lines[0]


def _beats_into_bar(red: TimingPoint, time_ms: float) -> float:
    return ((time_ms - red.time_ms) / red.beat_length_ms + _COUNT_SLACK_BEATS) % red.meter
