"""Interface between a training run and the model that it trains."""

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
        """Return the batch of a step; equal for every call."""

    def loss(self, model: nn.Module, batch: BatchT, step: int) -> tuple[Tensor, Figures]:
        """Return a scalar to minimise, and metrics for the log."""

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Return metrics on held-out data, including `loss`."""


@runtime_checkable
class ShareableTask(Protocol[BatchT]):
    """A task that can split each batch into parts.

    Together, the parts equal the whole batch for any number of parts. The mean over a batch is not the mean of the
    means of its parts. Each part therefore returns its denominators (`loss_weights`). `loss` receives their sums over
    all parts, and the losses of the parts are added.
    """

    def part(self, step: int, index: int, count: int) -> BatchT:
        """Return part `index` of `count` of a step's batch."""

    def loss_weights(self, batch: BatchT) -> Tensor:
        """Return the denominators of the means in this part's loss [means].

        They are on the CPU.
        """

    def loss(self, model: nn.Module, batch: BatchT, step: int, totals: Tensor) -> tuple[Tensor, Figures]:
        """Return this part's share of the loss and of the metrics.

        `totals` are the `loss_weights` of the whole batch [means].
        """

    def tally(self, model: nn.Module, index: int, count: int) -> Tally:
        """Count the metrics of part `index` of `count` of the held-out data."""


@runtime_checkable
class CountingTask(Protocol):
    """Task that counts errors which did not end the run."""

    def counts(self) -> dict[str, int]:
        """Return counts by name since the run began."""


@runtime_checkable
class ExportingTask(Protocol):
    """A task that can write its model."""

    def export(self, weights: Mapping[str, Tensor], folder: Path) -> None:
        """Export trained weights (on the CPU, by name) as a usable model."""


@runtime_checkable
class DrawingTask(Protocol):
    """A task that can show what its model makes."""

    def pictures(self, weights: Mapping[str, Tensor], folder: Path) -> Mapping[str, np.ndarray]:
        """Return pictures by name, uint8 [height, width, 3].

        `folder` may take temporary files.
        """


def means(tallies: list[Tally]) -> dict[str, float]:
    """Compute metrics from the sums of all parts."""
    names = list(dict.fromkeys(name for tally in tallies for name in tally))
    parts = {name: [tally[name] for tally in tallies if name in tally] for name in names}
    counts = {name: sum(count for _, count in pairs) for name, pairs in parts.items()}
    return {
        name: round(sum(total for total, _ in pairs) / counts[name], 4) for name, pairs in parts.items() if counts[name]
    }
