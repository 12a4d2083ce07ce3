"""Learning rate over the steps of a run."""

from __future__ import annotations

import math


def warmup_cosine(step: int, peak: float, warmup_steps: int, total_steps: int, floor_share: float = 0.02) -> float:
    """Linear from 0 to `peak`, then half a cosine down to `floor_share` of it at `total_steps`, constant after."""
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    progress = min(1.0, (step - warmup_steps) / max(1, total_steps - warmup_steps))
    return peak * (floor_share + (1 - floor_share) * 0.5 * (1 + math.cos(math.pi * progress)))
