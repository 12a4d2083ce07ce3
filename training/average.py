"""Exponential moving average of the weights that a run trains."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from training.weights import trained_parameters


class WeightAverage:
    """Exponential moving average of a model's trained parameters.

    Young averages forget faster, so that they are not biased to the start: after n updates the decay is
    min(decay, (1 + n) / (10 + n)). `AveragedModel` of torch would copy frozen weights as well.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.weights: dict[str, Tensor] = {n: p.detach().clone() for n, p in trained_parameters(model).items()}

    def update(self, model: nn.Module) -> None:
        """Move the averages towards the model's weights."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        parameters = trained_parameters(model)
        averages = [self.weights[name] for name in parameters]
        get_ema_multi_avg_fn(decay)(averages, [p.detach() for p in parameters.values()], self.updates)

    @torch.no_grad()
    def swap(self, model: nn.Module) -> None:
        """Exchange the model's weights and the averages.

        A second call exchanges them back.
        """
        for name, parameter in trained_parameters(model).items():
            own = parameter.detach().clone()
            parameter.copy_(self.weights[name])
            self.weights[name] = own
