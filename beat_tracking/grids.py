"""Grids of beats and their least-squares fit to beats that were heard.

A grid counts beats at a constant tempo, or at one that changes evenly, as an accelerando does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MIN_BPM, MAX_BPM = 30.0, 400.0
OUTLIER_SIGMAS = 3.0

_FIT_ROUNDS = 4
_BEND_REACHES = (0.2, 0.1)  # of a beat: how far beats may be off a grid whose tempo does not change yet
_LEAST_BEND = 0.01
_LEAST_RATE, _MOST_RATE = 0.4, 2.5


@dataclass(frozen=True, slots=True)
class Grid:
    """Beats at the times whose `position` is a whole number.

    With u = (time - phase_ms) / period_ms the position is u + drift * u**2 / 2: beat 0 is at `phase_ms`, a beat there
    lasts `period_ms`, and in each such time the tempo grows by the share `drift` of what it is there. It stays where it
    has come to 0.4 or 2.5 times of that.
    """

    period_ms: float
    phase_ms: float
    drift: float = 0.0

    def position(self, times_ms: np.ndarray) -> np.ndarray:
        """Return the number of beats from beat 0 to each time."""
        u = (times_ms - self.phase_ms) / self.period_ms
        if self.drift == 0:
            return u
        bent = np.clip(u, *self._bent_span())
        return bent + self.drift * bent**2 / 2 + (u - bent) * (1 + self.drift * bent)

    def number(self, times_ms: np.ndarray) -> np.ndarray:
        """Return the number of the beat nearest to each time, as floats."""
        return np.rint(self.position(times_ms))

    def beat_ms(self, times_ms: np.ndarray) -> np.ndarray:
        """Return the beat length at each time."""
        bent = np.clip((times_ms - self.phase_ms) / self.period_ms, *self._bent_span())
        return self.period_ms / (1 + self.drift * bent)

    def errors_ms(self, times_ms: np.ndarray) -> np.ndarray:
        """Return the signed distance of each time from the nearest beat."""
        position = self.position(times_ms)
        return (position - np.rint(position)) * self.beat_ms(times_ms)

    def times_ms(self, numbers: np.ndarray) -> np.ndarray:
        """Return the times of numbered beats."""
        numbers = np.asarray(numbers, np.float64)
        if self.drift == 0:
            return self.phase_ms + numbers * self.period_ms
        low, high = self._bent_span()
        edges = [edge + self.drift * edge**2 / 2 for edge in (low, high)]
        bent = np.clip(numbers, *edges)
        u = (np.sqrt(1 + 2 * self.drift * bent) - 1) / self.drift
        u += (numbers - bent) / (1 + self.drift * u)
        return self.phase_ms + u * self.period_ms

    def _bent_span(self) -> tuple[float, float]:
        """Return the range of u within which the tempo changes."""
        if self.drift == 0:
            return -np.inf, np.inf
        ends = ((_LEAST_RATE - 1) / self.drift, (_MOST_RATE - 1) / self.drift)
        return min(ends), max(ends)


@dataclass(frozen=True, slots=True)
class Observations:
    """Beat times in order, with weights and marks; all arrays are [beats].

    `weights` (0..1] is 1 for a beat that is sure; `marks` is true where a tempo change was announced.
    """

    times_ms: np.ndarray
    weights: np.ndarray
    marks: np.ndarray
    sigma_ms: float

    def span(self, first: int, stop: int) -> Observations:
        part = slice(first, stop)
        return Observations(self.times_ms[part], self.weights[part], self.marks[part], self.sigma_ms)


def refit(beats: Observations, grid: Grid, fixed_period: bool = False) -> Grid:
    """Fit a grid by least squares to the beats near it.

    The fit is repeated as those change.

    A changing tempo becomes a constant one where it hardly changes over the beats, but not the other way round.
    """
    previous = None
    for _ in range(_FIT_ROUNDS):
        near = np.abs(grid.errors_ms(beats.times_ms)) < OUTLIER_SIGMAS * beats.sigma_ms
        if previous is not None and np.array_equal(near, previous):
            break
        previous = near
        fitted = _fit_parabola(beats, grid, near) if grid.drift else _fit_line(beats, grid, near, fixed_period)
        if fitted is None:
            return grid
        grid = fitted
    return refit(beats, _straighten(grid, beats.times_ms)) if grid.drift and not _is_bent(grid, beats) else grid


def bend(beats: Observations, grid: Grid) -> Grid:
    """Bend a grid of the middle tempo to a changing tempo.

    It stays unchanged if the beats do not allow it, and gets a constant tempo if that hardly changes.
    """
    bent = grid
    for reach in _BEND_REACHES:
        near = np.abs(bent.errors_ms(beats.times_ms)) < reach * bent.beat_ms(beats.times_ms)
        fitted = _fit_parabola(beats, bent, near)
        if fitted is None:
            return grid
        bent = fitted
    return refit(beats, bent)


def _is_bent(grid: Grid, beats: Observations) -> bool:
    first_ms, last_ms = grid.beat_ms(beats.times_ms[[0, -1]])
    return abs(np.log(last_ms / first_ms)) >= _LEAST_BEND


def _straighten(grid: Grid, times_ms: np.ndarray) -> Grid:
    """Return a grid with the tempo at the middle of the times."""
    middle_ms = grid.times_ms(grid.number((times_ms[:1] + times_ms[-1:]) / 2))
    return Grid(float(grid.beat_ms(middle_ms)[0]), float(middle_ms[0]))


def _fit_line(beats: Observations, grid: Grid, near: np.ndarray, fixed_period: bool) -> Grid | None:
    errors_ms = grid.errors_ms(beats.times_ms)[near]
    numbers = grid.number(beats.times_ms[near])
    if len(numbers) < 2 or numbers[0] == numbers[-1]:
        return None
    weights = beats.weights[near] / beats.weights[near].sum()
    centre = weights @ numbers
    shift_ms = weights @ errors_ms
    offsets = numbers - centre
    slope_ms = 0.0 if fixed_period else (weights * offsets) @ errors_ms / ((weights * offsets) @ offsets)
    # The phase moves to the beat nearest to the centre, where it is known best.
    at = np.rint(centre)
    phase_ms = grid.phase_ms + at * grid.period_ms + shift_ms + (at - centre) * slope_ms
    return Grid(float(grid.period_ms + slope_ms), float(phase_ms))


def _fit_parabola(beats: Observations, grid: Grid, near: np.ndarray) -> Grid | None:
    """Fit beat numbers as a parabola of the times, by least squares.

    Return None for fewer than five numbers, or if the result is no possible tempo.
    """
    times_ms, numbers = beats.times_ms[near], grid.number(beats.times_ms[near])
    if len(np.unique(numbers)) < 5:
        return None
    weights = np.sqrt(beats.weights[near])
    centre_ms, scale_ms = times_ms.mean(), np.ptp(times_ms) / 2
    x = (times_ms - centre_ms) / scale_ms
    terms = np.stack([np.ones_like(x), x, x**2], axis=1)
    (start, slope, curve), *_ = np.linalg.lstsq(terms * weights[:, None], numbers * weights, rcond=None)
    # The place of the whole beat next to the centre, by Newton's method; the tempo there.
    at, x = np.rint(start), 0.0
    for _ in range(_FIT_ROUNDS):
        rate = slope + 2 * curve * x
        if rate <= 0:
            return None
        x -= (start + slope * x + curve * x**2 - at) / rate
    rate = slope + 2 * curve * x
    period_ms = scale_ms / rate if rate > 0 else np.inf
    if not 60_000 / MAX_BPM <= period_ms <= 60_000 / MIN_BPM:
        return None
    return Grid(float(period_ms), float(centre_ms + x * scale_ms), float(2 * curve / rate**2))
