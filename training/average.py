"""Exponential moving average of a model's weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WeightAverage:
    """Follows the parameters of a model; young averages forget faster, so that they are not biased to the start.

    After n updates the decay is min(decay, (1 + n) / (10 + n)).
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.weights: dict[str, Tensor] = {name: p.detach().clone() for name, p in model.named_parameters()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        names, parameters = zip(*model.named_parameters(), strict=True)
        averages = [self.weights[name] for name in names]
        torch._foreach_lerp_(averages, [p.detach() for p in parameters], 1 - decay)

    def swap(self, model: nn.Module) -> None:
        """Exchanges the model's weights and the averages; a second call exchanges them back."""
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                own = parameter.detach().clone()
                parameter.copy_(self.weights[name])
                self.weights[name] = own
