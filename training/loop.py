"""The training loop: steps, learning rate, averages, checkpoints, evaluation and the run log."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn

from training.average import WeightAverage
from training.checkpoint import load_checkpoint, save_checkpoint
from training.optimizers import OPTIMIZERS, make_optimizers
from training.options import OptionError
from training.schedule import warmup_cosine

BatchT = TypeVar("BatchT")

PRECISIONS = ("fp32", "bf16")


class Task(Protocol[BatchT]):
    """What is trained: batches by step, a loss, and figures on held-out data."""

    def batch(self, step: int) -> BatchT:
        """The batch of a step; the same every time it is asked for."""

    def loss(self, model: nn.Module, batch: BatchT, step: int) -> tuple[Tensor, dict[str, float]]:
        """A scalar to minimise, and figures for the log."""

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Figures on held-out data; `loss` among them."""


@dataclass(frozen=True, slots=True)
class LoopOptions:
    """`max_minutes` > 0 ends the run after that time with a checkpoint, so that it can be resumed."""

    total_steps: int = 20_000
    warmup_steps: int = 100
    optimizer: str = "muon"
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    average_decay: float = 0.999
    log_every: int = 20
    evaluate_every: int = 500
    checkpoint_every: int = 100
    max_minutes: float = 0.0
    precision: str = "fp32"

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise OptionError(f"loop.precision must be one of {', '.join(PRECISIONS)}, got {self.precision}.")
        if self.optimizer not in OPTIMIZERS:
            raise OptionError(f"loop.optimizer must be one of {', '.join(OPTIMIZERS)}, got {self.optimizer}.")


def run_training(model: nn.Module, task: Task, options: LoopOptions, folder: Path, device: str = "cpu") -> int:
    """Trains from the last checkpoint in `folder`, or from the model as it is. Returns the step reached.

    Writes `checkpoint/`, and a line of JSON to `log.jsonl` for each report.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model.to(device)
    optimizers = make_optimizers(model, options.optimizer, options.learning_rate, options.weight_decay)
    average = WeightAverage(model, options.average_decay)
    checkpoint = folder / "checkpoint"
    first_step = load_checkpoint(checkpoint, model, optimizers, average) or 0
    log = RunLog(folder / "log.jsonl")
    deadline = time.monotonic() + options.max_minutes * 60 if options.max_minutes else float("inf")
    step = first_step
    for step, batch in prefetched(task.batch, first_step, options.total_steps):
        rate = warmup_cosine(step, options.learning_rate, options.warmup_steps, options.total_steps)
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = rate
        model.train()
        with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=options.precision == "bf16"):
            loss, figures = task.loss(model, batch, step)
        model.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), options.clip_norm)
        if torch.isfinite(norm):
            for optimizer in optimizers:
                optimizer.step()
            average.update(model)
        log.add({"loss": float(loss.detach()), "norm": float(norm), **figures})
        done = step + 1
        if done % options.log_every == 0:
            log.flush(done, rate)
        if done % options.evaluate_every == 0:
            log.write({"step": done, "held_out": evaluate_average(model, task, average)})
        if done % options.checkpoint_every == 0:
            save_checkpoint(checkpoint, model, optimizers, average, done)
        if time.monotonic() > deadline:
            break
    else:
        step = options.total_steps - 1
    save_checkpoint(checkpoint, model, optimizers, average, step + 1)
    return step + 1


def evaluate_average(model: nn.Module, task: Task, average: WeightAverage) -> dict[str, float]:
    """Held-out figures of the averaged weights."""
    average.swap(model)
    model.eval()
    with torch.inference_mode():
        figures = task.evaluate(model)
    average.swap(model)
    return figures


def prefetched(make: Callable[[int], BatchT], first: int, end: int) -> Iterator[tuple[int, BatchT]]:
    """(step, batch) for each step, the next batch being made while this one is used."""
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(make, first) if first < end else None
        for step in range(first, end):
            batch = pending.result()
            pending = pool.submit(make, step + 1) if step + 1 < end else None
            yield step, batch


class RunLog:
    """Means of figures between reports, one line of JSON for each report."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sums: dict[str, float] = defaultdict(float)
        self._counts: dict[str, int] = defaultdict(int)
        self._since = time.monotonic()

    def add(self, figures: dict[str, float]) -> None:
        for name, value in figures.items():
            self._sums[name] += value
            self._counts[name] += 1

    def flush(self, step: int, rate: float) -> None:
        steps = max(self._counts.values(), default=1)
        means = {name: round(self._sums[name] / self._counts[name], 4) for name in self._sums}
        seconds = round((time.monotonic() - self._since) / steps, 3)
        self.write({"step": step, "rate": round(rate, 6), "seconds_per_step": seconds, **means})
        self._sums.clear()
        self._counts.clear()
        self._since = time.monotonic()

    def write(self, row: dict) -> None:
        line = json.dumps(row)
        print(line, flush=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
