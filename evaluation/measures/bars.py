"""Bars of a song, by its red lines."""

from __future__ import annotations

import numpy as np

from osu_beatmap.timing.active_point import Timing


def bar_edges_ms(timing: Timing, start_ms: np.ndarray) -> np.ndarray:
    """Return the downbeats around all objects [bars + 1].

    They go from the bar of the first object to the end of the bar of the last one.
    """
    first_ms, last_ms = float(start_ms.min()), float(start_ms.max())
    bar_ms = timing.beat_length_at(last_ms) * max(1, timing.red_at(last_ms).meter)
    beats = timing.beats(min(first_ms, timing.reds[0].time_ms), last_ms + bar_ms + 1.0)
    downbeats_ms = np.array([beat.time_ms for beat in beats if beat.in_bar == 0])
    return downbeats_ms[max(0, int(np.searchsorted(downbeats_ms, first_ms + 1.0)) - 1) :]
