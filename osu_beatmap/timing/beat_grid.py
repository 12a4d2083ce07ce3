"""Beat grid of the red lines: beats, ticks and snapping.

A *line* is one entry of [TimingPoints]: red (uninherited, sets the tempo) or green (inherited, sets slider
velocity). What green lines set is in `active_point`. Times are float ms and never rounded here.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.editor_notation import clock
from osu_beatmap.errors import BeatmapError

DIVISORS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16)
"""Beat divisors that the ranking criteria accept as snapped."""

UNSNAPPED_MS = 2.0
"""An object this far from a tick, or farther, is not on it."""

MIN_BEAT_LENGTH_MS, MAX_BEAT_LENGTH_MS = 6.0, 60_000.0
"""The range to which osu! clamps the beat length of a red line."""

MAX_BEATS = 2_000_000
"""More beats than any song has. Whoever walks over beats bounds them by the song; this catches who forgets."""

REPLACED_BEAT_FRACTION = 0.1
"""A beat less than this part of a beat before the next red line is that line's own first beat."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A beat of the grid.

    `in_bar` is 0 on a downbeat; `starts_point` marks the start of a red line.
    """

    time_ms: float
    in_bar: int
    starts_point: bool


def sort_lines(points: Iterable[TimingPoint]) -> list[TimingPoint]:
    """Sort lines by time, a red one before a green one.

    Otherwise their order stays.
    """
    return sorted(points, key=lambda point: (point.time_ms, not point.uninherited))


class BeatGrid:
    """Beats and ticks of one beatmap.

    Later changes of the given list have no effect.

    Raises:
        BeatmapError: There is no red line, or a time or tempo is not a finite number.
    """

    def __init__(self, points: Sequence[TimingPoint]) -> None:
        self.points = sort_lines(points)
        self.reds = [point for point in self.points if point.uninherited]
        if not self.reds:
            raise BeatmapError("the beatmap has no red line, so it has no tempo")
        if not all(math.isfinite(point.time_ms) for point in self.points):
            raise BeatmapError("a timing point has a time that is not a finite number")
        if not all(math.isfinite(red.beat_length_ms) for red in self.reds):
            raise BeatmapError("a red line has a beat length that is not a finite number")
        self._red_times = [red.time_ms for red in self.reds]

    def red_at(self, time_ms: float) -> TimingPoint:
        """Return the red line active at a time, or else the first."""
        return self.reds[self._red_index(time_ms)]

    def beat_length_at(self, time_ms: float) -> float:
        """Return milliseconds per beat, clamped to the range that osu! plays."""
        return _played_beat_length_ms(self.red_at(time_ms))

    def beat_position(self, time_ms: float) -> float:
        """Return the beats since the active red line.

        They are negative before the first one.
        """
        red = self.red_at(time_ms)
        return (time_ms - red.time_ms) / _played_beat_length_ms(red)

    def beats(self, start_ms: float, end_ms: float) -> list[Beat]:
        """Return the beats with start_ms <= time < end_ms, in time order.

        There are none before the first red line. If a red line comes a moment after a beat of the one before (songs
        of changing tempo, rounded times), only the new line's beat counts.
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
        """Return the nearest tick of 1/divisor.

        The next red line bounds it and is a tick.
        """
        index = self._red_index(time_ms)
        red = self.reds[index]
        step_ms = _played_beat_length_ms(red) / divisor
        tick_ms = red.time_ms + round((time_ms - red.time_ms) / step_ms) * step_ms
        next_ms = self._next_red_ms(index)
        return next_ms if abs(next_ms - time_ms) <= abs(tick_ms - time_ms) or tick_ms > next_ms else tick_ms

    def best_divisor(
        self, time_ms: float, tolerance_ms: float = UNSNAPPED_MS, divisors: Sequence[int] = DIVISORS
    ) -> int:
        """Return the smallest divisor with a tick close enough, or 0.

        Close enough is less than `tolerance_ms` away.
        """
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
        if (end_ms - start_ms) / beat_ms > MAX_BEATS:
            raise BeatmapError(f"the red line at {clock(red.time_ms)} would have over {MAX_BEATS} beats")
        while (time_ms := red.time_ms + number * beat_ms) < end_ms:
            beats.append(Beat(time_ms, number % meter, number == 0))
            number += 1
        return beats


def _played_beat_length_ms(red: TimingPoint) -> float:
    return min(MAX_BEAT_LENGTH_MS, max(MIN_BEAT_LENGTH_MS, red.beat_length_ms))
