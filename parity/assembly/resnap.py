"""Snapping of event times to ticks, as in the original.

It happens before objects are written.

A time goes to the nearest tick of the divisor that its SNAPPING event names, whatever the distance. Ticks that a
simpler divisor has too do not count, since the model would have named that one. Near a change of tempo the ticks of
both sides count, up to 20 ms beyond the change. Ticks are cut to whole milliseconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.timing.beat_grid import sort_lines
from osuT5.tokens.events import Event, EventKind

MARGIN_MS = 20

SIMPLER = {1: (), 4: (2,), 6: (2, 3), 8: (4,), 9: (3,), 10: (2, 5), 12: (4, 6), 14: (2, 7), 15: (3, 5), 16: (8,)}
"""Divisors whose ticks do not count for a divisor; for those not listed, whole beats."""

TimingLines = Sequence[TimingPoint]


def resnap_as_published(events: Sequence[Event], points: TimingLines) -> list[Event]:
    """Return the events with snapped times.

    A time without a following divisor stays.
    """
    lines = sort_lines(points)
    snapped = list(events)
    for index, (event, following) in enumerate(pairwise(events)):
        has_divisor = following.kind is EventKind.SNAPPING and following.value > 0
        if lines and event.kind is EventKind.TIME and has_divisor:
            snapped[index] = Event(EventKind.TIME, int(nearest_tick_ms(event.value, lines, following.value)))
    return snapped


def nearest_tick_ms(time_ms: int, lines: TimingLines, divisor: int) -> int:
    """Return the tick of a divisor nearest to a time.

    It is the time itself if no tick is near. `lines` are in order, red before green; at least one of them is red.
    """
    at = max(0, bisect_right(lines, time_ms, key=_time_ms) - 1)
    red = next((line for line in lines[at::-1] if line.uninherited), lines[at])
    start_ms = round(red.time_ms)
    before = lines[max(0, bisect_right(lines, start_ms - 1, key=_time_ms) - 1)]
    after = next((line for line in lines[at:] if line.uninherited and line.time_ms > time_ms), None)
    end_ms = float("inf") if after is None else round(after.time_ms)
    ticks = {tick for tick in _ticks(time_ms, red, divisor) if start_ms - MARGIN_MS <= tick <= end_ms + MARGIN_MS}
    ticks.update({tick for tick in _ticks(time_ms, before, divisor) if tick <= start_ms + MARGIN_MS})
    if after is not None:
        ticks.update({tick for tick in _ticks(time_ms, after, divisor) if tick >= end_ms - MARGIN_MS})
    return min(ticks, key=lambda tick: abs(tick - time_ms), default=time_ms)


def _ticks(time_ms: int, line: TimingPoint, divisor: int) -> set[int]:
    """Return the ticks around a time that no simpler divisor has."""
    ticks = _all_ticks(time_ms, line, divisor)
    for simpler in SIMPLER.get(divisor, (1,)):
        ticks -= _all_ticks(time_ms, line, simpler)
    return ticks


def _all_ticks(time_ms: int, line: TimingPoint, divisor: int) -> set[int]:
    step_ms = line.beat_length_ms / divisor
    last_ms = time_ms - (time_ms - round(line.time_ms)) % step_ms
    return {int(last_ms + steps * step_ms) for steps in (-1, 0, 1, 2)}


def _time_ms(line: TimingPoint) -> float:
    return line.time_ms
