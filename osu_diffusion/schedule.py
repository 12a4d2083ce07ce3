"""Noise at each diffusion step, and diffusion in fewer steps.

Notation as in Nichol and Dhariwal 2021, "Improved denoising diffusion probabilistic models": beta_t is the noise added
in step t, alpha_bar_t the share of the signal's variance left after it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

DIFFUSION_STEPS = 1000
MAX_BETA = 0.999
COSINE_OFFSET = 0.008
SECTIONS = 10
"""A plain number of steps is spread over the first of so many sections of the noise, that of the least noise."""


@dataclass(frozen=True)
class NoiseSchedule:
    """Betas [steps] of a diffusion, and its steps of the full one.

    A model takes the steps of the full diffusion.
    """

    betas: np.ndarray
    model_steps: np.ndarray

    def __len__(self) -> int:
        return len(self.betas)

    @cached_property
    def alpha_bars(self) -> np.ndarray:
        return np.cumprod(1.0 - self.betas)

    @cached_property
    def alpha_bars_before(self) -> np.ndarray:
        """alpha_bar of the step before each; 1 before the first."""
        return np.append(1.0, self.alpha_bars[:-1])

    @cached_property
    def posterior_variances(self) -> np.ndarray:
        """Variance of q(x_{t-1} | x_t, x_0) (equation 10)."""
        return self.betas * (1.0 - self.alpha_bars_before) / (1.0 - self.alpha_bars)

    @cached_property
    def posterior_log_variances(self) -> np.ndarray:
        """Logarithms of the variances.

        The first, of a variance of 0, is that of the second.
        """
        clipped = self.posterior_variances.copy()
        clipped[0] = clipped[1] if len(clipped) > 1 else self.betas[0]
        return np.log(clipped)

    @cached_property
    def posterior_signal_weights(self) -> np.ndarray:
        """Weight of x_0 in the posterior mean.

        That is the mean of q(x_{t-1} | x_t, x_0) (equation 11).
        """
        return self.betas * np.sqrt(self.alpha_bars_before) / (1.0 - self.alpha_bars)

    @cached_property
    def posterior_noisy_weights(self) -> np.ndarray:
        """Weight of x_t in that mean."""
        return (1.0 - self.alpha_bars_before) * np.sqrt(1.0 - self.betas) / (1.0 - self.alpha_bars)

    def respace(self, steps: Sequence[int]) -> NoiseSchedule:
        """Return the diffusion that visits only these steps, ascending."""
        bars = self.alpha_bars[list(steps)]
        return NoiseSchedule(1.0 - bars / np.append(1.0, bars[:-1]), self.model_steps[list(steps)])


def squared_cosine() -> NoiseSchedule:
    """Return the squared-cosine schedule.

    alpha_bar falls as cos((t + s) / (1 + s) * pi / 2)^2 (equation 17), t in 0..1.
    """

    def signal(t: float) -> float:
        return math.cos((t + COSINE_OFFSET) / (1.0 + COSINE_OFFSET) * math.pi / 2.0) ** 2

    steps = range(DIFFUSION_STEPS)
    betas = [min(1.0 - signal((t + 1) / len(steps)) / signal(t / len(steps)), MAX_BETA) for t in steps]
    return NoiseSchedule(np.array(betas), np.array(steps))


def space_steps(counts: Sequence[int], steps: int = DIFFUSION_STEPS) -> list[int]:
    """Return the steps to visit.

    The diffusion is cut into equal sections, least noise first; `counts` is the number of steps in each.

    Raises:
        ValueError: A section has fewer steps.
    """
    size, extra = divmod(steps, len(counts))
    chosen: list[int] = []
    start = 0
    for section, count in enumerate(counts):
        length = size + (section < extra)
        if count > length:
            raise ValueError(f"a section of {length} steps cannot be visited in {count}")
        stride = (length - 1) / (count - 1) if count > 1 else 1.0
        # Added up rather than multiplied, since rounding then goes the way of the published program.
        place = 0.0
        for _ in range(count):
            chosen.append(start + round(place))
            place += stride
        start += length
    return sorted(set(chosen))
