"""Beats that several passes over a song detect, by vote.

Each pass detects a beat at a time with an error of its own, and misses some. Votes that are close together form a beat:
its time is their mean, and its weight follows from the fraction of the passes that detect it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from beat_tracking.red_line_fit import Beats

KERNEL_MS = 10.0
"""Deviation of the kernel that joins votes; about the error of one of them."""

REACH_MS = 40
"""A vote farther than this from a beat is not for it, and no two beats are nearer than this."""

MIN_SHARE = 0.15
"""Minimum number of passes that detect a beat."""


def merge_votes(passes: Sequence[Beats], song_ms: float) -> Beats:
    """Merge the beats of several passes over a song into one list.

    It is in time order, weighted by the fraction of passes with each beat. The fraction of votes for a downbeat is
    kept. A beat announces a tempo if more than half of its votes do. Votes outside the song do not count.
    """
    resolution_ms = max((beats.resolution_ms for beats in passes), default=0.0)
    times_ms = np.concatenate([np.zeros(0), *(beats.times_ms for beats in passes)])
    marks = np.concatenate([np.zeros((0, 2)), *(_marks(beats) for beats in passes)])
    with np.errstate(invalid="ignore"):
        inside = (times_ms >= 0) & (times_ms <= song_ms)
    times_ms, marks = times_ms[inside], marks[inside]
    peaks_ms = _peaks_ms(times_ms)
    nearest = _nearest(peaks_ms, times_ms)
    near = np.abs(times_ms - peaks_ms[nearest]) <= REACH_MS if len(peaks_ms) else np.zeros(0, bool)
    votes = np.bincount(nearest[near], minlength=len(peaks_ms))

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(nearest[near], values[near], minlength=len(peaks_ms)) / np.maximum(1, votes)

    weights = np.minimum(1.0, votes / max(1, len(passes)))
    sure = weights >= MIN_SHARE
    return Beats(
        times_ms=mean(times_ms)[sure],
        is_measure=mean(marks[:, 0])[sure],
        is_timing_point=mean(marks[:, 1])[sure] > 0.5,
        # Each pass rounds to steps of its own, so that the rounding averages out.
        resolution_ms=resolution_ms / max(1, len(passes)) ** 0.5,
        weights=weights[sure],
    )


def _marks(beats: Beats) -> np.ndarray:
    return np.stack([beats.is_measure, beats.is_timing_point], axis=1).astype(np.float64)


def _peaks_ms(times_ms: np.ndarray) -> np.ndarray:
    """Return the times around which most of the times lie, in order."""
    if len(times_ms) == 0:
        return times_ms
    counts = np.bincount(np.rint(times_ms).astype(np.int64) + REACH_MS, minlength=int(times_ms.max()) + 2 * REACH_MS)
    peaks, _ = find_peaks(gaussian_filter1d(counts.astype(np.float64), KERNEL_MS), distance=REACH_MS)
    return (peaks - REACH_MS).astype(np.float64)


def _nearest(peaks_ms: np.ndarray, times_ms: np.ndarray) -> np.ndarray:
    """Return the index of the peak nearest to each time."""
    place = np.searchsorted(peaks_ms, times_ms)
    left, right = np.maximum(place - 1, 0), np.clip(place, 0, max(0, len(peaks_ms) - 1))
    if len(peaks_ms) == 0:
        return left
    return np.where(np.abs(times_ms - peaks_ms[left]) <= np.abs(times_ms - peaks_ms[right]), left, right)
