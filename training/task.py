"""What a training run needs to know about what it trains."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
from torch import Tensor, nn

BatchT = TypeVar("BatchT")

Figures = dict[str, float | Tensor]
Tally = dict[str, tuple[float, float]]
"""Name of a figure -> (sum, count) of what it is the mean of."""


class Task(Protocol[BatchT]):
    """Batches by step, a loss, and figures on held-out data.

    Several processes, or several passes, each take whole batches of their own, and their losses are averaged.
    """

    def batch(self, step: int) -> BatchT:
        """The batch of a step; the same every time it is asked for."""

    def loss(self, model: nn.Module, batch: BatchT, step: int) -> tuple[Tensor, Figures]:
        """A scalar to minimise, and figures for the log."""

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Figures on held-out data; `loss` among them."""


@runtime_checkable
class ShareableTask(Protocol[BatchT]):
    """A task whose batches can be made in parts, which are together what the whole batch is, whatever their number.

    A mean over a batch is no mean of the means over its parts. So each part says what its means divide by, the sums of
    that over all parts are handed to the loss, and the losses of the parts are summed.
    """

    def part(self, step: int, index: int, count: int) -> BatchT:
        """Part `index` of `count` of a step's batch."""

    def loss_weights(self, batch: BatchT) -> Tensor:
        """What the means in the loss of this part divide by [means], on the CPU."""

    def loss(self, model: nn.Module, batch: BatchT, step: int, totals: Tensor) -> tuple[Tensor, Figures]:
        """This part's share of the loss and of the figures, given the `loss_weights` of the whole batch [means]."""

    def tally(self, model: nn.Module, index: int, count: int) -> Tally:
        """Held-out figures from part `index` of `count` of the held-out data."""


@runtime_checkable
class CountingTask(Protocol):
    """A task that counts what went wrong and did not end the run."""

    def counts(self) -> dict[str, int]:
        """How often, by name, since the run began."""


@runtime_checkable
class ExportingTask(Protocol):
    """A task that can write its model."""

    def export(self, weights: Mapping[str, Tensor], folder: Path) -> None:
        """Writes the trained weights (on the CPU, by name) into a folder as a model that can be used."""


@runtime_checkable
class DrawingTask(Protocol):
    """A task that can show what its model makes."""

    def pictures(self, weights: Mapping[str, Tensor], folder: Path) -> Mapping[str, np.ndarray]:
        """Pictures by name, uint8 [height, width, 3]; `folder` is there for whatever it writes on the way."""


def means(tallies: list[Tally]) -> dict[str, float]:
    """Figures from the sums of all parts."""
    names = list(dict.fromkeys(name for tally in tallies for name in tally))
    parts = {name: [tally[name] for tally in tallies if name in tally] for name in names}
    counts = {name: sum(count for _, count in pairs) for name, pairs in parts.items()}
    return {
        name: round(sum(total for total, _ in pairs) / counts[name], 4) for name, pairs in parts.items() if counts[name]
    }
