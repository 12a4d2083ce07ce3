"""Ticks of the beat grid in whole milliseconds, as in osu!'s editor.

The editor cuts a tick's time down to whole milliseconds, and so does this; red lines are whole already, so that a cut
tick never falls before the line that it belongs to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from osu_beatmap.rules.objects import FINEST_DIVISORS
from osu_beatmap.timing.active_point import Timing

ROUNDING_MS = 1e-3
"""Ticks are sums of fractions: this little below a whole millisecond is that millisecond."""

ON_TICK_MS = 1.001
"""What cutting to whole milliseconds may take away."""

COMMON_DIVISORS = (4, 8, 3, 6, 12, 16)
"""In the order in which a place for an end is looked for."""


def whole_ms(time_ms: float) -> float:
    return float(math.floor(time_ms + ROUNDING_MS))


def is_on_tick(timing: Timing, time_ms: float, divisors: Sequence[int] = FINEST_DIVISORS) -> bool:
    """Return whether a time is on a tick.

    It may differ by the cut to whole milliseconds.
    """
    return timing.best_divisor(time_ms, ON_TICK_MS, divisors) != 0


def last_tick_ms(timing: Timing, earliest_ms: float, latest_ms: float, divisors: Sequence[int]) -> float | None:
    """Return the last uncut tick within a span.

    It is of the first divisor that has one there.
    """
    return _tick_from(timing, earliest_ms, latest_ms, latest_ms, -1, divisors)


def first_tick_ms(timing: Timing, earliest_ms: float, latest_ms: float, divisors: Sequence[int]) -> float | None:
    """Return the first uncut tick within a span.

    It is of the first divisor that has one there.
    """
    return _tick_from(timing, earliest_ms, latest_ms, earliest_ms, 1, divisors)


def _tick_from(
    timing: Timing, earliest_ms: float, latest_ms: float, from_ms: float, direction: int, divisors: Sequence[int]
) -> float | None:
    for divisor in divisors:
        step_ms = timing.beat_length_at(from_ms) / divisor
        for steps in range(3):
            tick_ms = timing.snap(from_ms + direction * steps * step_ms, divisor)
            if earliest_ms <= tick_ms <= latest_ms:
                return tick_ms
    return None
