"""Main tempo of a map as the original computes it.

Whole seconds of time count; fractions are dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

from osu_beatmap.beatmap import TimingPoint

_DAY_S = 86_400


def whole_seconds_ms(time_ms: float) -> int:
    """Drop the fraction of a second of a time.

    A time before 0 counts from the day before.
    """
    return int(time_ms // 1000) % _DAY_S * 1000


def main_beat_ms(points: Sequence[TimingPoint], end_ms: float) -> float:
    """Return the beat length that lasts longest up to `end_ms`.

    It is 0 if none lasts a second.

    The first line counts from 0, whichever colour it has; lines are given in order.
    """
    lasts_ms: dict[float, int] = {}
    beat_ms = 0.0
    for index in range(len(points) - 1, -1, -1):
        point = points[index]
        start_ms = whole_seconds_ms(point.time_ms)
        if point.uninherited:
            beat_ms = point.beat_length_ms
        if beat_ms == 0 or start_ms > end_ms or (index > 0 and not point.uninherited):
            continue
        lasts_ms[beat_ms] = lasts_ms.get(beat_ms, 0) + int(end_ms - (start_ms if index else 0))
        end_ms = start_ms
    longest = max(lasts_ms, key=lambda length_ms: lasts_ms[length_ms], default=0.0)
    return longest if lasts_ms.get(longest, 0) > 0 else 0.0
