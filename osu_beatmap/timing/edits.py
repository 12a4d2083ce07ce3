"""Edits of timing points: slider velocity, volume and kiai.

Lookup is in `active_point`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from osu_beatmap.beatmap import EFFECT_KIAI, TimingPoint
from osu_beatmap.timing.active_point import sv_of
from osu_beatmap.timing.beat_grid import sort_lines


def set_sv(points: Sequence[TimingPoint], time_ms: float, sv: float) -> list[TimingPoint]:
    """Set slider velocity `sv` from `time_ms` to the next line."""
    lines = sort_lines(points)
    _ensure_line(lines, time_ms, must_be_green=True)
    at = bisect_right(lines, time_ms, key=_time_of) - 1
    lines[at] = replace(lines[at], beat_length_ms=-100.0 / sv)
    return lines


def with_sv_changes(points: Sequence[TimingPoint], changes: Sequence[tuple[float, float]]) -> list[TimingPoint]:
    """Set the slider velocities `changes`, (time_ms, sv) in time order.

    Lines before the first change stay. Unlike with `set_sv`, each value holds to the next change, over all lines
    between.
    """
    lines = sort_lines(points)
    for time_ms, _ in changes:
        _ensure_line(lines, time_ms, must_be_green=True)
    value_at = step_function(changes)
    for red in [line for line in lines if line.uninherited]:
        if value_at(red.time_ms, 1.0) != 1.0:  # a red line sets the velocity back to 1
            _ensure_line(lines, red.time_ms, must_be_green=True)
    return [
        line
        if line.uninherited or (sv := value_at(line.time_ms, None)) is None
        else replace(line, beat_length_ms=-100.0 / sv)
        for line in lines
    ]


def with_volume_changes(points: Sequence[TimingPoint], changes: Sequence[tuple[float, int]]) -> list[TimingPoint]:
    """Set the volumes `changes`, from the first one on.

    Each is (time_ms, volume), in time order.
    """
    lines = sort_lines(points)
    for time_ms, _ in changes:
        _ensure_line(lines, time_ms)
    value_at = step_function(changes)
    return [replace(line, volume=value_at(line.time_ms, line.volume)) for line in lines]


def set_kiai(points: Sequence[TimingPoint], spans: Sequence[tuple[float, float]]) -> list[TimingPoint]:
    """Set kiai in exactly these (start_ms, end_ms) spans.

    An end may be infinite.
    """
    lines = sort_lines(points)
    for edge_ms in {edge_ms for span in spans for edge_ms in span if math.isfinite(edge_ms)}:
        _ensure_line(lines, edge_ms)
    return [
        replace(line, effects=line.effects | EFFECT_KIAI)
        if any(start_ms <= line.time_ms < end_ms for start_ms, end_ms in spans)
        else replace(line, effects=line.effects & ~EFFECT_KIAI)
        for line in lines
    ]


def move_kiai_edge(points: Sequence[TimingPoint], from_ms: float, to_ms: float, is_start: bool) -> list[TimingPoint]:
    """Move the start or the end of a kiai time.

    Only lines between the two times change, and one is added.
    """
    lines = sort_lines(points)
    _ensure_line(lines, to_ms)
    first_ms, last_ms = min(from_ms, to_ms), max(from_ms, to_ms)
    is_on = is_start == (to_ms < from_ms)  # between the two times
    return [
        replace(line, effects=line.effects | EFFECT_KIAI if is_on else line.effects & ~EFFECT_KIAI)
        if first_ms <= line.time_ms < last_ms
        else (_set_kiai(line, is_start) if line.time_ms == to_ms else line)
        for line in lines
    ]


def _set_kiai(line: TimingPoint, is_start: bool) -> TimingPoint:
    """Return a line as it is from a moved kiai edge on.

    A kiai time starts or ends between the two edges.
    """
    return replace(line, effects=line.effects | EFFECT_KIAI if is_start else line.effects & ~EFFECT_KIAI)


def drop_redundant(points: Sequence[TimingPoint]) -> list[TimingPoint]:
    """Drop ineffective green lines, and lines replaced at the same time."""
    lines = sort_lines(points)
    kept: list[TimingPoint] = []
    state = None
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        if following and (line.time_ms, line.uninherited) == (following.time_ms, following.uninherited):
            continue
        line_state = (sv_of(line), line.volume, line.sample_set, line.sample_index, line.kiai)
        if line.uninherited or line_state != state or math.isnan(line.beat_length_ms):
            kept.append(line)
            state = line_state
    return kept


def step_function(changes: Sequence[tuple[float, float]]):
    """Return the step function of changes.

    It maps (time_ms, value before) to the value of the last change up to then.
    """
    times = [time_ms for time_ms, _ in changes]
    assert times == sorted(times), "changes must be in time order"

    def value_at(time_ms: float, before):
        index = bisect_right(times, time_ms) - 1
        return before if index < 0 else changes[index][1]

    return value_at


def _time_of(line: TimingPoint) -> float:
    return line.time_ms


def _ensure_line(lines: list[TimingPoint], time_ms: float, must_be_green: bool = False) -> None:
    """Insert a green copy of the active line unless a line exists.

    The new line is at `time_ms`.
    """
    assert lines, "there is no line to copy from"
    end = bisect_right(lines, time_ms, key=_time_of)
    is_there = end > 0 and lines[end - 1].time_ms == time_ms
    if is_there and not (must_be_green and lines[end - 1].uninherited):
        return
    in_force = lines[max(0, end - 1)]
    # Before the first line nothing is in force but that line's sound.
    sv = sv_of(in_force) if end else 1.0
    effects = in_force.effects & EFFECT_KIAI if end else 0
    green = replace(in_force, time_ms=time_ms, beat_length_ms=-100.0 / sv, uninherited=False, effects=effects)
    lines.insert(end, green)
