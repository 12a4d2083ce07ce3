"""Learning rate over the steps of a run."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

FALLS: dict[str, Callable[[float], float]] = {
    "cosine": lambda progress: 0.5 * (1 + math.cos(math.pi * progress)),
    "linear": lambda progress: 1 - progress,
    "constant": lambda progress: 1.0,
}
"""Shape of the last stretch -> what is left of the fall at a progress of 0..1."""


@dataclass(frozen=True, slots=True)
class RateSchedule:
    """Linear from 0 to `peak` over the warm-up, `peak` while it is sustained, then a fall to `final_share` of it.

    The fall ends at `total_steps`, and what it ended at holds after. `shape` is a key of FALLS; a constant one never
    falls.
    """

    shape: str
    peak: float
    warmup_steps: int
    total_steps: int
    sustain_steps: int = 0
    final_share: float = 0.02

    def at(self, step: int) -> float:
        """The learning rate of a step, the first being 0."""
        if step < self.warmup_steps:
            return self.peak * (step + 1) / self.warmup_steps
        start = self.warmup_steps + self.sustain_steps
        progress = min(1.0, max(0.0, (step - start) / max(1, self.total_steps - start)))
        return self.peak * (self.final_share + (1 - self.final_share) * FALLS[self.shape](progress))
