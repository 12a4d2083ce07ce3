"""Segmentation of noisy beat times into the fewest sections of constant tempo.

Each beat has a cost for its distance from the grid of its section. So has each beat of the grid that is missing in the
list, and each change of grid. Candidate grids grow out of short windows of beats. Dynamic programming finds the
cheapest sequence of grids. Neighbours that one grid explains are joined. The costs are negative log-likelihoods of
Gaussian errors of deviation `sigma_ms`, cut off for outliers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from beat_tracking.grids import MAX_BPM, MIN_BPM, OUTLIER_SIGMAS, Grid, Observations, bend, refit

MIN_SIGMA_MS, MAX_SIGMA_MS = 2.0, 15.0

OUTLIER_COST = OUTLIER_SIGMAS**2 / 2
HALF_BEAT_COST = 1.0  # a beat between two beats of the grid: equal to a missed one, so that the majority wins
MISSED_COST = 1.0
MAX_MISSED = 8  # a long gap is a quiet part, not many errors
CHANGE_COST = 18.0
MARKED_CHANGE_COST = 10.0
BEND_COST = 15.0  # a tempo that changes all the time is rarer still, and fits more

_EVEN_GAPS, _EVEN_SHARE = 0.25, 0.2
_CLOSER_LOOKS = 3
_CLOSER = 0.75

_WINDOW_BEATS = (24, 8)
_WINDOW_PEAKS = 8
_COVERED_COST = 0.9
_GROW_COST = 2.0
_MAX_GRIDS = 200
_TEMPOGRAM_STEP_HZ = 0.01
_OCTAVE_TOLERANCE = 0.004
_FAR_TEMPO = 1.5
_AMBIGUOUS = (0.15, 0.85)
_SAME_TEMPO, _SLIP_TOLERANCE = 0.03, 0.1


@dataclass(frozen=True, slots=True)
class Segment:
    """Beats `first` to `stop` - 1 lie on one grid."""

    first: int
    stop: int
    grid: Grid


def estimate_sigma_ms(times_ms: np.ndarray, resolution_ms: float = 0.0) -> float:
    """Estimate the deviation of the beat times from regular ones.

    It comes from second differences and is at least half of `resolution_ms`.

    Times in steps look more regular than they are: beats of 689.7 ms in steps of 10 ms are 690 ms apart for 28 beats,
    and then 680 ms once, which would be a change of tempo if they were exact.

    Second differences have 6 times the variance of the times, and do not see the tempo. Those of three beats whose
    distances differ much are left out, since one is missing or extra, and so is the largest quarter of the others; of a
    normal variable, the other three have 0.607 of its deviation.
    """
    if len(times_ms) < 6:
        return MAX_SIGMA_MS
    gaps_ms, second = np.diff(times_ms), np.sort(np.abs(np.diff(times_ms, 2)))
    is_even = np.abs(np.diff(gaps_ms)) < _EVEN_GAPS * np.minimum(gaps_ms[1:], gaps_ms[:-1])
    if is_even.sum() >= max(4, _EVEN_SHARE * len(second)):
        second = np.sort(np.abs(np.diff(times_ms, 2)[is_even]))
    kept = second[: max(4, round(0.75 * len(second)))]
    sigma_ms = np.sqrt(np.mean(kept**2) / 6.0) / 0.607
    return float(np.clip(sigma_ms, max(MIN_SIGMA_MS, resolution_ms / 2), MAX_SIGMA_MS))


def segment_beats(beats: Observations) -> tuple[Observations, list[Segment]]:
    """Return the segments of one tempo in order, covering all beats.

    At least 4 beats are needed. The beats are returned with their deviation from the grids, if that is smaller than
    estimated: beats between beats look like irregular ones before a grid is known.
    """
    assert len(beats.times_ms) >= 4, "too few beats for a tempo"
    for _ in range(_CLOSER_LOOKS):
        segments = _segments(beats)
        sigma_ms = _deviation_ms(beats, segments)
        if sigma_ms > _CLOSER * beats.sigma_ms:
            break
        beats = replace(beats, sigma_ms=sigma_ms)
    return beats, segments


def _deviation_ms(beats: Observations, segments: list[Segment]) -> float:
    """Return the root mean square error of the beats near the grids.

    It is at least MIN_SIGMA_MS, and infinite if no beat is near.
    """
    errors_ms = [segment.grid.errors_ms(beats.times_ms[segment.first : segment.stop]) for segment in segments]
    errors_ms = np.concatenate(errors_ms)
    near = np.abs(errors_ms) < OUTLIER_SIGMAS * beats.sigma_ms
    mean_square = np.average(errors_ms[near] ** 2, weights=beats.weights[near]) if near.any() else np.inf
    return max(MIN_SIGMA_MS, float(np.sqrt(mean_square)))


def _segments(beats: Observations) -> list[Segment]:
    grids = _candidate_grids(beats)
    segments = _cheapest_path(beats, grids)
    segments = _cheapest_path(beats, [*{segment.grid: None for segment in segments}])
    return _fix_slips(beats, _join(beats, _unify_octaves(beats, segments)))


def beat_costs(beats: Observations, grids: list[Grid]) -> np.ndarray:
    """Return the cost of each beat under each grid, [beats, grids]."""
    position = np.stack([grid.position(beats.times_ms) for grid in grids], axis=1)
    scale = np.stack([grid.beat_ms(beats.times_ms) for grid in grids], axis=1) / beats.sigma_ms
    on_beat = ((position - np.rint(position)) * scale) ** 2 / 2
    on_half = ((position - np.rint(position * 2) / 2) * scale) ** 2 / 2 + HALF_BEAT_COST
    weights = beats.weights[:, None]
    costs = np.minimum(np.minimum(on_beat, on_half), OUTLIER_COST) * weights
    costs += np.where(on_beat < OUTLIER_COST, MISSED_COST * (1 - weights), 0.0)
    gaps = np.diff(position, axis=0, prepend=position[:1])
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
                grids += _grow(beats, first, first + len(window.times_ms), grid)
                grids += _grow(beats, first, first + len(window.times_ms), bend(window, grid))
    return list(dict.fromkeys(grids))


def _grids_of_window(window: Observations) -> list[Grid]:
    """Return the two cheapest grids among the peaks of a window's spectrum."""
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


def _grow(beats: Observations, first: int, stop: int, grid: Grid) -> list[Grid]:
    """Grow a grid to all beats around the window that it explains.

    The grids of the intermediate steps are returned, too.
    """
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
    """Run Viterbi over beats with grids as states.

    Each run of one grid is refitted to its beats.
    """
    costs = beat_costs(beats, grids)
    change_costs = np.where(beats.marks, MARKED_CHANGE_COST, CHANGE_COST)
    bend_costs = np.array([_bend_cost(grid) for grid in grids])
    total = costs[0] + bend_costs
    came_from = np.zeros(costs.shape, np.int32)
    own = np.arange(len(grids))
    for beat in range(1, len(costs)):
        best = int(total.argmin())
        changed = total[best] + change_costs[beat] + bend_costs
        came_from[beat] = np.where(changed < total, best, own)
        total = np.minimum(total, changed) + costs[beat]
    state = int(total.argmin())
    path = np.empty(len(costs), np.int32)
    for beat in range(len(costs) - 1, -1, -1):
        path[beat] = state
        state = came_from[beat, state]
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    return [Segment(first, stop, refit(beats.span(first, stop), grids[path[first]])) for first, stop in pairwise(edges)]


def _join(beats: Observations, segments: list[Segment]) -> list[Segment]:
    """Join neighbours, the best pair first.

    This ends if no joint grid costs less than a change.
    """
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
    """Return one grid for two neighbours, and its additional cost.

    The cost is relative to two grids and the change between them. If one is exactly twice as fast as the other, or as
    fast but between its beats, and no change was announced, that is an error of the beat tracker. The grid in force for
    longer then explains both.
    """
    marked = beats.marks[right.first]
    both = beats.span(left.first, right.stop)
    length_ms = [beats.times_ms[part.stop - 1] - beats.times_ms[part.first] for part in (left, right)]
    longer, shorter = (left, right) if length_ms[0] >= length_ms[1] else (right, left)
    separate = sum(_cost(beats.span(part.first, part.stop), part.grid) for part in (left, right))
    separate += MARKED_CHANGE_COST if marked else CHANGE_COST
    fits = [fit(both, grid) for grid in (longer.grid, shorter.grid) for fit in (refit, bend)]
    joints = [(_cost(both, fitted) - separate, fitted) for fitted in fits]
    ratio = longer.grid.period_ms / shorter.grid.period_ms
    is_straight = longer.grid.drift == shorter.grid.drift == 0
    if is_straight and not marked and min(abs(ratio - slip) for slip in (0.5, 1, 2)) < _OCTAVE_TOLERANCE * ratio:
        fitted = refit(both, longer.grid)
        joints.append((_octave_blind_cost(both, fitted, 1 if ratio < 0.75 else 2) - separate, fitted))
    cost, grid = min(joints, key=lambda joint: joint[0])
    return cost, Segment(left.first, right.stop, grid)


def _cost(beats: Observations, grid: Grid) -> float:
    return float(beat_costs(beats, [grid]).sum()) + _bend_cost(grid)


def _bend_cost(grid: Grid) -> float:
    return BEND_COST if grid.drift else 0.0


def _octave_blind_cost(beats: Observations, grid: Grid, factor: int) -> float:
    """Return the cost of beats on a grid `factor` times as fast.

    Each beat on that grid counts as right, and none as missed.
    """
    faster = Grid(grid.period_ms / factor, grid.phase_ms)
    errors = faster.errors_ms(beats.times_ms) / beats.sigma_ms
    return float((np.minimum(errors**2 / 2, OUTLIER_COST) * beats.weights).sum())


def _unify_octaves(beats: Observations, segments: list[Segment]) -> list[Segment]:
    """Move segments twice or half as fast to the song's usual octave.

    The octave is a matter of taste, but the same for the whole song; announced changes stay.
    """
    starts_ms = beats.times_ms[[segment.first for segment in segments]]
    ends_ms = beats.times_ms[[segment.stop - 1 for segment in segments]]
    middles_ms = (starts_ms + ends_ms) / 2
    beat_ms = np.array([float(s.grid.beat_ms(at_ms)) for s, at_ms in zip(segments, middles_ms, strict=True)])
    order = np.argsort(beat_ms)
    lasting_ms = np.cumsum((ends_ms - starts_ms)[order])
    usual_ms = beat_ms[order][np.searchsorted(lasting_ms, lasting_ms[-1] / 2)]
    return [
        segment if beats.marks[segment.first] else _nearer_octave(beats, segment, own_ms / usual_ms)
        for segment, own_ms in zip(segments, beat_ms, strict=True)
    ]


def _nearer_octave(beats: Observations, segment: Segment, ratio: float) -> Segment:
    """Return a segment at half or twice its beat length.

    It changes if `ratio`, its beat length relative to the usual one, is too far from 1. If all beats or none between
    its beats are present, it stays.
    """
    if 1 / _FAR_TEMPO <= ratio <= _FAR_TEMPO:
        return segment
    grid, part = segment.grid, beats.span(segment.first, segment.stop)
    factor = 0.5 if ratio > 1 else 2.0
    phases_ms = [grid.phase_ms] if ratio > 1 else grid.times_ms(np.arange(2)).tolist()
    others = [refit(part, Grid(grid.period_ms * factor, phase_ms, grid.drift * factor)) for phase_ms in phases_ms]
    other = min(others, key=lambda choice: _cost(part, choice))
    low, high = _AMBIGUOUS
    is_free = low <= _share_between(part, grid if ratio > 1 else other) <= high
    return replace(segment, grid=other) if is_free else segment


def _share_between(beats: Observations, grid: Grid) -> float:
    """Return the weight of the beats between those of a grid.

    It is relative to the weight of the beats on the grid.
    """
    halves = np.rint(2 * grid.position(beats.times_ms)).astype(np.int64) % 2 == 1
    return float(beats.weights[halves].sum() / max(1e-9, beats.weights[~halves].sum()))


def _fix_slips(beats: Observations, segments: list[Segment]) -> list[Segment]:
    """Move segments whose beats are between those of the same tempo.

    Of two neighbours, those with fewer beats in total are moved.
    """
    runs: list[list[tuple[Segment, bool]]] = [[(segments[0], False)]]
    for left, right in pairwise(segments):
        at_ms = beats.times_ms[right.first]
        tempo_ratio = float(left.grid.beat_ms(at_ms) / right.grid.beat_ms(at_ms))
        if beats.marks[right.first] or abs(tempo_ratio - 1) > _SAME_TEMPO:
            runs.append([(right, False)])
            continue
        beat_ms = right.grid.times_ms(right.grid.number(at_ms))
        off = abs(float(left.grid.errors_ms(beat_ms) / left.grid.beat_ms(beat_ms)))
        runs[-1].append((right, runs[-1][-1][1] ^ (off > 0.5 - _SLIP_TOLERANCE)))
    return [segment for run in runs for segment in _move_to_most_beats(run)]


def _move_to_most_beats(run: list[tuple[Segment, bool]]) -> list[Segment]:
    """Move the side with fewer beats by half a beat.

    The sides are the segments between the beats of the others, and these others.
    """
    counts = [sum(segment.stop - segment.first for segment, is_between in run if is_between == side) for side in (0, 1)]
    wrong = counts[1] <= counts[0]
    return [
        replace(segment, grid=_half_a_beat_on(segment.grid)) if is_between == wrong else segment
        for segment, is_between in run
    ]


def _half_a_beat_on(grid: Grid) -> Grid:
    phase_ms = float(grid.times_ms(0.5))
    beat_ms = float(grid.beat_ms(phase_ms))
    return Grid(beat_ms, phase_ms, grid.drift * (beat_ms / grid.period_ms) ** 2)
