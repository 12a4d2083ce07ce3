"""Insertion of a map's span into another map, as in the original.

Objects and lines of the span, its ends included, replace those of the given map. What holds at the start of the span is
stated by a line at the time where that line was made, even where this is before the span.
"""

from __future__ import annotations

import math
from dataclasses import replace

from osu_beatmap.beatmap import Beatmap, TimingPoint
from osuT5.encoding.file_order_timing import FileOrderTiming
from parity.assembly.lines import LineEditor

SAME_BEAT = 1e-4


def with_span(original: Beatmap, generated: Beatmap, start_ms: float = -math.inf, end_ms: float = math.inf) -> Beatmap:
    """Return the given map with the span of the made one.

    The span is from `start_ms` to `end_ms`; both maps stay unchanged.
    """

    def join(outer: list, inner: list) -> list:
        outside = [item for item in outer if not start_ms <= item.time_ms <= end_ms]
        inside = [item for item in inner if start_ms <= item.time_ms <= end_ms]
        return sorted([*outside, *inside], key=lambda item: item.time_ms)

    lines = join(original.timing_points, generated.timing_points)
    if generated.timing_points and lines:
        lines = _with_start(lines, generated.timing_points, start_ms)
    return replace(original, hit_objects=join(original.hit_objects, generated.hit_objects), timing_points=lines)


def _with_start(lines: list[TimingPoint], generated: list[TimingPoint], start_ms: float) -> list[TimingPoint]:
    """Return the lines with the made map's state at the span's start."""
    own, other = FileOrderTiming(generated), FileOrderTiming(lines)
    line, red, given_red = own.line_at(start_ms), own.red_at(start_ms), other.red_at(start_ms)
    editor = LineEditor(lines)
    editor.set_state(line.time_ms, line)
    if math.isfinite(start_ms):
        beat, given_beat = _beat_in_bar(red, start_ms), _beat_in_bar(given_red, start_ms)
        same_tempo = abs(red.beat_length_ms - given_red.beat_length_ms) <= SAME_BEAT
        if red.meter != given_red.meter or abs(beat - given_beat) > SAME_BEAT or not same_tempo:
            editor.put_red(start_ms - beat * red.beat_length_ms, red.beat_length_ms, red.meter)
    return editor.round_times(editor.all_points())


def _beat_in_bar(red: TimingPoint, time_ms: float) -> float:
    return ((time_ms - red.time_ms) / red.beat_length_ms + SAME_BEAT) % red.meter
