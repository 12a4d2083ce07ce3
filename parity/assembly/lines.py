"""Timing points of a map, edited as in the original.

The edits happen while objects are written one after another.

How it differs from `osu_beatmap.timing.edits`: a change touches all lines within 2 ms of its time, red ones too;
volumes go on over all later lines and set their sample index to -1; a green line that says what the line before it says
is not written; velocities are written a trace too fast (1e-10 is added to their beat lengths); only kiai is left of the
effects; files have the whole millisecond before a line's time.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from osu_beatmap.beatmap import EFFECT_KIAI, SampleSet, TimingPoint

NEARBY_S = 0.002
OWN_INDEX = -1
DEFAULT_BEAT_MS = 1000.0
_PLAIN_VELOCITY_MS = -100.0
_BEAT_LENGTH_TRACE_MS = 1e-10
_SEARCH_MS = 3.0  # a little more than what can be nearby

Edit = Callable[[TimingPoint], None]


@dataclass(slots=True)
class Line:
    """A line in the making.

    `red` is the red line that a green one was made for; None on a red line.
    """

    point: TimingPoint
    red: Line | None = None

    @property
    def tempo(self) -> TimingPoint:
        return (self.red or self).point

    @property
    def velocity(self) -> float:
        return 1.0 if self.point.uninherited else -100.0 / self.point.beat_length_ms


class LineEditor:
    """Lines in time order, red before green.

    The given points stay as they are; at least one of them is red.
    """

    def __init__(self, points: Iterable[TimingPoint]) -> None:
        self._lines: list[Line] = []
        red = None
        for point in points:
            line = Line(replace(point, effects=point.effects & EFFECT_KIAI))
            if point.uninherited:
                red = line
            else:
                line.red = red
            self._lines.append(line)
        self._lines.sort(key=_order)

    def points(self) -> list[TimingPoint]:
        """Return the lines from the first red one on."""
        first_ms = next(line.point.time_ms for line in self._lines if line.point.uninherited)
        return [line.point for line in self._lines if line.point.time_ms >= first_ms]

    def all_points(self) -> list[TimingPoint]:
        return [line.point for line in self._lines]

    @staticmethod
    def round_times(points: Iterable[TimingPoint]) -> list[TimingPoint]:
        """Return the lines with whole ms, as a file has them.

        Before, times are exact to the microsecond.
        """
        return [replace(point, time_ms=float(math.floor(round(point.time_ms, 3)))) for point in points]

    def reds_after(self, time_ms: float) -> list[TimingPoint]:
        return [line.point for line in self._lines_after(time_ms) if line.point.uninherited]

    def line_at(self, time_ms: float) -> Line:
        """Return the last line up to a time, or else the first."""
        return self._lines[max(0, bisect_right(self._lines, time_ms, key=_time_ms) - 1)]

    def set_velocity(self, time_ms: float, velocity: float) -> None:
        if velocity == 0:
            return

        def edit(point: TimingPoint) -> None:
            if not point.uninherited:
                point.beat_length_ms = -100.0 / velocity + _BEAT_LENGTH_TRACE_MS

        self._change(time_ms, edit, needs_green=True)

    def set_volume(self, time_ms: float, volume: int) -> None:
        def edit(point: TimingPoint) -> None:
            point.volume, point.sample_index = volume, OWN_INDEX

        self._change(time_ms, edit)
        self._go_on(time_ms, edit)

    def set_kiai(self, time_ms: float, kiai: bool) -> None:
        def edit(point: TimingPoint) -> None:
            point.effects = EFFECT_KIAI if kiai else 0

        self._change(time_ms, edit)
        self._go_on(time_ms, edit)

    def set_state(self, time_ms: float, like: TimingPoint) -> None:
        """Set velocity, volume and kiai of another line up to the next."""

        def edit(point: TimingPoint) -> None:
            if not point.uninherited:
                point.beat_length_ms = _PLAIN_VELOCITY_MS if like.uninherited else like.beat_length_ms
            point.volume, point.effects = like.volume, like.effects & EFFECT_KIAI

        self._change(time_ms, edit, needs_green=True)

    def put_red(
        self, time_ms: float, beat_length_ms: float | None = None, meter: int | None = None, first_meter: int = 4
    ) -> None:
        """Put a red line like the one before it at a time.

        Red lines that are near are edited instead. They get the given tempo and meter. `first_meter` is that of a line
        without a predecessor.
        """
        near = [line for line in self._near(time_ms) if line.point.uninherited]
        if not near:
            on_spot = self._near(time_ms)
            like = on_spot[-1] if on_spot else self._last_before(time_ms)
            plain = TimingPoint(0.0, DEFAULT_BEAT_MS, first_meter, sample_set=SampleSet.SOFT, sample_index=OWN_INDEX)
            near = [Line(replace(like.point if like else plain, time_ms=time_ms, uninherited=True))]
            self._lines = sorted([*self._lines, *near], key=_order)
        for line in near:
            line.point.beat_length_ms = line.point.beat_length_ms if beat_length_ms is None else beat_length_ms
            line.point.meter = line.point.meter if meter is None else meter

    def _change(self, time_ms: float, edit: Edit, needs_green: bool = False) -> None:
        """Edit the lines near a time.

        A new green line is added if none can carry the edit.
        """
        near = self._near(time_ms)
        has_carrier = any(not line.point.uninherited for line in near) if needs_green else bool(near)
        before = near[-1] if near else self._last_before(time_ms)
        for line in near:
            edit(line.point)
        if has_carrier:
            return
        like = before or self._red_moved_before(time_ms)
        green = Line(replace(like.point, time_ms=time_ms, uninherited=False), like.red or like)
        if like.point.uninherited:
            green.point.beat_length_ms = _PLAIN_VELOCITY_MS
        edit(green.point)
        if before is None or not _is_same(green.point, before.point):
            self._lines.append(green)
            self._lines.sort(key=_order)

    def _go_on(self, time_ms: float, edit: Edit) -> None:
        for line in self._lines_after(time_ms):
            edit(line.point)

    def _near(self, time_ms: float) -> list[Line]:
        first = bisect_left(self._lines, time_ms - _SEARCH_MS, key=_time_ms)
        stop = bisect_right(self._lines, time_ms + _SEARCH_MS, key=_time_ms)
        return [
            line
            for line in self._lines[first:stop]
            if math.isclose(line.point.time_ms / 1000, time_ms / 1000, abs_tol=NEARBY_S)
        ]

    def _last_before(self, time_ms: float) -> Line | None:
        index = bisect_left(self._lines, time_ms, key=_time_ms)
        return self._lines[index - 1] if index else None

    def _lines_after(self, time_ms: float) -> list[Line]:
        return self._lines[bisect_right(self._lines, time_ms, key=_time_ms) :]

    def _red_moved_before(self, time_ms: float) -> Line:
        """Return the first red line, moved back by whole bars.

        It is then not after the given time.
        """
        first = next(line for line in self._lines if line.point.uninherited)
        bar_ms = first.point.beat_length_ms * first.point.meter
        bars = math.ceil((first.point.time_ms - time_ms) / bar_ms)
        first.point.time_ms -= max(0, bars) * bar_ms
        return first


def _time_ms(line: Line) -> float:
    return line.point.time_ms


def _order(line: Line) -> tuple[float, bool]:
    return line.point.time_ms, not line.point.uninherited


def _is_same(point: TimingPoint, other: TimingPoint) -> bool:
    return replace(point, time_ms=0.0) == replace(other, time_ms=0.0)
