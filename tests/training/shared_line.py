"""A run of a line in one process of several, as tests start it: python shared_line.py FOLDER [LoopOptions as JSON]."""

import json
import sys
from pathlib import Path

import torch
from torch import nn

from training.loop import LoopOptions, run_training
from training.processes import Processes


class Line(nn.Module):
    """y = w x + b, beside a layer that Muon trains and one that is never used."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.ModuleList([nn.Linear(4, 4)])
        self.out = nn.Linear(4, 1)
        self.unused = nn.Linear(2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(torch.tanh(self.layers[0](x)))


class WeightedLineTask:
    """Points whose weights differ so much that a mean of means over parts would be wrong."""

    def __init__(self, points: int = 8, dropout: float = 0.0, nan_step: int = -1) -> None:
        self.points, self.dropout, self.nan_step = points, dropout, nan_step

    def batch(self, step: int):
        return self.part(step, 0, 1)

    def part(self, step: int, index: int, count: int):
        generator = torch.Generator().manual_seed(step)
        x = torch.randn(self.points, 4, generator=generator)
        weight = 10 ** torch.linspace(0, 3, self.points)
        chosen = slice(self.points * index // count, self.points * (index + 1) // count)
        return x[chosen], x[chosen].sum(1, keepdim=True), weight[chosen]

    def loss_weights(self, batch):
        return batch[2].sum()[None]

    def loss(self, model, batch, step, totals=None):
        x, y, weight = batch
        x = nn.functional.dropout(x, self.dropout)
        totals = self.loss_weights(batch) if totals is None else totals
        errors = (model(x) - y).square().squeeze(1)
        loss = (errors * weight).sum() / totals[0]
        loss = loss * float("nan") if step == self.nan_step else loss
        return loss, {"error": loss.detach(), "tokens": float(len(x))}

    def tally(self, model, index, count):
        x, y, _ = self.part(10_000, index, count)
        errors = (model(x) - y).square()
        return {"loss": (float(errors.sum()), len(x))}

    def evaluate(self, model):
        total, count = self.tally(model, 0, 1)["loss"]
        return {"loss": total / count}


def rows_of(folder: Path) -> list[dict]:
    """The lines of a run's log."""
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def options(**changes) -> LoopOptions:
    facts = {"total_steps": 30, "warmup_steps": 5, "learning_rate": 0.02, "log_every": 3, "evaluate_every": 10}
    return LoopOptions(**{**facts, "checkpoint_every": 7, "optimizer": "muon", **changes})


if __name__ == "__main__":
    torch.set_num_threads(1)
    processes = Processes("cpu")
    for changes in json.loads(sys.argv[2]):
        folder = Path(sys.argv[1]) / changes.pop("folder")
        dropout = changes.pop("dropout", 0.0)
        run_training(Line(), WeightedLineTask(dropout=dropout), options(**changes), folder, processes=processes)
