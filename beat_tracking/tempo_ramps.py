"""Evenly changing tempi between two sections of known tempo.

A ramp is often short, or half of it is silent: too little to find a grid of its own. But a ramp that begins on a beat
of the first section at its tempo, and ends on a beat of the second at that tempo, has only its start and its end left
to fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from beat_tracking.grids import Grid, Observations
from beat_tracking.segments import Segment, beat_costs

REACH_BEATS = 64
FEWEST_BEATS, LEAST_CHANGE, MOST_CHANGE = 4, 0.01, 0.6
BRIDGE_COST = 12.0
"""Less than a change of tempo: only its ends are free."""

_MISFIT_MS = 8.0
_MOST_TRIED = 400


def bridge_ramps(beats: Observations, segments: Sequence[Segment]) -> list[Segment]:
    """Return the segments with the tempo ramps that the beats support.

    A ramp is used if it makes the beats much more likely.
    """
    result = [segments[0]]
    for right in segments[1:]:
        left = result.pop()
        result += _bridge(beats, left, right)
    return result


def _bridge(beats: Observations, left: Segment, right: Segment) -> list[Segment]:
    change = abs(float(np.log(left.grid.period_ms / right.grid.period_ms)))
    if left.grid.drift or right.grid.drift or not LEAST_CHANGE <= change <= MOST_CHANGE:
        return [left, right]
    grids, spans_ms = _grids_between(beats, left, right)
    if not grids:
        return [left, right]
    near = beats.span(left.first, right.stop)
    of_left, of_right, *_ = costs = beat_costs(near, [left.grid, right.grid, *grids]).T
    before, after = (near.times_ms[:, None] < edge_ms - 1.0 for edge_ms in spans_ms.T)  # [beats, grids]
    changed = np.where(before, of_left[:, None], np.where(after, costs[2:].T, of_right[:, None])).sum(axis=0)
    stays = of_left[: right.first - left.first].sum() + of_right[right.first - left.first :].sum()
    best = int(changed.argmin())
    first, stop = left.first + int(before[:, best].sum()), left.first + int(after[:, best].sum())
    is_worth_it = changed[best] + BRIDGE_COST < stays
    if not is_worth_it or min(first - left.first, stop - first, right.stop - stop) < FEWEST_BEATS:
        return [left, right]
    return [replace(left, stop=first), Segment(first, stop, grids[best]), replace(right, first=stop)]


def _grids_between(beats: Observations, left: Segment, right: Segment) -> tuple[list[Grid], np.ndarray]:
    """Return grids of evenly changing tempo between two segments.

    The second value holds the beats at which each begins and ends [grids, 2]. Over a time T from period a to b there
    are T (1/a + 1/b) / 2 beats, which must be a whole number.
    """
    change_ms = beats.times_ms[right.first]
    reach = np.arange(REACH_BEATS)
    starts_ms = left.grid.times_ms(left.grid.number(change_ms) + REACH_BEATS // 4 - reach)
    ends_ms = right.grid.times_ms(right.grid.number(change_ms) - REACH_BEATS // 4 + reach)
    starts_ms = starts_ms[starts_ms > beats.times_ms[left.first]]
    ends_ms = ends_ms[ends_ms < beats.times_ms[right.stop - 1]]
    lasting_ms = ends_ms[None, :] - starts_ms[:, None]
    a_ms, b_ms = left.grid.period_ms, right.grid.period_ms
    count = lasting_ms * (1 / a_ms + 1 / b_ms) / 2
    misfit_ms = np.abs(count - np.rint(count)) * (a_ms + b_ms) / 2
    fits = np.argwhere((count > FEWEST_BEATS) & (misfit_ms < _MISFIT_MS))
    fits = fits[np.argsort(misfit_ms[tuple(fits.T)], kind="stable")][:_MOST_TRIED]
    grids = [
        Grid(a_ms, float(starts_ms[start]), float((a_ms / b_ms - 1) * a_ms / lasting_ms[start, end]))
        for start, end in fits
    ]
    return grids, np.array([(starts_ms[start], ends_ms[end]) for start, end in fits]).reshape(-1, 2)
