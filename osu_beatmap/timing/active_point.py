"""Timing arithmetic: which line is active, the beat grid, snapping, and edits of the lines.

A *line* is one entry of [TimingPoints]: red (uninherited, sets the tempo) or green (inherited, sets slider
velocity). Both state volume, sample bank and kiai anew. Of a red and a green line at one time the green one
is the later, whatever their order in the file. Times are float ms and never rounded here.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from osu_beatmap.beatmap import EFFECT_KIAI, Difficulty, HitObject, HoldNote, Slider, Spinner, TimingPoint
from osu_beatmap.errors import BeatmapError

DIVISORS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16)
"""Beat divisors that the ranking criteria accept as snapped."""

UNSNAPPED_MS = 2.0
"""An object this far from a tick, or farther, is not on it."""

MIN_BEAT_LENGTH_MS, MAX_BEAT_LENGTH_MS = 6.0, 60_000.0
"""The range to which osu! clamps the beat length of a red line."""

MIN_SLIDER_MULTIPLIER, MAX_SLIDER_MULTIPLIER = 0.4, 3.6
"""The range to which osu! clamps the slider multiplier of a map."""

PX_PER_BEAT = 100.0
"""Slider travel in one beat at slider multiplier 1 and slider velocity 1."""

REPLACED_BEAT_FRACTION = 0.1
"""A beat less than this part of a beat before the next red line is that line's own first beat."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A beat of the grid. `in_bar` is 0 on a downbeat; `starts_point` marks the start of a red line."""

    time_ms: float
    in_bar: int
    starts_point: bool


def in_line_order(points: Iterable[TimingPoint]) -> list[TimingPoint]:
    """The lines by time, a red one before a green one at the same time, otherwise in their given order."""
    return sorted(points, key=lambda point: (point.time_ms, not point.uninherited))


def sv_of(point: TimingPoint) -> float:
    """Slider velocity multiplier that a line sets: 1 for red lines and for green ones that hold NaN."""
    return 1.0 if math.isnan(point.beat_length_ms) else point.sv_multiplier


class Timing:
    """Lookup over the timing lines of one beatmap; later changes of the given list go unnoticed.

    Raises BeatmapError without a red line, or with a time or tempo that is not a finite number.
    """

    def __init__(self, points: Sequence[TimingPoint]) -> None:
        self.points = in_line_order(points)
        self.reds = [point for point in self.points if point.uninherited]
        if not self.reds:
            raise BeatmapError("the beatmap has no red timing line, so it has no tempo")
        if not all(math.isfinite(point.time_ms) for point in self.points):
            raise BeatmapError("a timing line has a time that is not a finite number")
        if not all(math.isfinite(red.beat_length_ms) for red in self.reds):
            raise BeatmapError("a red timing line has a beat length that is not a finite number")
        self._times = [point.time_ms for point in self.points]
        self._red_times = [red.time_ms for red in self.reds]

    def red_at(self, time_ms: float) -> TimingPoint:
        """The red line active at a time; before the first one, the first one."""
        return self.reds[self._red_index(time_ms)]

    def green_at(self, time_ms: float) -> TimingPoint | None:
        """The green line in force at a time; None where a red line has come since, or none has come yet."""
        index = bisect_right(self._times, time_ms) - 1
        if index < 0 or self.points[index].uninherited:
            return None
        return self.points[index]

    def line_at(self, time_ms: float) -> TimingPoint:
        """The last line of either kind; before the first one, the first one, as osu! takes it for samples."""
        return self.points[max(0, bisect_right(self._times, time_ms) - 1)]

    def sv_at(self, time_ms: float) -> float:
        """Slider velocity multiplier, 0.1..10."""
        green = self.green_at(time_ms)
        return 1.0 if green is None else sv_of(green)

    def volume_at(self, time_ms: float) -> int:
        return self.line_at(time_ms).volume

    def sample_set_at(self, time_ms: float) -> int:
        """Sample bank of the active line, AUTO where it leaves that to the beatmap."""
        return self.line_at(time_ms).sample_set

    def kiai_at(self, time_ms: float) -> bool:
        """Whether a time is in kiai; never before the first line."""
        return time_ms >= self._times[0] and self.line_at(time_ms).kiai

    def kiai_spans(self) -> list[tuple[float, float]]:
        """From when to when kiai lasts, in time order; one that nothing ends lasts for ever."""
        spans = []
        start_ms: float | None = None
        for line, following in zip(self.points, [*self.points[1:], None], strict=True):
            if following is not None and following.time_ms <= line.time_ms:
                continue  # of several lines at one time the last one decides
            if line.kiai and start_ms is None:
                start_ms = line.time_ms
            elif not line.kiai and start_ms is not None:
                spans.append((start_ms, line.time_ms))
                start_ms = None
        return spans if start_ms is None else [*spans, (start_ms, math.inf)]

    def beat_length_at(self, time_ms: float) -> float:
        """Milliseconds per beat, clamped to the range that osu! plays."""
        return _played_beat_length_ms(self.red_at(time_ms))

    def beat_position(self, time_ms: float) -> float:
        """Beats since the active red line; negative before the first one."""
        red = self.red_at(time_ms)
        return (time_ms - red.time_ms) / _played_beat_length_ms(red)

    def beats(self, start_ms: float, end_ms: float) -> list[Beat]:
        """Beats with start_ms <= time < end_ms, in time order; there are none before the first red line.

        Where a red line comes a moment after a beat of the one before (songs of changing tempo, rounded
        times), only the new line's beat counts.
        """
        beats: list[Beat] = []
        first = max(0, bisect_right(self._red_times, start_ms) - 1)
        for index in range(first, len(self.reds)):
            red = self.reds[index]
            if red.time_ms >= end_ms:
                break
            beats += self._beats_of_red(index, max(start_ms, red.time_ms), end_ms)
        return beats

    def snap(self, time_ms: float, divisor: int) -> float:
        """The nearest tick of 1/divisor of the active red line; the next red line bounds it and is a tick."""
        index = self._red_index(time_ms)
        red = self.reds[index]
        step_ms = _played_beat_length_ms(red) / divisor
        tick_ms = red.time_ms + round((time_ms - red.time_ms) / step_ms) * step_ms
        next_ms = self._next_red_ms(index)
        return next_ms if abs(next_ms - time_ms) <= abs(tick_ms - time_ms) or tick_ms > next_ms else tick_ms

    def best_divisor(
        self, time_ms: float, tolerance_ms: float = UNSNAPPED_MS, divisors: Sequence[int] = DIVISORS
    ) -> int:
        """The smallest divisor with a tick less than `tolerance_ms` away; 0 when there is none."""
        for divisor in sorted(divisors):
            if abs(self.snap(time_ms, divisor) - time_ms) < tolerance_ms:
                return divisor
        return 0

    def _red_index(self, time_ms: float) -> int:
        return max(0, bisect_right(self._red_times, time_ms) - 1)

    def _next_red_ms(self, red_index: int) -> float:
        return self._red_times[red_index + 1] if red_index + 1 < len(self.reds) else math.inf

    def _beats_of_red(self, red_index: int, start_ms: float, end_ms: float) -> list[Beat]:
        red = self.reds[red_index]
        beat_ms = _played_beat_length_ms(red)
        end_ms = min(end_ms, self._next_red_ms(red_index) - REPLACED_BEAT_FRACTION * beat_ms)
        meter = max(1, red.meter)
        beats = []
        # Every beat is counted from the line, not from its neighbour, so that no rounding error adds up.
        number = max(0, math.ceil((start_ms - red.time_ms) / beat_ms - 1e-9))
        while (time_ms := red.time_ms + number * beat_ms) < end_ms:
            beats.append(Beat(time_ms, number % meter, number == 0))
            number += 1
        return beats


def slider_velocity_px_per_ms(time_ms: float, timing: Timing, difficulty: Difficulty) -> float:
    """Speed of a slider ball of a slider that starts at a time.

    Source: the wiki page "Slider velocity": one beat covers 100 px * slider multiplier * SV.
    """
    multiplier = min(MAX_SLIDER_MULTIPLIER, max(MIN_SLIDER_MULTIPLIER, difficulty.slider_multiplier))
    return PX_PER_BEAT * multiplier * timing.sv_at(time_ms) / timing.beat_length_at(time_ms)


def slider_duration_ms(slider: Slider, timing: Timing, difficulty: Difficulty) -> float:
    """Duration of all slides of a slider, 0 where it has no length."""
    velocity = slider_velocity_px_per_ms(slider.time_ms, timing, difficulty)
    return max(0, slider.slides) * max(0.0, slider.length_px) / velocity


def slider_length_px(slide_duration_ms: float, time_ms: float, timing: Timing, difficulty: Difficulty) -> float:
    """Length of a slider at `time_ms` of which one slide lasts `slide_duration_ms`."""
    return slide_duration_ms * slider_velocity_px_per_ms(time_ms, timing, difficulty)


def end_time_ms(hit_object: HitObject, timing: Timing, difficulty: Difficulty) -> float:
    """When an object of any kind ends; a circle ends when it starts."""
    if isinstance(hit_object, Slider):
        return hit_object.time_ms + slider_duration_ms(hit_object, timing, difficulty)
    if isinstance(hit_object, Spinner | HoldNote):
        return max(hit_object.time_ms, hit_object.end_ms)
    return hit_object.time_ms


def set_sv(points: Sequence[TimingPoint], time_ms: float, sv: float) -> list[TimingPoint]:
    """The lines with slider velocity `sv` from `time_ms` to the next line."""
    lines = in_line_order(points)
    _ensure_line(lines, time_ms, must_be_green=True)
    at = bisect_right(lines, time_ms, key=_time_of) - 1
    lines[at] = replace(lines[at], beat_length_ms=-100.0 / sv)
    return lines


def with_sv_changes(points: Sequence[TimingPoint], changes: Sequence[tuple[float, float]]) -> list[TimingPoint]:
    """The lines with the slider velocity given by `changes`, (time_ms, sv) in time order, from the first on.

    Unlike with `set_sv` each value holds to the next change, over all lines between.
    """
    lines = in_line_order(points)
    for time_ms, _ in changes:
        _ensure_line(lines, time_ms, must_be_green=True)
    value_at = _step_function(changes)
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
    """The lines with the volume given by `changes`, (time_ms, volume) in time order, from the first on."""
    lines = in_line_order(points)
    for time_ms, _ in changes:
        _ensure_line(lines, time_ms)
    value_at = _step_function(changes)
    return [replace(line, volume=value_at(line.time_ms, line.volume)) for line in lines]


def set_kiai(points: Sequence[TimingPoint], spans: Sequence[tuple[float, float]]) -> list[TimingPoint]:
    """The lines with kiai in exactly these (start_ms, end_ms) spans, whose end may be infinite."""
    lines = in_line_order(points)
    for edge_ms in {edge_ms for span in spans for edge_ms in span if math.isfinite(edge_ms)}:
        _ensure_line(lines, edge_ms)
    return [
        replace(line, effects=line.effects | EFFECT_KIAI)
        if any(start_ms <= line.time_ms < end_ms for start_ms, end_ms in spans)
        else replace(line, effects=line.effects & ~EFFECT_KIAI)
        for line in lines
    ]


def without_redundant(points: Sequence[TimingPoint]) -> list[TimingPoint]:
    """The lines without the green ones that change nothing, or that another line of their kind replaces at once."""
    lines = in_line_order(points)
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


def _played_beat_length_ms(red: TimingPoint) -> float:
    return min(MAX_BEAT_LENGTH_MS, max(MIN_BEAT_LENGTH_MS, red.beat_length_ms))


def _step_function(changes: Sequence[tuple[float, float]]):
    """The function (time_ms, value before the first change) -> value of the last change up to then."""
    times = [time_ms for time_ms, _ in changes]
    assert times == sorted(times), "changes must be in time order"

    def value_at(time_ms: float, before):
        index = bisect_right(times, time_ms) - 1
        return before if index < 0 else changes[index][1]

    return value_at


def _time_of(line: TimingPoint) -> float:
    return line.time_ms


def _ensure_line(lines: list[TimingPoint], time_ms: float, must_be_green: bool = False) -> None:
    """Puts a line at `time_ms` into the ordered lines: a green copy of what is in force, unless a line is there."""
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
