"""Exponential moving average of the weights that a run trains."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.weights import trained_parameters


class WeightAverage:
    """Follows a model's trained parameters; young averages forget faster, so that they are not biased to the start.

    After n updates the decay is min(decay, (1 + n) / (10 + n)).
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.weights: dict[str, Tensor] = {n: p.detach().clone() for n, p in trained_parameters(model).items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        parameters = trained_parameters(model)
        averages = [self.weights[name] for name in parameters]
        torch._foreach_lerp_(averages, [p.detach() for p in parameters.values()], 1 - decay)

    def swap(self, model: nn.Module) -> None:
        """Exchanges the model's weights and the averages; a second call exchanges them back."""
        with torch.no_grad():
            for name, parameter in trained_parameters(model).items():
                own = parameter.detach().clone()
                parameter.copy_(self.weights[name])
                self.weights[name] = own
