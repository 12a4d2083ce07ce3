"""Objects of a map: their ticks, and gaps to their neighbours."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from osu_beatmap.beatmap import Beatmap, HitObject, TimingPoint
from osu_beatmap.rules.lines import MAX_BPM
from osu_beatmap.timing.active_point import Timing, end_time_ms

TICKS_PER_BEAT = 48
"""Ticks of a beat: they include every accepted divisor up to 16 except 5, 7 and 9."""

SHORTEST_BEAT_MS = 60_000 / MAX_BPM
"""Beat length below which a red line is not a tempo, and its ticks have no expected objects."""


class TickLine:
    """Ticks counted through all red lines.

    Each line begins on the first tick of a bar, the first one on tick 0.
    """

    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        self.starts: list[int] = [0]
        for red, following in pairwise(timing.reds):
            bars = (following.time_ms - red.time_ms) / (self._beat_ms(red) * max(1, red.meter))
            self.starts.append(self.starts[-1] + max(1, math.ceil(bars - 1e-3)) * bar_ticks(red))
        self._numbers = {id(red): number for number, red in enumerate(timing.reds)}

    def _beat_ms(self, red: TimingPoint) -> float:
        return self.timing.beat_length_at(red.time_ms)

    def place(self, time_ms: float) -> tuple[int, int]:
        """Return the tick nearest to a time, and its bar tick.

        The latter counts from the start of the bar.
        """
        red = self.timing.red_at(time_ms)
        since = round((time_ms - red.time_ms) / self._beat_ms(red) * TICKS_PER_BEAT)
        return self.starts[self._numbers[id(red)]] + since, since % bar_ticks(red)

    def time_ms(self, tick: int) -> float:
        """Return the time of a tick."""
        number = max(0, bisect_right(self.starts, tick) - 1)
        red = self.timing.reds[number]
        return red.time_ms + (tick - self.starts[number]) * self._beat_ms(red) / TICKS_PER_BEAT

    def segments(self, first_ms: float, last_ms: float) -> Iterator[tuple[int, int, int, int]]:
        """Yield (start, first tick, last tick, bar ticks) of each red line.

        Only ticks in the span count. Red lines without a tempo are omitted.
        """
        ends_ms = [*(red.time_ms for red in self.timing.reds[1:]), math.inf]
        for number, (red, end_ms) in enumerate(zip(self.timing.reds, ends_ms, strict=True)):
            low_ms, high_ms = (first_ms if number == 0 else max(first_ms, red.time_ms)), min(last_ms, end_ms)
            if low_ms < high_ms and self._beat_ms(red) >= SHORTEST_BEAT_MS:
                low, high = (round((t - red.time_ms) / self._beat_ms(red) * TICKS_PER_BEAT) for t in (low_ms, high_ms))
                yield self.starts[number], low, high, bar_ticks(red)


def bar_ticks(red: TimingPoint) -> int:
    return TICKS_PER_BEAT * max(1, red.meter)


@dataclass(frozen=True, slots=True)
class Place:
    """Object with its tick and the gaps to its neighbours.

    Gaps are in ticks, 0 at the ends.
    """

    index: int
    obj: HitObject
    tick: int
    bar_phase: int
    gap_before: int
    gap_after: int

    @property
    def beat_phase(self) -> int:
        return self.bar_phase % TICKS_PER_BEAT


class MapPlaces(Sequence[Place]):
    """Places of all objects of a map with red lines, in order."""

    def __init__(self, beatmap: Beatmap) -> None:
        self.beatmap = beatmap
        self.timing = Timing(beatmap.timing_points)
        self.line = TickLine(self.timing)
        self.times_ms = sorted({obj.time_ms for obj in beatmap.hit_objects})
        self.numbers = {time_ms: number for number, time_ms in enumerate(self.times_ms)}
        self._places = [self._place(index, obj) for index, obj in enumerate(beatmap.hit_objects)]

    def __getitem__(self, index: int) -> Place:
        return self._places[index]

    def __len__(self) -> int:
        return len(self._places)

    @property
    def ticks(self) -> list[int]:
        return [place.tick for place in self]

    @property
    def bar_phases(self) -> list[int]:
        return [place.bar_phase for place in self]

    def end_ms(self, obj: HitObject) -> float:
        return end_time_ms(obj, self.timing, self.beatmap.difficulty)

    def _place(self, index: int, obj: HitObject) -> Place:
        number = self.numbers[obj.time_ms]
        before, after = self.times_ms[max(0, number - 1)], self.times_ms[min(number + 1, len(self.times_ms) - 1)]
        per_ms = TICKS_PER_BEAT / self.timing.beat_length_at(obj.time_ms)
        gaps = round((obj.time_ms - before) * per_ms), round((after - obj.time_ms) * per_ms)
        return Place(index, obj, *self.line.place(obj.time_ms), *gaps)
