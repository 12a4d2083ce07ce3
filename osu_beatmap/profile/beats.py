"""Positions of times in beats and bars of a map's red lines.

They are computed for all times at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from osu_beatmap.timing.active_point import Timing

SNAP_BEATS = 1 / 24
"""Times nearer than this to a tick are on it; human-made maps have times in whole milliseconds."""


@dataclass(frozen=True)
class BeatPlaces:
    """Places of times in beats [n].

    Attributes:
        since_line: Beats since the active red line; negative before the first one.
        beat_ms: Length of the beat.
        meter: Beats in the bar.
    """

    since_line: np.ndarray
    beat_ms: np.ndarray
    meter: np.ndarray

    @property
    def is_on_beat(self) -> np.ndarray:
        return np.abs(self.since_line - np.rint(self.since_line)) < SNAP_BEATS

    @property
    def beat_in_bar(self) -> np.ndarray:
        """Number of the nearest beat in its bar, 0 on a downbeat."""
        return np.rint(self.since_line).astype(np.int64) % self.meter

    @property
    def is_downbeat(self) -> np.ndarray:
        return self.is_on_beat & (self.beat_in_bar == 0)

    @property
    def is_backbeat(self) -> np.ndarray:
        """Return which times are on a backbeat.

        That is the second or fourth beat of a bar of four or two.
        """
        return self.is_on_beat & (self.meter % 2 == 0) & (self.beat_in_bar % 2 == 1)


def beat_places(timing: Timing, times_ms: np.ndarray) -> BeatPlaces:
    """Return the places of times [n] in beats and bars."""
    line_ms = np.array([red.time_ms for red in timing.reds])
    beat_ms = np.array([timing.beat_length_at(red.time_ms) for red in timing.reds])
    meter = np.array([max(1, int(red.meter)) for red in timing.reds])
    # A time just before a line is meant to be on it.
    active = np.maximum(0, np.searchsorted(line_ms, times_ms + 1.0, side="right") - 1)
    return BeatPlaces((times_ms - line_ms[active]) / beat_ms[active], beat_ms[active], meter[active])


def is_beats(gaps: np.ndarray, beats: float) -> np.ndarray:
    """Return which gaps in beats [n] last as long as asked."""
    return np.abs(gaps - beats) < SNAP_BEATS


def share(chosen: np.ndarray) -> float:
    """Return the share of true values; NaN without values."""
    return float(np.mean(chosen)) if len(chosen) else math.nan


def mean(values: np.ndarray) -> float:
    """Return the mean; NaN without values."""
    return float(np.mean(values)) if len(values) else math.nan


def entropy_bits(classes: np.ndarray) -> float:
    """Return the entropy of classes in bits; NaN without any."""
    if not len(classes):
        return math.nan
    _, counts = np.unique(classes, return_counts=True)
    shares = counts / counts.sum()
    return float(-(shares * np.log2(shares)).sum())
