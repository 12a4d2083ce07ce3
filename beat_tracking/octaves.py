"""Octaves of a tempo: twice as fast, half as fast, or unchanged.

Listeners disagree about the octave, and beat trackers contradict themselves. The activation between the beats decides,
as far as it is nearly as high as on the beats. In doubt, the more common tempo is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from beat_tracking.grids import MAX_BPM, MIN_BPM, Grid, Observations
from beat_tracking.segments import Segment

USUAL_BPM, BPM_DEVIATION = 166.0, 0.26
"""Log-normal of the tempi that last longest in 212 songs of the training corpus."""

SURENESS = 10.0
EVEN = 0.87
"""Between-beats that are that sure, beats being 1, say nothing; each tenth more or less is a nat."""

_SAME_TEMPO = 0.03
_FEWEST_BEATS = 8
_VOTE_REACH_MS = 25.0
_MOST_SHARE = 1.2


@dataclass(frozen=True, slots=True)
class BeatEvidence:
    """Decoded beats, and the beat probability at each frame, float [frames]."""

    beats: Observations
    activation: np.ndarray
    frame_ms: float

    def evidence_at(self, grid: Grid, first_ms: float, last_ms: float, shift: float) -> np.ndarray:
        """Return [decoded, predicted]: evidence for beats `shift` beats after the grid's.

        Only beats from `first_ms` to `last_ms` count.
        """
        numbers = np.arange(np.ceil(grid.position(first_ms) - shift), grid.position(last_ms) - shift + 1e-6) + shift
        if not len(numbers):
            return np.zeros(2)
        times_ms = grid.times_ms(numbers)
        near_ms = times_ms[:, None] + np.arange(-2, 3) * self.frame_ms
        heard = np.interp(near_ms / self.frame_ms, np.arange(len(self.activation)), self.activation).max(axis=1)
        place = np.clip(np.searchsorted(self.beats.times_ms, times_ms), 1, len(self.beats.times_ms) - 1)
        written = np.zeros(len(numbers))
        for neighbour in (place - 1, place):
            is_near = np.abs(self.beats.times_ms[neighbour] - times_ms) < _VOTE_REACH_MS
            written += np.where(is_near, self.beats.weights[neighbour], 0.0)
        return np.array([written.sum(), heard.sum()])


def choose_octaves(evidence: BeatEvidence, times_ms: np.ndarray, segments: Sequence[Segment]) -> list[Segment]:
    """Return the segments, each in the most likely octave of its tempo.

    The segments are over the beats `times_ms`. All segments of a tempo get the same octave. Tempi in two octaves of one
    song stay: that was announced, or has a reason.
    """
    chosen = list(segments)
    for group in _groups(segments):
        same = [segments[index] for index in group]
        beats = sum(segment.stop - segment.first for segment in same)
        if any(segment.grid.drift for segment in same) or beats < _FEWEST_BEATS:
            continue
        factor = _factor(evidence, times_ms, same)
        for index in group if factor != 1 else ():
            chosen[index] = _multiply_tempo(evidence, times_ms, segments[index], factor)
    return chosen


def _groups(segments: Sequence[Segment]) -> list[list[int]]:
    """Return the indices of segments of one tempo, for each tempo.

    A tempo that occurs twice or half as fast elsewhere in the song is omitted.
    """
    periods_ms = np.array([segment.grid.period_ms for segment in segments])
    groups: list[list[int]] = []
    for index, period_ms in enumerate(periods_ms):
        ratios = period_ms / periods_ms
        if np.any((np.abs(ratios / 2 - 1) < _SAME_TEMPO) | (np.abs(ratios * 2 - 1) < _SAME_TEMPO)):
            continue
        group = next((g for g in groups if abs(period_ms / periods_ms[g[0]] - 1) < _SAME_TEMPO), None)
        if group is None:
            groups.append([index])
        else:
            group.append(index)
    return groups


def _factor(evidence: BeatEvidence, times_ms: np.ndarray, segments: Sequence[Segment]) -> float:
    """Return the factor of the most likely octave: 2, 1 or 1/2."""
    bpm = 60_000.0 / segments[0].grid.period_ms
    if bpm * 2 <= MAX_BPM and _is_twice_better(bpm, _sums(evidence, times_ms, segments)):
        return 2.0
    slower = [_multiply_tempo(evidence, times_ms, segment, 0.5) for segment in segments]
    if bpm / 2 >= MIN_BPM and not _is_twice_better(bpm / 2, _sums(evidence, times_ms, slower)):
        return 0.5
    return 1.0


def _is_twice_better(bpm: float, sums: np.ndarray) -> bool:
    share = float(np.clip(sums[1] / np.maximum(sums[0], 1e-9), 0.0, _MOST_SHARE).mean())
    return SURENESS * (share - EVEN) + _log_prior(2 * bpm) - _log_prior(bpm) > 0


def _log_prior(bpm: float) -> float:
    return -((np.log(bpm / USUAL_BPM) / BPM_DEVIATION) ** 2) / 2


def _sums(evidence: BeatEvidence, times_ms: np.ndarray, segments: Sequence[Segment]) -> np.ndarray:
    """Return the certainty of beats and of the half beats after them.

    The array is [2, written and heard].
    """
    spans_ms = [(times_ms[segment.first], times_ms[segment.stop - 1]) for segment in segments]
    return np.array([
        sum(evidence.evidence_at(segment.grid, *span, shift) for segment, span in zip(segments, spans_ms, strict=True))
        for shift in (0.0, 0.5)
    ])  # fmt: skip


def _multiply_tempo(evidence: BeatEvidence, times_ms: np.ndarray, segment: Segment, factor: float) -> Segment:
    """Return a segment counted `factor` times as fast.

    At half the speed, it is on those of its beats that are more certain.
    """
    grid = segment.grid
    even, odd = _sums(evidence, times_ms, [replace(segment, grid=Grid(grid.period_ms * 2, grid.phase_ms))])
    is_odd = factor < 1 and (odd / np.maximum(even, 1e-9)).mean() > (even / np.maximum(odd, 1e-9)).mean()
    phase_ms = float(grid.times_ms(1.0)) if is_odd else grid.phase_ms
    return replace(segment, grid=Grid(grid.period_ms / factor, phase_ms))
