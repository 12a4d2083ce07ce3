"""Hitsounds of mania rows, drawn for a whole map at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from osuT5.encoding.hit_objects.hitsounds import ADDITION_VALUES

ADDITION_SHARES = np.array([0.311, 0.207, 0.137, 0.044, 0.221, 0.038, 0.032, 0.010])
"""Mean fractions of rows with no addition, whistle, finish, both, clap, clap and whistle ... in maps with hitsounds.

Source: the 97 such mania maps of the training songs.
"""

SHARE_SPREAD = 0.6
"""Standard deviation of the logarithm of a map's fractions: about that of frequent additions in the same maps."""

BALANCE_ROUNDS = 20


def draw_row_sounds(
    logits: np.ndarray,
    places: Sequence[int],
    is_hitsounded: bool,
    draw: Callable[[np.ndarray, np.random.Generator], int],
    seed: int,
) -> list[int]:
    """Draw the sounds of all rows of a map.

    They have one pair of sample sets.

    The network knows the habits of no mapper, and predicts whistles on half of the rows. Its probabilities are
    therefore shifted to the frequencies of human-made maps. Rows at one place in the bar share their random numbers,
    as patterns of hitsounds return.

    Args:
        logits: Logits of sounds that do not depend on earlier sounds, float [rows, sounds].
        places: Tick in the bar of each row.
        is_hitsounded: Whether there are any additions.
        draw: Draws an index from logits.
    """
    by_sample_set = logits.reshape(len(logits), -1, ADDITION_VALUES)
    sample_set = int(np.logaddexp.reduce(by_sample_set, axis=(0, 2)).argmax())
    first = ADDITION_VALUES * sample_set
    if not is_hitsounded:
        return [first] * len(logits)
    shares = ADDITION_SHARES * np.exp(np.random.default_rng(seed).normal(0.0, SHARE_SPREAD, ADDITION_VALUES))
    additions = shift_to_shares(by_sample_set[:, sample_set], shares / shares.sum())
    return [
        first + draw(scores, np.random.default_rng([seed, place]))
        for scores, place in zip(additions, places, strict=True)
    ]


def shift_to_shares(logits: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return logits whose mean probabilities are the shares.

    The logits [rows, values] are shifted by a constant for each of the shares [values].

    Source: Saerens, Latinne and Decaestecker (2002), "Adjusting the outputs of a classifier to new a priori
    probabilities", repeated until the means fit.
    """
    shifts = np.zeros(len(shares))
    for _ in range(BALANCE_ROUNDS):
        shifted = logits + shifts
        log_probabilities = shifted - np.logaddexp.reduce(shifted, axis=1, keepdims=True)
        shifts += np.log(shares * len(logits)) - np.logaddexp.reduce(log_probabilities, axis=0)
    return logits + shifts
