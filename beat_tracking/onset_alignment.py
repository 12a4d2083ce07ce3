"""Beats put where their sound begins.

Listeners hear beats to a few milliseconds, and later or earlier by what is played: where drums come in, a beat seems
to move. Over a whole song that does not matter, but a section of 16 beats gets its tempo wrong by a few hundredths.
Attacks of the audio are exact, but some beats have none, and some music has nothing but soft ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from beat_tracking.grids import OUTLIER_SIGMAS, Observations, refit
from beat_tracking.segments import Segment

REACH_MS = 14
FEWEST_BEATS = 8
CLEARER = 0.7
"""Attacks are believed where they are that much more regular than the beats as they were heard."""


def move_to_onsets(observed: Observations, segments: Sequence[Segment], strengths: np.ndarray) -> Observations:
    """Move the beats of some segments to their onsets.

    The median distance of beats and onsets stays the same over the song, so that the beats as trained still decide the
    phase.

    Args:
        strengths: Onset strength of each millisecond, float [milliseconds].
    """
    if not len(strengths) or not len(observed.times_ms):
        return observed
    attacks_ms = _nearby_attacks_ms(observed.times_ms, strengths)
    on_grid = np.concatenate([
        np.abs(segment.grid.errors_ms(observed.times_ms[segment.first : segment.stop]))
        < OUTLIER_SIGMAS * observed.sigma_ms
        for segment in segments
    ])  # fmt: skip
    if on_grid.sum() < FEWEST_BEATS:
        return observed
    attacks_ms -= np.median((attacks_ms - observed.times_ms)[on_grid])
    times_ms = observed.times_ms.copy()
    moved = replace(observed, times_ms=attacks_ms)
    for segment in segments:
        span = slice(segment.first, segment.stop)
        if on_grid[span].sum() < FEWEST_BEATS:
            continue
        heard_ms, attack_ms = (_irregularity_ms(beats, segment, on_grid[span]) for beats in (observed, moved))
        if attack_ms < CLEARER * heard_ms:
            times_ms[span] = attacks_ms[span]
    return replace(observed, times_ms=times_ms)


def _nearby_attacks_ms(times_ms: np.ndarray, strengths: np.ndarray) -> np.ndarray:
    """Return the strongest onset within reach of each time."""
    reach = np.arange(-REACH_MS, REACH_MS + 1)
    places = np.clip(np.rint(times_ms)[:, None].astype(np.int64) + reach, 0, len(strengths) - 1)
    strongest = np.take_along_axis(places, strengths[places].argmax(axis=1)[:, None], axis=1)[:, 0]
    left, centre, right = (strengths[np.clip(strongest + step, 0, len(strengths) - 1)] for step in (-1, 0, 1))
    curvature = np.minimum(left - 2 * centre + right, -1e-9)
    return strongest + np.clip((left - right) / (2 * curvature), -0.5, 0.5)


def _irregularity_ms(beats: Observations, segment: Segment, on_grid: np.ndarray) -> float:
    """Return the median distance of the beats from their own grid."""
    part = beats.span(segment.first, segment.stop)
    part = replace(part, times_ms=part.times_ms[on_grid], weights=part.weights[on_grid], marks=part.marks[on_grid])
    return float(np.median(np.abs(refit(part, segment.grid).errors_ms(part.times_ms))))
