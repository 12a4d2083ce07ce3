"""Comparison of objects with the ticks of their red line.

It finds a line that was moved, or a changed tempo, without its objects.

Every object off its tick may be a mistake of its own, and one moved by a few ms may come to lie on a finer division
that a rule takes for right. Objects that are all off together, by the same time or by more and more of it, are one
mistake of the line: the phases of all objects against coarse divisions tell by how much.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from modding.aspects import Aspect
from modding.observation.observation import Observation
from osu_beatmap.beatmap import Beatmap, TimingPoint
from osu_beatmap.timing.active_point import Timing
from osuT5.generation.token_scores import Surprisal

DIVISION_CHANCES = {1: 0.35, 2: 0.25, 4: 0.25, 3: 0.04, 6: 0.03, 8: 0.04, 12: 0.01, 16: 0.01}
"""Approximate frequency of objects on a divisor and on no coarser one; the rest may be anywhere."""

ROUNDING_MS = 1.0
LEAST_BITS = 2.0
"""Minimum evidence for a wrong line.

Lines were moved, or their tempo changed by 0.5 %, on 94 charts of training songs. All but one with few objects had
more than four bits; unchanged lines had none.
"""

FEWEST_MARKS = 16
LEAST_ERROR_MS = 2.5
"""Error of rounding and old editors; a smaller one does not move a line."""

MAX_DRIFT = 0.01
NEAR_MS = 15.0
MIN_GAIN_BITS = 0.15
"""Minimum gain for each object of a change of tempo, or of other divisors."""

MAX_DRIFT_STEPS = 4000
COARSE = (4, 3)
"""Divisors against which phases are computed."""

LEAST_ON_TICKS = 0.9
"""Fraction of objects on coarse ticks above which a chart is correct."""


@dataclass(frozen=True, slots=True)
class LineFit:
    """Red line with the offset and drift that fit its objects.

    `bits` is the improvement per object on average; 0 if the line is right.
    """

    red: TimingPoint
    start_ms: float
    end_ms: float
    offset_ms: float = 0.0
    drift: float = 0.0
    bits: float = 0.0

    @property
    def is_off(self) -> bool:
        return self.bits >= LEAST_BITS

    def moved(self, times_ms: np.ndarray) -> np.ndarray:
        """Return the moved times of a line's beats."""
        return self.red.time_ms + self.offset_ms + (times_ms - self.red.time_ms) * (1 + self.drift)


def line_fits(beatmap: Beatmap) -> list[LineFit]:
    """Return a fit for each red line with enough objects."""
    timing = Timing(beatmap.timing_points)
    edges_ms = [-math.inf, *(red.time_ms for red in timing.reds[1:]), math.inf]
    all_ms = np.unique([obj.time_ms for obj in beatmap.hit_objects])
    fits = []
    for red, (start_ms, end_ms) in zip(timing.reds, pairwise(edges_ms), strict=True):
        times_ms = all_ms[(all_ms >= start_ms) & (all_ms < end_ms)]
        if len(times_ms) >= FEWEST_MARKS:
            fits.append(_fit(red, times_ms, timing.beat_length_at(red.time_ms)))
    return fits


def _fit(red: TimingPoint, times_ms: np.ndarray, beat_ms: float) -> LineFit:
    span_ms = float(times_ms[0]), float(times_ms[-1])
    since_ms = times_ms - red.time_ms
    as_it_is = LineFit(red, *span_ms)
    if _share_on_ticks(since_ms, beat_ms) >= LEAST_ON_TICKS:
        return as_it_is
    best = as_it_is
    for max_drift in (0.0, MAX_DRIFT):
        for division in COARSE:
            offset_ms, drift = _best_phase(since_ms, beat_ms / division, max_drift)
            bits = _bits(since_ms - offset_ms, beat_ms * (1 + drift)) - _bits(since_ms, beat_ms)
            wrong_ms = offset_ms + drift * since_ms
            if bits > best.bits + MIN_GAIN_BITS and np.sqrt(np.mean(wrong_ms**2)) >= LEAST_ERROR_MS:
                best = LineFit(red, *span_ms, offset_ms, drift, bits)
    return best


def _share_on_ticks(since_ms: np.ndarray, beat_ms: float) -> float:
    off_ms = np.min([np.abs(_off_ms(since_ms, beat_ms / division)) for division in COARSE], axis=0)
    return float((off_ms < LEAST_ERROR_MS).mean())


def _off_ms(since_ms: np.ndarray, step_ms: float) -> np.ndarray:
    return since_ms - np.round(since_ms / step_ms) * step_ms


def _best_phase(since_ms: np.ndarray, step_ms: float, max_drift: float) -> tuple[float, float]:
    """Return the offset in ms and the drift that best fit steps.

    They maximise the periodogram around the step's frequency, fine enough that no peak falls between two drifts. If a
    drift is allowed, a line through the remaining errors then refines both.
    """
    cycles = float(np.abs(since_ms).max()) / step_ms
    drifts = np.linspace(-max_drift, max_drift, 2 * min(MAX_DRIFT_STEPS, math.ceil(8 * cycles * max_drift)) + 1)
    phases = np.exp(2j * math.pi * since_ms / (step_ms * (1 + drifts[:, None]))).mean(1)
    best = int(np.abs(phases).argmax())
    drift = float(drifts[best])
    offset_ms = float(np.angle(phases[best])) / (2 * math.pi) * step_ms * (1 + drift)
    if max_drift:
        off_ms = _off_ms(since_ms - offset_ms, step_ms * (1 + drift))
        near = np.abs(off_ms) <= NEAR_MS
        if near.sum() >= FEWEST_MARKS:
            more, still_ms = np.polyfit(since_ms[near], off_ms[near], 1)
            return offset_ms + float(still_ms), drift + float(more)
    return offset_ms, drift


def _bits(since_ms: np.ndarray, beat_ms: float) -> float:
    """Return the mean log probability of times on ticks.

    Each is on a tick of some divisor; the beat is the unit.
    """
    chances = np.full(len(since_ms), 1 - sum(DIVISION_CHANCES.values()))
    for division, chance in DIVISION_CHANCES.items():
        off_ms = _off_ms(since_ms, beat_ms / division)
        density = np.exp(-0.5 * (off_ms / ROUNDING_MS) ** 2) / (ROUNDING_MS * math.sqrt(2 * math.pi))
        chances += chance * density * beat_ms / division
    return float(np.log2(chances).mean())


def observe_lines(fits: Sequence[LineFit]) -> Iterator[Observation]:
    """Yield an observation for each fitted red line."""
    for fit in fits:
        yield Observation(Aspect.LINES, fit.start_ms, Surprisal(fit.bits, 0.0), None, fit)
