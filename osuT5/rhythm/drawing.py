"""Rhythms drawn from the logits of the rhythm model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from osu_beatmap.beatmap import GameMode
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT

NOISE = {GameMode.STANDARD: 0.36, GameMode.TAIKO: 0.45, GameMode.CATCH: 0.45, GameMode.MANIA: 0.3}
"""Scale of the logistic noise of a draw.

Without noise, rhythms repeat more than those of human-made maps, and their gaps vary less. Noise lowers F1. See
docs/rhythm.md.
"""

BEAT_LOGITS = {GameMode.STANDARD: -0.5, GameMode.TAIKO: -0.6, GameMode.CATCH: -0.2, GameMode.MANIA: 0.0}
"""Gain in logits of steps on the beat.

Taking the most likely steps favours beats: without this, 0.67 of the objects of standard maps are on beats; the
fraction of human-made maps is 0.60. It lowers F1 by 0.002. See docs/rhythm.md.
"""

_TICKS = np.arange(TICKS_PER_BEAT)
IS_ON_GRID = TICKS_PER_BEAT // np.gcd(_TICKS, TICKS_PER_BEAT) < TICKS_PER_BEAT
"""Whether each tick of a beat is on a divisor that editors offer, bool [24]; ticks of 1/24 alone are not."""


FAVOUR = 2.0
"""Gain in logits of a favoured step."""


_IS_QUARTER = (_TICKS % (TICKS_PER_BEAT // 2)) == TICKS_PER_BEAT // 4


def draw_rhythm(
    logits: np.ndarray,
    seed: int,
    noise: float = 0.3,
    favoured: Sequence[int] | np.ndarray = (),
    quarter_logits: float = 0.0,
    beat_logits: float = 0.0,
) -> np.ndarray:
    """Draw the steps with an object, in order, int64 [objects].

    The number of objects is the sum of all probabilities. The same seed disturbs the same steps in the same way, so
    that the rhythms of several difficulties are nested about as often as in human-made mapsets.

    Args:
        logits: Logit of an object at each step, float [steps]; -inf where no tick exists.
        seed: Seed of the noise.
        noise: Scale of the logistic noise; 0 takes the most likely steps.
        favoured: Steps that become likelier, without more objects in total.
        quarter_logits: Gain of steps a quarter of a beat off the half beats, without more objects in total.
        beat_logits: Gain of steps on the beat, likewise.
    """
    logits = logits.astype(np.float64)
    count = round(float((1.0 / (1.0 + np.exp(-logits))).sum()))
    logits[np.asarray(favoured, np.int64)] += FAVOUR
    ticks = np.arange(len(logits)) % TICKS_PER_BEAT
    logits += quarter_logits * _IS_QUARTER[ticks] + beat_logits * (ticks == 0)
    possible = np.flatnonzero(np.isfinite(logits) & IS_ON_GRID[np.arange(len(logits)) % TICKS_PER_BEAT])
    disturbed = logits[possible] + np.random.default_rng(seed).logistic(0.0, noise, len(logits))[possible]
    return np.sort(possible[np.argsort(-disturbed, kind="stable")[:count]])


def divisor_of(step: int) -> int:
    """Return the smallest beat divisor on whose grid a step lies."""
    return TICKS_PER_BEAT // int(np.gcd(step % TICKS_PER_BEAT, TICKS_PER_BEAT))
