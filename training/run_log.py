"""Metrics of a run: means between reports, as lines of JSON.

They go to the screen, `log.jsonl` and trackers. A line holds, for its steps: the learning rate, the loss and other
metrics of the task, the norm of the gradient, the number of skipped steps, tokens a second, the fraction of the time
spent waiting for data, and the memory of all processes.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import torch

from training.processes import Processes
from training.trackers import Tracker

TOKENS = "tokens"
"""The figure that counts what a batch is made of; it is reported a second."""

MIB = 2**20


class RunLog:
    """Collects the figures of one process and reports those of all."""

    def __init__(self, path: Path, processes: Processes | None = None, trackers: Sequence[Tracker] = ()) -> None:
        self.path = path
        self.processes = processes or Processes()
        self.trackers = trackers
        self.sums: dict[str, float] = defaultdict(float)
        self._waited_s = 0.0
        self._steps_here = 0
        self._tokens_here = 0.0
        self._since = time.monotonic()

    def resume(self, step: int, pending: Mapping[str, float]) -> None:
        """Continue the log after a step.

        Lines of later steps are deleted, since these steps are taken and logged again.
        """
        self.sums.update(pending)
        if not self.path.is_file():
            return
        lines = self.path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if (row := _row(line)) is not None and row["step"] <= step]
        if kept != lines:
            temporary = self.path.with_suffix(".tmp")
            temporary.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
            os.replace(temporary, self.path)

    def step_taken(self, waited_s: float) -> None:
        """Count a step, and the time spent waiting for its data."""
        self._steps_here += 1
        self._waited_s += waited_s

    def add(self, figures: Mapping[str, float | torch.Tensor]) -> None:
        """Add the metrics of a step.

        They are this process's share; the sum over all processes is the whole.
        """
        values = {name: float(value) for name, value in figures.items()}
        self._tokens_here += values.pop(TOKENS, 0.0)
        self.sums["steps"] += 1 / self.processes.world_size
        for name, value in values.items():
            self.sums[name] += value

    def sum_pending(self) -> dict[str, float]:
        """Return the sums since the last report, of all processes.

        All of them call this together.
        """
        return _sum_parts(self.processes.gather(dict(self.sums)))

    def report(self, step: int, rate: float, counts: Mapping[str, int]) -> None:
        """Report the steps since the last line.

        All processes call this together.
        """
        elapsed_s = max(time.monotonic() - self._since, 1e-9)
        mine = {**self.sums, TOKENS: self._tokens_here, "waited_s": self._waited_s, **_memory_mib()}
        total = _sum_parts(self.processes.gather(mine))
        steps, tokens = total.pop("steps", 0.0) or 1.0, total.pop(TOKENS)
        wait_share = total.pop("waited_s") / self.processes.world_size / elapsed_s
        machine = {
            "seconds_per_step": round(elapsed_s / max(1, self._steps_here), 3),
            **({"tokens_per_second": round(tokens / elapsed_s, 1)} if tokens else {}),
            "data_wait_share": round(wait_share, 4),
            **{name: round(total.pop(name)) for name in list(total) if name.endswith("_mib")},
        }
        means = {name: round(value / steps, 6) for name, value in total.items()}
        self.write({"step": step, "rate": round(rate, 8), **machine, **means, **counts})
        self.sums.clear()
        self._waited_s, self._tokens_here, self._steps_here = 0.0, 0.0, 0
        self._since = time.monotonic()

    def write(self, row: dict) -> None:
        """Write a line unchanged, from rank 0."""
        if not self.processes.is_main:
            return
        line = json.dumps(row)
        print(line, flush=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        for tracker in self.trackers:
            tracker.log(row["step"], _flat(row))

    @contextmanager
    def exclude_time(self) -> Iterator[None]:
        """Exclude the time of the block from speeds: it is no training."""
        began = time.monotonic()
        yield
        self._since += time.monotonic() - began


def _sum_parts(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: sum(part.get(name, 0.0) for part in parts) for name in names}


def _flat(row: Mapping) -> dict[str, float]:
    """Flatten a row; metrics inside a group become group/name."""
    flat = {}
    for name, value in row.items():
        inner = {f"{name}/{key}": v for key, v in value.items()} if isinstance(value, Mapping) else {name: value}
        flat |= {key: v for key, v in inner.items() if isinstance(v, int | float) and math.isfinite(v)}
    flat.pop("step", None)
    return flat


def _row(line: str) -> dict | None:
    """Parse a line; return None for one that a kill cut short."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError:
        return None
    return row if isinstance(row, dict) and "step" in row else None


def _memory_mib() -> dict[str, float]:
    """Return this process's memory, and the peak on its GPU."""
    memory = {"memory_mib": psutil.Process().memory_info().rss / MIB}
    if torch.cuda.is_available():
        memory["gpu_memory_mib"] = torch.cuda.max_memory_allocated() / MIB
    return memory
