"""Tempi of segments, fitted jointly, with a preference for plain values.

Segments that follow each other without a break are fitted together. The tempo of 16 beats that are each off by 4 ms is
accurate to 0.1 BPM only. If the next segment begins on one of its beats, that beat is determined from both sides, and
the error is about half of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from beat_tracking.grids import OUTLIER_SIGMAS, Grid, Observations, refit
from beat_tracking.segments import Segment

# Share of charts whose tempo is a whole number, a half, a tenth, a hundredth; the rest may be anything.
_TEMPO_STEPS_BPM = ((1.0, 0.75), (0.5, 0.08), (0.1, 0.04), (0.01, 0.04))
_ANY_TEMPO = 0.09
_ERROR_MARGIN = 1.5  # errors of neighbouring beats are alike, so the fit is less sure than least squares says
_COMMON_ERROR_MS = 3.0  # beats at the end of a stretch may all be that much later than those at its beginning
_COMMON_DEVIATIONS = 1.5
_LEAST_DEVIATION_MS = 0.5
_LEAST_BREAK_MS = 3.0
_SAME_TEMPO, _SAME_PHASE_MS = 2e-4, 5.0


@dataclass(frozen=True, slots=True)
class _Chain:
    """Segments of constant tempo, each from a beat of the previous one.

    Beats are numbered through: beat knots[i] belongs to both parts[i] and parts[i + 1].
    """

    parts: list[Segment]
    knots: list[float]


def with_settled_tempi(observed: Observations, segments: Sequence[Segment]) -> list[Segment]:
    """Return the segments with the most probable tempi.

    Each has the phase of its own beats. Segments that turn out to have one grid are joined.
    """
    settled = _settle_each(observed, segments)
    joined = _join_same_tempi(observed, settled)
    return joined if len(joined) == len(settled) else _settle_each(observed, joined)


def _settle_each(observed: Observations, segments: Sequence[Segment]) -> list[Segment]:
    settled: list[Segment] = []
    for chain in _chains(observed, segments):
        for segment, tempo in zip(chain.parts, _beat_lengths(observed, chain), strict=True):
            settled.append(segment if tempo is None else _settle(observed, segment, *tempo))
    return settled


def _join_same_tempi(observed: Observations, segments: Sequence[Segment]) -> list[Segment]:
    joined = [segments[0]]
    for right in segments[1:]:
        left = joined[-1]
        if not _are_same(observed, left, right):
            joined.append(right)
            continue
        longer = max(left, right, key=lambda segment: segment.stop - segment.first)
        both = observed.span(left.first, right.stop)
        joined[-1] = Segment(left.first, right.stop, refit(both, longer.grid))
    return joined


def _are_same(observed: Observations, left: Segment, right: Segment) -> bool:
    """Return whether tempo and beats continue over a boundary."""
    if left.grid.drift or right.grid.drift or abs(left.grid.period_ms / right.grid.period_ms - 1) > _SAME_TEMPO:
        return False
    first_ms = right.grid.times_ms(right.grid.number(observed.times_ms[right.first]))
    return abs(float(left.grid.errors_ms(first_ms))) <= _SAME_PHASE_MS


def _settle(observed: Observations, segment: Segment, period_ms: float, error_ms: float) -> Segment:
    part = observed.span(segment.first, segment.stop)
    middle_ms = segment.grid.times_ms(np.rint(np.median(segment.grid.number(part.times_ms))))
    grid = Grid(60_000.0 / _plain_bpm(period_ms, error_ms), float(middle_ms))
    return replace(segment, grid=refit(part, grid, fixed_period=True))


def _plain_bpm(period_ms: float, error_ms: float) -> float:
    """Return the most probable tempo.

    Most songs have a whole number of BPM. With s the standard error of the fit, a value v on steps of d BPM that a
    fraction p of all songs uses has the posterior weight p * d * N(v; fit, s). All other tempi together have the
    remaining fraction.
    """
    bpm = 60_000.0 / period_ms
    error_bpm = error_ms * bpm / period_ms
    best_bpm, best_weight = bpm, _ANY_TEMPO
    for step_bpm, share in _TEMPO_STEPS_BPM:
        plain_bpm = np.rint(bpm / step_bpm) * step_bpm
        density = np.exp(-(((plain_bpm - bpm) / error_bpm) ** 2) / 2) / (error_bpm * np.sqrt(2 * np.pi))
        if share * step_bpm * density > best_weight:
            best_bpm, best_weight = float(plain_bpm), share * step_bpm * density
    return best_bpm


def _chains(observed: Observations, segments: Sequence[Segment]) -> list[_Chain]:
    chains = [_Chain([segments[0]], [])]
    for left, right in pairwise(segments):
        shared_ms = _shared_beat_ms(observed, left, right)
        if shared_ms is None:
            chains.append(_Chain([right], []))
            continue
        parts, knots = chains[-1].parts, chains[-1].knots
        knot, own = (float(grid.number(np.array([shared_ms]))[0]) for grid in (parts[-1].grid, right.grid))
        renumbered = Grid(right.grid.period_ms, right.grid.phase_ms + (own - knot) * right.grid.period_ms)
        parts.append(replace(right, grid=renumbered))
        knots.append(knot)
    return chains


def _shared_beat_ms(observed: Observations, left: Segment, right: Segment) -> float | None:
    """Return the beat next to the change at which both grids meet.

    They meet within the errors of both; otherwise return None.
    """
    if left.grid.drift or right.grid.drift:
        return None
    counts = np.array([left.stop - left.first, right.stop - right.first])
    limit_ms = max(_LEAST_BREAK_MS, 2 * OUTLIER_SIGMAS * observed.sigma_ms * float(np.sqrt((1 / counts).sum())))
    edges_ms = observed.times_ms[[left.stop - 1, right.first]]
    beats_ms = right.grid.times_ms(right.grid.number(edges_ms))
    breaks_ms = np.abs(left.grid.errors_ms(beats_ms))
    best = int(breaks_ms.argmin())
    return float(beats_ms[best]) if breaks_ms[best] <= limit_ms else None


def _beat_lengths(observed: Observations, chain: _Chain) -> list[tuple[float, float] | None]:
    """Fit the beat lengths of a chain together by least squares.

    Returns each with its error; None for a part that cannot be fitted. The first column of the terms is the time of
    beat 0; each other one counts the beats of a part up to a beat.
    """
    terms, heard_ms, weights = [], [], []
    for segment in chain.parts:
        part = observed.span(segment.first, segment.stop)
        near = np.abs(segment.grid.errors_ms(part.times_ms)) < OUTLIER_SIGMAS * part.sigma_ms
        terms.append(_terms(segment.grid.number(part.times_ms[near]), chain.knots))
        heard_ms.append(part.times_ms[near])
        weights.append(part.weights[near])
    unknown = [None] * len(chain.parts)
    if any(segment.grid.drift for segment in chain.parts) or min(len(np.unique(each, axis=0)) for each in terms) < 3:
        return unknown
    term, heard, weight = np.concatenate(terms), np.concatenate(heard_ms), np.concatenate(weights)
    normal = term.T @ (term * weight[:, None])
    fitted = np.linalg.solve(normal, term.T @ (heard * weight))
    deviation_ms = max(_LEAST_DEVIATION_MS, float(np.std(heard - term @ fitted)))
    random_ms = _ERROR_MARGIN * deviation_ms * np.sqrt(np.diag(np.linalg.inv(normal))[1:])
    common_error_ms = min(_COMMON_ERROR_MS, _COMMON_DEVIATIONS * deviation_ms)
    common_ms = common_error_ms / np.array([np.ptp(column) for column in term.T[1:]])
    return list(zip(fitted[1:].tolist(), np.hypot(random_ms, common_ms).tolist(), strict=True))


def _terms(numbers: np.ndarray, knots: Sequence[float]) -> np.ndarray:
    starts, ends = [-np.inf, *knots], [*knots, np.inf]
    counted = [
        np.clip(numbers, start, end) - (start if np.isfinite(start) else 0.0)
        for start, end in zip(starts, ends, strict=True)
    ]
    return np.stack([np.ones(len(numbers)), *counted], axis=1)
