"""Meter and downbeats of a song by vote, with one usual meter.

Each timing section has a vote.

Where downbeats are, marks are frequent; elsewhere they are rare. How frequent they are in either place is estimated for
each meter and phase (two binomials), and the likeliest one wins. Beats that are wrong come in runs, so that a beat
counts for less than one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

METER_SHARES = {4: 0.93, 3: 0.045, 2: 0.005, 5: 0.005, 6: 0.005, 7: 0.005}
"""About how many songs have each meter."""

SAME_METER = 0.97
"""How likely a stretch has the meter of the song."""

EVIDENCE_PER_BEAT = 0.5
PSEUDO_BEATS = 1.0


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars of a grid: its downbeats satisfy k % meter == first.

    `lead` is by how many nats this phase is likelier than any other of the meter.
    """

    meter: int
    first: int
    lead: float


def vote_bars(numbers: Sequence[np.ndarray], downbeats: Sequence[np.ndarray]) -> list[Bars]:
    """Return the bars of each timing section.

    Args:
        numbers: Beat numbers on the grid of a section [beats].
        downbeats: Degree to which each beat is marked as a downbeat, 0..1 [beats].
    """
    votes = [_votes(*each) for each in zip(numbers, downbeats, strict=True)]
    prior = np.log(list(METER_SHARES.values()))
    best = np.array([[max(of_meter) for of_meter in stretch.values()] for stretch in votes]).reshape(-1, len(prior))
    usual = int((best.sum(axis=0) + prior).argmax())
    other = prior + np.log(1 - SAME_METER)
    other[usual] = np.log(SAME_METER)
    meters = list(METER_SHARES)
    return [_bars(meters[int((row + other).argmax())], stretch) for row, stretch in zip(best, votes, strict=True)]


def _bars(meter: int, votes: dict[int, list[float]]) -> Bars:
    first = int(np.argmax(votes[meter]))
    others = [vote for phase, vote in enumerate(votes[meter]) if phase != first]
    return Bars(meter, first, votes[meter][first] - max(others))


def _votes(numbers: np.ndarray, downbeats: np.ndarray) -> dict[int, list[float]]:
    """Return the log-likelihood of each phase of each meter."""
    numbers = numbers.astype(np.int64)
    count, marked = len(numbers), float(downbeats.sum())
    votes = {}
    for meter in METER_SHARES:
        there = np.bincount(numbers % meter, minlength=meter).astype(np.float64)
        hits = np.bincount(numbers % meter, downbeats, minlength=meter)
        inside = _log_likelihood(hits, there)
        outside = _log_likelihood(marked - hits, count - there)
        # Marks that avoid the downbeats are no evidence for them.
        rarer = hits * np.maximum(1, count - there) < (marked - hits) * np.maximum(1, there)
        whole = _log_likelihood(np.array([marked]), np.array([float(count)]))
        votes[meter] = (EVIDENCE_PER_BEAT * np.where(rarer, whole, inside + outside)).tolist()
    return votes


def _log_likelihood(hits: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return the log likelihood of `hits` out of `total`.

    The probability is their ratio, moved slightly towards a half.
    """
    share = (np.clip(hits, 0, total) + PSEUDO_BEATS / 2) / (total + PSEUDO_BEATS)
    return hits * np.log(share) + (total - hits) * np.log(1 - share)
