"""Red lines from noisy beats: the fewest that explain them.

Each has tempo, offset and meter.

Beats come from a model, so some are missing, some are extra, downbeats are wrong now and then and the octave flips for
a stretch. A whole song is fitted at once: of 500 beats, each off by 10 ms, the tempo is known to about 0.001 BPM. Bad
input never raises.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beat_tracking.grids import MAX_BPM, MIN_BPM, Grid, Observations
from beat_tracking.red_lines import lines_of_segments
from beat_tracking.segments import Segment, estimate_sigma_ms, segment_beats
from beat_tracking.tempo_ramps import bridge_ramps
from osu_beatmap.beatmap import TimingPoint

DEFAULT_BPM = 120.0
MAX_BEATS = 20_000

_SAME_BEAT_MS = 40.0


@dataclass(frozen=True, slots=True)
class Beats:
    """Beats of a song, in any order; all arrays have shape [beats].

    `is_measure` marks downbeats (bool, or 0..1 for the share of several listeners), `is_timing_point` beats at which a
    red line was announced (also downbeats).
    `resolution_ms` is the step in which the times are given, 0 where they are exact. `weights` (0..1] say how sure each
    beat is; without them all are.
    """

    times_ms: np.ndarray
    is_measure: np.ndarray
    is_timing_point: np.ndarray
    resolution_ms: float = 0.0
    weights: np.ndarray | None = None

    @property
    def downbeats(self) -> np.ndarray:
        """Degree to which each beat is marked as a downbeat, 0..1."""
        return np.maximum(np.asarray(self.is_measure, np.float64), self.is_timing_point)

    @property
    def sureness(self) -> np.ndarray:
        """The weights, 1 where there are none."""
        return np.ones(len(self.times_ms)) if self.weights is None else np.asarray(self.weights, np.float64)


def fit_red_lines(beats: Beats, song_ms: float) -> list[TimingPoint]:
    """Return the fewest red lines that explain the beats; at least one.

    They are in time order, at whole milliseconds.

    How far a beat may lie from the grid before it counts as wrong follows from the regularity of the beats themselves.
    The first line is on the last downbeat that is not after the first beat, or on the first downbeat from 0 ms on. A
    change of tempo by exactly 2 or 1/2 is followed only where `is_timing_point` announces it. Without beats
    `DEFAULT_BPM` holds from 0 ms on.
    """
    clean = clean_beats(beats, song_ms)
    sigma_ms = estimate_sigma_ms(clean.times_ms, beats.resolution_ms)
    observed = Observations(clean.times_ms, clean.sureness, clean.is_timing_point, sigma_ms)
    observed, segments = fit_segments(observed)
    return lines_of_segments(observed, clean.downbeats, segments)


def clean_beats(beats: Beats, song_ms: float) -> Beats:
    """Return the finite beats within the song, in order.

    Of beats less than 40 ms apart, only the first stays.
    """
    times_ms = np.asarray(beats.times_ms, np.float64).reshape(-1)
    is_measure = np.asarray(beats.is_measure, np.float64).reshape(-1)
    is_timing_point = np.asarray(beats.is_timing_point, bool).reshape(-1)
    weights = beats.sureness
    assert len(times_ms) == len(is_measure) == len(is_timing_point) == len(weights), "one entry per beat"
    end_ms = song_ms if np.isfinite(song_ms) and song_ms > 0 else np.inf
    with np.errstate(invalid="ignore"):
        usable = np.flatnonzero(np.isfinite(times_ms) & (times_ms >= -_SAME_BEAT_MS) & (times_ms <= end_ms))
    order = usable[np.argsort(times_ms[usable], kind="stable")][:MAX_BEATS]
    starts: list[int] = []
    for index, time_ms in enumerate(times_ms[order]):
        if not starts or time_ms - times_ms[order[starts[-1]]] >= _SAME_BEAT_MS:
            starts.append(index)
    if not starts:
        return Beats(times_ms[order], is_measure[order], is_timing_point[order], beats.resolution_ms, weights[order])
    return Beats(
        times_ms[order[starts]],
        np.maximum.reduceat(is_measure[order], starts),
        np.logical_or.reduceat(is_timing_point[order], starts),
        beats.resolution_ms,
        np.maximum.reduceat(weights[order], starts),
    )


def fit_segments(observed: Observations) -> tuple[Observations, list[Segment]]:
    """Return the beats with their deviation, and segments of one tempo.

    Fewer than four beats make one segment.
    """
    times_ms = observed.times_ms
    if len(times_ms) >= 4:
        observed, segments = segment_beats(observed)
        return observed, bridge_ramps(observed, segments)
    first_ms = float(times_ms[0]) if len(times_ms) else 0.0
    period_ms = 60_000.0 / DEFAULT_BPM
    if len(times_ms) >= 2:
        period_ms = float(np.median(np.diff(times_ms)))
        # A gap of several beats says little; halving brings it to a tempo that a song may have.
        while period_ms > 60_000.0 / MIN_BPM:
            period_ms /= 2
        period_ms = max(period_ms, 60_000.0 / MAX_BPM)
    return observed, [Segment(0, len(times_ms), Grid(period_ms, first_ms))]
