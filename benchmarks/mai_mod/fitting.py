"""Fit of weights by their gradient."""

from __future__ import annotations

from collections.abc import Callable

import torch

STEPS = 200


def minimised(start: torch.Tensor, loss_of: Callable[[torch.Tensor], torch.Tensor], **options: str) -> torch.Tensor:
    """Return the weights of the smallest loss that L-BFGS finds.

    `options` are those of torch's optimiser.
    """
    weights = start.requires_grad_()
    optimizer = torch.optim.LBFGS([weights], max_iter=STEPS, **options)

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = loss_of(weights)
        value.backward()
        return value

    optimizer.step(loss)
    return weights.detach()
