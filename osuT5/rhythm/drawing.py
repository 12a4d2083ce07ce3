"""Rhythms drawn from the logits of the rhythm model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from osu_beatmap.beatmap import GameMode
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT

NOISE = {GameMode.STANDARD: 0.2, GameMode.TAIKO: 0.1, GameMode.CATCH: 0.2, GameMode.MANIA: 0.1}
"""Scale of the logistic noise of a draw.

Without noise, all seeds have one rhythm. Noise lowers F1 and repetition; docs/rhythm.md has the figures.
"""

_TICKS = np.arange(TICKS_PER_BEAT)
IS_ON_GRID = TICKS_PER_BEAT // np.gcd(_TICKS, TICKS_PER_BEAT) < TICKS_PER_BEAT
"""Whether each tick of a beat is on a divisor that editors offer, bool [24]; ticks of 1/24 alone are not."""

FAVOUR = 2.0
"""Gain in logits of a favoured step."""

_PLACES = np.select(
    [
        _TICKS == 0,
        _TICKS == TICKS_PER_BEAT // 2,
        _TICKS % (TICKS_PER_BEAT // 4) == 0,
        _TICKS % (TICKS_PER_BEAT // 6) == 0,
    ],
    [0, 1, 2, 3],
    4,
)
"""Kind of place of each tick, int [24]: the beat, half beats, quarters, thirds and sixths, all others."""

_QUARTERS = 2

_HIGHEST_SHIFT = 20.0

FEWEST_SHARE = 0.03
"""Fraction of the objects that a kind of place gets by its probabilities; a rarer one gets its most likely ticks.

A song without triplets has low probabilities at all of its thirds, but they add up to a few objects.
"""

QUIET_SHARE = 0.5
"""Fraction of the usual number of objects below which a passage is quiet."""

QUIET_BEATS = 8
"""Beats over which objects are counted, and the shortest quiet passage."""


def without_quiet_passages(logits: np.ndarray) -> np.ndarray:
    """Return logits without objects in the quiet passages between others.

    Mappers of standard rest in about half of them. The sum of the probabilities would spread a few objects over each.
    On 199 maps of 70 training songs, gaps of over 8 beats last for 0.041 of the time with this rule, for 0.034 without
    it, and for 0.045 in the human-made maps; F1 is the same within 0.001.
    """
    beats = len(logits) // TICKS_PER_BEAT
    parts = logits[: beats * TICKS_PER_BEAT].reshape(beats, TICKS_PER_BEAT)
    expected = probabilities_of(parts).sum(axis=1)
    if beats < QUIET_BEATS:
        return logits
    is_quiet = np.convolve(expected, np.full(QUIET_BEATS, 1 / QUIET_BEATS), "same") < QUIET_SHARE * expected.mean()
    edges = np.flatnonzero(np.diff(is_quiet.astype(int), prepend=1, append=1))
    found = logits.copy()
    for start, end in zip(edges[1:-1:2], edges[2:-1:2], strict=True):
        if end - start >= QUIET_BEATS:
            found[start * TICKS_PER_BEAT : end * TICKS_PER_BEAT] = -np.inf
    return found


REST_BEATS = 4
"""Mappers of catch hardly leave so many beats without an object where the music goes on."""


def without_rests(steps: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return steps with the most likely ones of rests that are none.

    A draw leaves out all steps of a passage in which many are possible and none is likely. As long as a gap of
    `REST_BEATS` has half an object or more by its probabilities, it gets its most likely step.

    Args:
        steps: Steps with an object, in order, int64 [objects].
        logits: As for `draw_rhythm`.
    """
    expected = np.concatenate([[0.0], np.cumsum(probabilities_of(logits))])
    is_on_grid = np.isfinite(logits) & IS_ON_GRID[np.arange(len(logits)) % TICKS_PER_BEAT]
    found, waiting = steps.tolist(), list(pairwise(steps.tolist()))
    while waiting:
        first, last = waiting.pop()
        inside = np.arange(first + TICKS_PER_BEAT, last - TICKS_PER_BEAT + 1)
        inside = inside[is_on_grid[inside]]
        if last - first >= REST_BEATS * TICKS_PER_BEAT and len(inside) and expected[last] - expected[first + 1] >= 0.5:
            added = int(inside[logits[inside].argmax()])
            found.append(added)
            waiting += [(first, added), (added, last)]
    return np.array(sorted(found), np.int64)


def draw_rhythm(
    logits: np.ndarray,
    seed: int,
    noise: float = 0.3,
    favoured: Sequence[int] | np.ndarray = (),
    quarter_logits: float = 0.0,
) -> np.ndarray:
    """Draw the steps with an object, in order, int64 [objects].

    The number of objects is the sum of all probabilities, and so is the number on beats, half beats, quarters and
    others. The most likely steps of all together would be on beats too often: a beat is rarely in doubt.
    The same seed disturbs the same steps in the same way, so that the rhythms of several difficulties are nested
    about as often as in human-made mapsets.

    Args:
        logits: Logit of an object at each step, float [steps]; -inf where no tick exists.
        seed: Seed of the noise.
        noise: Scale of the logistic noise; 0 takes the most likely steps.
        favoured: Steps that become likelier, without more objects in total.
        quarter_logits: Gain of steps a quarter of a beat off the half beats, without more objects in total.
    """
    ticks = np.arange(len(logits)) % TICKS_PER_BEAT
    possible = np.flatnonzero(np.isfinite(logits) & IS_ON_GRID[ticks])
    count = expected_count(logits)
    gains = np.where(_PLACES[ticks] == _QUARTERS, quarter_logits, 0.0)
    gains[np.asarray(favoured, np.int64)] += FAVOUR
    likely = with_expected_count((logits + gains)[possible], count)
    disturbed = likely + np.random.default_rng(seed).logistic(0.0, noise, len(logits))[possible]
    return possible[_choose_by_place(likely, disturbed, _PLACES[ticks[possible]], round(count))]


def divisor_of(step: int) -> int:
    """Return the smallest beat divisor on whose grid a step lies."""
    return TICKS_PER_BEAT // int(np.gcd(step % TICKS_PER_BEAT, TICKS_PER_BEAT))


def probabilities_of(logits: np.ndarray) -> np.ndarray:
    """Return the probabilities of logits, float64 of the same shape."""
    return 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))


def expected_count(logits: np.ndarray) -> float:
    """Return the sum of the probabilities of logits."""
    return float(probabilities_of(logits).sum())


def with_expected_count(logits: np.ndarray, count: float) -> np.ndarray:
    """Shift logits so that their probabilities add up to a count."""
    low, high = -_HIGHEST_SHIFT, _HIGHEST_SHIFT
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if expected_count(logits + middle) > count else (middle, high)
    return logits + (low + high) / 2


def _choose_by_place(likely: np.ndarray, disturbed: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    """Return the chosen steps in order, int64 [objects].

    Args:
        likely: Logits that decide how many steps of each kind of place are chosen, float64 [steps].
        disturbed: Logits that decide which ones, float64 [steps].
        places: Kind of place of each step, int [steps].
        count: Number of objects.
    """
    most_likely = np.bincount(places[np.argsort(-likely, kind="stable")[:count]], minlength=_PLACES.max() + 1)
    expected = np.array([expected_count(likely[places == place]) for place in range(len(most_likely))])
    expected = np.where(expected < FEWEST_SHARE * count, most_likely, expected)
    numbers = np.diff(np.rint(np.cumsum(expected) * count / max(expected.sum(), 1e-9)), prepend=0.0).astype(int)
    order = np.argsort(-disturbed, kind="stable")
    return np.sort(np.concatenate([order[places[order] == place][:number] for place, number in enumerate(numbers)]))
