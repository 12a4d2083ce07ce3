"""Splits noisy beat times into stretches of constant tempo, as few as explain them.

Each beat pays for its distance from the grid of its stretch, each beat that the grid has and the list lacks
pays too, and so does each change of grid. Grids to choose from grow out of short windows of beats; dynamic
programming then picks the cheapest sequence of grids, and neighbours that one grid explains are joined.
The costs are negative log-likelihoods of Gaussian errors of deviation `sigma_ms`, cut off for outliers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

MIN_BPM, MAX_BPM = 30.0, 400.0
MIN_SIGMA_MS, MAX_SIGMA_MS = 2.0, 15.0

OUTLIER_SIGMAS = 3.0
OUTLIER_COST = OUTLIER_SIGMAS**2 / 2
HALF_BEAT_COST = 1.0  # a beat between two beats of the grid: equal to a missed one, so that the majority wins
MISSED_COST = 1.0
MAX_MISSED = 8  # a long gap is a quiet part, not many errors
CHANGE_COST = 18.0
MARKED_CHANGE_COST = 10.0

_WINDOW_BEATS = (24, 8)
_WINDOW_PEAKS = 8
_COVERED_COST = 0.9
_GROW_COST = 2.0
_MAX_GRIDS = 200
_TEMPOGRAM_STEP_HZ = 0.01
_OCTAVE_TOLERANCE = 0.004


@dataclass(frozen=True, slots=True)
class Grid:
    """Beats at phase_ms + k * period_ms for all whole k."""

    period_ms: float
    phase_ms: float

    def number(self, times_ms: np.ndarray) -> np.ndarray:
        """The number k of the beat nearest to each time, as floats."""
        return np.rint((times_ms - self.phase_ms) / self.period_ms)

    def errors_ms(self, times_ms: np.ndarray) -> np.ndarray:
        """Signed distance of each time from the nearest beat."""
        return times_ms - self.phase_ms - self.number(times_ms) * self.period_ms


@dataclass(frozen=True, slots=True)
class Segment:
    """Beats `first` to `stop` - 1 lie on one grid."""

    first: int
    stop: int
    grid: Grid


@dataclass(frozen=True, slots=True)
class Observations:
    """Beat times in order with what is known of them; all arrays have shape [beats].

    `weights` (0..1] is 1 for a beat that is sure; `marks` is true where a tempo change was announced.
    """

    times_ms: np.ndarray
    weights: np.ndarray
    marks: np.ndarray
    sigma_ms: float

    def span(self, first: int, stop: int) -> Observations:
        part = slice(first, stop)
        return Observations(self.times_ms[part], self.weights[part], self.marks[part], self.sigma_ms)


def estimate_sigma_ms(times_ms: np.ndarray, resolution_ms: float = 0.0) -> float:
    """Deviation of the beat times from regular ones, from second differences; at least half of `resolution_ms`.

    Times in steps look more regular than they are: beats of 689.7 ms in steps of 10 ms are 690 ms apart for 28
    beats, and then 680 ms once, which would be a change of tempo if they were exact.

    Those have 6 times the variance of the times, and do not see the tempo. Missing and extra beats are
    dropped with the largest quarter; of a normal variable, the other three have 0.607 of its deviation.
    """
    if len(times_ms) < 6:
        return MAX_SIGMA_MS
    second = np.sort(np.abs(np.diff(times_ms, 2)))
    kept = second[: max(4, round(0.75 * len(second)))]
    sigma_ms = np.sqrt(np.mean(kept**2) / 6.0) / 0.607
    return float(np.clip(sigma_ms, max(MIN_SIGMA_MS, resolution_ms / 2), MAX_SIGMA_MS))


def segment_beats(beats: Observations) -> list[Segment]:
    """The stretches of constant tempo, in order, covering all beats; at least 4 beats are needed."""
    assert len(beats.times_ms) >= 4, "too few beats for a tempo"
    grids = _candidate_grids(beats)
    segments = _cheapest_path(beats, grids)
    segments = _cheapest_path(beats, [*{segment.grid: None for segment in segments}])
    return _joined(beats, segments)


def refit(beats: Observations, grid: Grid, fixed_period: bool = False) -> Grid:
    """Least squares of the grid over the beats that lie near it, repeated as those change."""
    previous = None
    for _ in range(4):
        errors_ms = grid.errors_ms(beats.times_ms)
        near = np.abs(errors_ms) < OUTLIER_SIGMAS * beats.sigma_ms
        if previous is not None and np.array_equal(near, previous):
            break
        previous = near
        numbers, errors_ms = grid.number(beats.times_ms[near]), errors_ms[near]
        if len(numbers) < 2 or numbers[0] == numbers[-1]:
            return grid
        weights = beats.weights[near] / beats.weights[near].sum()
        centre = weights @ numbers
        shift_ms = weights @ errors_ms
        offsets = numbers - centre
        slope_ms = 0.0 if fixed_period else (weights * offsets) @ errors_ms / ((weights * offsets) @ offsets)
        # The phase moves to the beat nearest to the centre, where it is known best.
        at = np.rint(centre)
        phase_ms = grid.phase_ms + at * grid.period_ms + shift_ms + (at - centre) * slope_ms
        grid = Grid(float(grid.period_ms + slope_ms), float(phase_ms))
    return grid


def beat_costs(beats: Observations, grids: list[Grid]) -> np.ndarray:
    """What each beat pays under each grid: [beats, grids]."""
    period = np.array([grid.period_ms for grid in grids])
    phase = np.array([grid.phase_ms for grid in grids])
    position = (beats.times_ms[:, None] - phase) / period
    scale = period / beats.sigma_ms
    on_beat = ((position - np.rint(position)) * scale) ** 2 / 2
    on_half = ((position - np.rint(position * 2) / 2) * scale) ** 2 / 2 + HALF_BEAT_COST
    weights = beats.weights[:, None]
    costs = np.minimum(np.minimum(on_beat, on_half), OUTLIER_COST) * weights
    costs += np.where(on_beat < OUTLIER_COST, MISSED_COST * (1 - weights), 0.0)
    gaps = np.diff(beats.times_ms, prepend=beats.times_ms[0])[:, None] / period
    return costs + MISSED_COST * np.clip(np.rint(gaps) - 1, 0, MAX_MISSED)


def _candidate_grids(beats: Observations) -> list[Grid]:
    grids: list[Grid] = []
    count = len(beats.times_ms)
    for size in _WINDOW_BEATS:
        for first in range(0, max(1, count - size // 2), size // 2):
            window = beats.span(first, min(count, first + size))
            if len(window.times_ms) < 4 or len(grids) >= _MAX_GRIDS:
                continue
            if grids and beat_costs(window, grids).mean(axis=0).min() < _COVERED_COST:
                continue
            for grid in _grids_of_window(window):
                grids += _grown(beats, first, first + len(window.times_ms), grid)
    return grids


def _grids_of_window(window: Observations) -> list[Grid]:
    """The two cheapest grids among the peaks of the window's spectrum."""
    frequencies_hz = np.arange(MIN_BPM / 60, MAX_BPM / 60, _TEMPOGRAM_STEP_HZ)
    per_ms = frequencies_hz / 1000.0
    start_ms = window.times_ms[0]
    spectrum = np.exp(2j * np.pi * per_ms[:, None] * (window.times_ms - start_ms)) @ window.weights
    strength = np.abs(spectrum)
    is_peak = np.r_[True, strength[1:] >= strength[:-1]] & np.r_[strength[:-1] > strength[1:], True]
    peaks = np.flatnonzero(is_peak)
    peaks = peaks[np.argsort(-strength[peaks])][:_WINDOW_PEAKS]
    phases_ms = start_ms + np.angle(spectrum[peaks]) / (2 * np.pi * per_ms[peaks])
    grids = [
        refit(window, Grid(float(1.0 / per_ms[peak]), float(phase_ms)))
        for peak, phase_ms in zip(peaks, phases_ms, strict=True)
    ]
    costs = beat_costs(window, grids).mean(axis=0)
    return [grids[index] for index in np.argsort(costs, kind="stable")[:2]]


def _grown(beats: Observations, first: int, stop: int, grid: Grid) -> list[Grid]:
    """The grid fitted to all beats around the window that it explains, and as it was on the way there."""
    count = len(beats.times_ms)
    stages = [grid]
    open_left = open_right = True
    while open_left or open_right:
        step = max(2, (stop - first) // 2)
        left, right = max(0, first - step), min(count, stop + step)
        open_left = left < first and beat_costs(beats.span(left, first), [grid]).mean() < _GROW_COST
        open_right = right > stop and beat_costs(beats.span(stop, right), [grid]).mean() < _GROW_COST
        first, stop = left if open_left else first, right if open_right else stop
        grid = refit(beats.span(first, stop), grid)
    if abs(grid.period_ms / stages[0].period_ms - 1) > 1e-9:
        stages.append(grid)
    return stages


def _cheapest_path(beats: Observations, grids: list[Grid]) -> list[Segment]:
    """Viterbi over beats with grids as states; each run of one grid is refitted to its beats."""
    costs = beat_costs(beats, grids)
    change_costs = np.where(beats.marks, MARKED_CHANGE_COST, CHANGE_COST)
    total = costs[0].copy()
    came_from = np.zeros(costs.shape, np.int32)
    own = np.arange(len(grids))
    for beat in range(1, len(costs)):
        best = int(total.argmin())
        changed = total[best] + change_costs[beat]
        came_from[beat] = np.where(changed < total, best, own)
        total = np.minimum(total, changed) + costs[beat]
    state = int(total.argmin())
    path = np.empty(len(costs), np.int32)
    for beat in range(len(costs) - 1, -1, -1):
        path[beat] = state
        state = came_from[beat, state]
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    return [Segment(first, stop, refit(beats.span(first, stop), grids[path[first]])) for first, stop in pairwise(edges)]


def _joined(beats: Observations, segments: list[Segment]) -> list[Segment]:
    """Neighbours joined, the best pair first, as long as a joint grid costs less than a change."""
    segments = list(segments)
    joints = [_joint(beats, *pair) for pair in pairwise(segments)]
    while joints:
        best = min(range(len(joints)), key=lambda index: joints[index][0])
        gain_lost, joint = joints[best]
        if gain_lost >= 0:
            break
        segments[best : best + 2] = [joint]
        joints[best : best + 1] = []
        for neighbour in (best - 1, best):
            if 0 <= neighbour < len(joints):
                joints[neighbour] = _joint(beats, segments[neighbour], segments[neighbour + 1])
    return segments


def _joint(beats: Observations, left: Segment, right: Segment) -> tuple[float, Segment]:
    """One grid for two neighbours, and what it costs more than two grids and the change between them.

    Where the one counts just twice as fast as the other, and no change was announced, that is a beat
    tracker's slip: the octave in force for longer then explains both.
    """
    marked = beats.marks[right.first]
    both = beats.span(left.first, right.stop)
    length_ms = [beats.times_ms[part.stop - 1] - beats.times_ms[part.first] for part in (left, right)]
    longer, shorter = (left, right) if length_ms[0] >= length_ms[1] else (right, left)
    separate = sum(
        float(beat_costs(beats.span(part.first, part.stop), [part.grid]).sum()) for part in (left, right)
    ) + (MARKED_CHANGE_COST if marked else CHANGE_COST)
    joints = []
    for grid in {longer.grid, shorter.grid}:
        fitted = refit(both, grid)
        joints.append((float(beat_costs(both, [fitted]).sum()) - separate, fitted))
    ratio = longer.grid.period_ms / shorter.grid.period_ms
    if not marked and min(abs(ratio - 2), abs(ratio - 0.5)) < _OCTAVE_TOLERANCE * ratio:
        fitted = refit(both, longer.grid)
        joints.append((_octave_blind_cost(both, fitted, 2 if ratio > 1 else 1) - separate, fitted))
    cost, grid = min(joints, key=lambda joint: joint[0])
    return cost, Segment(left.first, right.stop, grid)


def _octave_blind_cost(beats: Observations, grid: Grid, factor: int) -> float:
    """What the beats pay where each on the grid `factor` times as fast counts as right, and none as missed."""
    faster = Grid(grid.period_ms / factor, grid.phase_ms)
    errors = faster.errors_ms(beats.times_ms) / beats.sigma_ms
    return float((np.minimum(errors**2 / 2, OUTLIER_COST) * beats.weights).sum())
