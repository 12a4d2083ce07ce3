"""Distances of times from ticks, for all objects at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from osu_beatmap.timing.active_point import Timing


def off_tick_ms(timing: Timing, times_ms: NDArray[np.float64], divisors: Sequence[int]) -> NDArray[np.float64]:
    """Return distances [n, d] of times [n] to ticks of divisors [d].

    It is `Timing.snap` for arrays.
    """
    red_ms = np.array([red.time_ms for red in timing.reds])
    beat_ms = np.array([timing.beat_length_at(red.time_ms) for red in timing.reds])
    index = np.maximum(0, np.searchsorted(red_ms, times_ms, side="right") - 1)
    step_ms = beat_ms[index, None] / np.array(divisors)
    since_ms = (times_ms - red_ms[index])[:, None]
    off_ms = np.abs(since_ms - np.round(since_ms / step_ms) * step_ms)
    # The next red line is a tick of its own. A tick beyond it does not count, but is further away than the line.
    to_next_ms = np.append(red_ms, np.inf)[index + 1] - times_ms
    return np.minimum(off_ms, to_next_ms[:, None])
