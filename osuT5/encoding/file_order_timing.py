"""Lookup of timing points in file order, as in the original.

The last line of the file that is not after a time counts, and a green line belongs to the red line above it. With red
and green at one time that is the lower one, where osu! takes the green one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_grid import MAX_BEAT_LENGTH_MS

SNAP_TOLERANCE_MS = 2.0


class FileOrderTiming(Timing):
    """As `Timing`.

    `points` are in the order of the file; `reds` are the lines with a tempo of at least 0.5 BPM.
    """

    def __init__(self, points: Sequence[TimingPoint]) -> None:
        super().__init__(points)
        self.points = list(points)
        self.reds = [point for point in points if 0 <= point.beat_length_ms < 2 * MAX_BEAT_LENGTH_MS]
        self._file_times = [point.time_ms for point in points]
        self._is_sorted = all(before <= after for before, after in pairwise(self._file_times))
        self._red_above: list[TimingPoint] = []
        red = None
        for point in points:
            red = point if point.uninherited else red
            self._red_above.append(red or point)

    def red_at(self, time_ms: float) -> TimingPoint:
        return self._red_above[self._index_at(time_ms)]

    def line_at(self, time_ms: float) -> TimingPoint:
        return self.points[self._index_at(time_ms)]

    def green_at(self, time_ms: float) -> TimingPoint | None:
        line = self.line_at(time_ms)
        return None if line.uninherited else line

    def _index_at(self, time_ms: float) -> int:
        if self._is_sorted:
            return max(0, bisect_right(self._file_times, time_ms) - 1)
        reached = (index for index in range(len(self._file_times) - 1, -1, -1) if self._file_times[index] <= time_ms)
        return next(reached, 0)


def own_divisor(time_ms: float, red: TimingPoint, divisors: Sequence[int]) -> int:
    """Return the smallest divisor of a red line near a time.

    Its tick is less than 2 ms away; 0 if there is none.
    """
    beats = (time_ms - red.time_ms) / red.beat_length_ms
    for divisor in divisors:
        if abs(beats - round(beats * divisor) / divisor) * red.beat_length_ms < SNAP_TOLERANCE_MS:
            return divisor
    return 0
