"""Spacing of a map as requested: tilted probabilities of distances."""

from __future__ import annotations

import numpy as np

from osuT5.objects.tokens.fields import DISTANCES_PX

LARGEST_FACTOR = 3.0
"""Highest factor by which an expected distance is changed, either way."""

STEEPEST_TILT = 0.2
"""Logits per osu! pixel; beyond it the most extreme distance is certain."""

HALVINGS = 30


class SpacingControl:
    """Control of the mean distance of near objects during generation.

    Objects so far say more about the next distance than a condition of the network. Each expected distance is therefore
    multiplied by the factor that the expected distances of the map so far lack. They grow with the distances drawn,
    so that the factor approaches 1.

    Args:
        target_px: Mean distance to reach.
    """

    def __init__(self, target_px: float) -> None:
        self.target_px = target_px
        self._expected_px: list[float] = []

    def tilt(self, logits: np.ndarray) -> np.ndarray:
        """Return the logits of an object's distance classes, tilted towards the target."""
        self._expected_px.append(expected_px(logits))
        mean_px = max(1.0, float(np.mean(self._expected_px)))
        factor = np.clip(self.target_px / mean_px, 1 / LARGEST_FACTOR, LARGEST_FACTOR)
        return tilt_to_mean(logits, self._expected_px[-1] * factor)


def tilt_to_mean(logits: np.ndarray, mean_px: float) -> np.ndarray:
    """Return logits tilted to an expected distance.

    A multiple of the distance is added. If the expected distance cannot become `mean_px`, it comes as near as possible.
    """
    low, high = -STEEPEST_TILT, STEEPEST_TILT
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if expected_px(logits + middle * DISTANCES_PX) < mean_px else (low, middle)
    return logits + high * DISTANCES_PX


def expected_px(logits: np.ndarray) -> float:
    """Return the expected distance of the classes."""
    probabilities = np.exp(logits - logits.max())
    return float(probabilities @ DISTANCES_PX / probabilities.sum())
