"""Options of the training loop and its trackers, common to all models."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from training.options import require, require_one_of

OPTIMIZERS = ("adamw", "muon")
PRECISIONS = ("fp32", "bf16")
PARALLEL = ("ddp", "fsdp")
TRACKERS = ("auto", "online", "offline", "tensorboard", "disabled")
FALLS: dict[str, Callable[[float], float]] = {
    "cosine": lambda progress: 0.5 * (1 + math.cos(math.pi * progress)),
    "linear": lambda progress: 1 - progress,
    "constant": lambda progress: 1.0,
}
"""Schedule of the last stretch -> what is left of the fall at a progress of 0..1."""


@dataclass
class LoopOptions:
    """Options of a training run; `configs/train/default.yaml` explains each.

    `max_minutes` > 0 ends the run after that time with a checkpoint, so that it can be resumed. `fit_minutes` > 0 takes
    as many steps as that time allows instead of `total_steps`, as the first ones tell. A step is always made of one
    whole batch: `accumulation_steps` says in how many passes each process works through its share of it.
    """

    total_steps: int = 20_000
    warmup_steps: int = 100
    sustain_steps: int = 0
    schedule: str = "cosine"
    final_rate_share: float = 0.02
    optimizer: str = "muon"
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    accumulation_steps: int = 1
    average_decay: float = 0.999
    log_every: int = 20
    evaluate_every: int = 500
    sample_every: int = 0
    checkpoint_every: int = 100
    keep_checkpoints: int = 1
    max_minutes: float = 0.0
    fit_minutes: float = 0.0
    pace_after_steps: int = 20
    precision: str = "fp32"
    compile: bool = False
    parallel: str = "ddp"

    def __post_init__(self) -> None:
        require_one_of(PRECISIONS, "loop.precision", self.precision)
        require_one_of(OPTIMIZERS, "loop.optimizer", self.optimizer)
        require_one_of(tuple(FALLS), "loop.schedule", self.schedule)
        require_one_of(PARALLEL, "loop.parallel", self.parallel)
        for name in ("total_steps", "accumulation_steps", "log_every", "evaluate_every", "checkpoint_every"):
            require(getattr(self, name) >= 1, f"loop.{name}", "1 or more", getattr(self, name))
        for name in ("warmup_steps", "sustain_steps", "sample_every", "pace_after_steps"):
            require(getattr(self, name) >= 0, f"loop.{name}", "0 or more", getattr(self, name))
        require(self.fit_minutes >= 0, "loop.fit_minutes", "0 or more", self.fit_minutes)
        require(self.keep_checkpoints >= 1, "loop.keep_checkpoints", "1 or more", self.keep_checkpoints)
        require(0 <= self.average_decay < 1, "loop.average_decay", "within 0..1", self.average_decay)
        require(self.clip_norm > 0, "loop.clip_norm", "more than 0", self.clip_norm)

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step, the first being 0.

        It is linear from 0 to `learning_rate` over the warm-up, stays there while it is sustained, then falls to
        `final_rate_share` of it. The fall ends at `total_steps`, and what it ended at holds after. A constant one never
        falls.
        """
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        start = self.warmup_steps + self.sustain_steps
        progress = min(1.0, max(0.0, (step - start) / max(1, self.total_steps - start)))
        left = FALLS[self.schedule](progress)
        return self.learning_rate * (self.final_rate_share + (1 - self.final_rate_share) * left)


@dataclass
class LoggingOptions:
    """Options of trackers.

    `mode` auto: Weights & Biases if its key is set, else TensorBoard if it is installed.
    """

    mode: str = "auto"
    project: str = "osu-mapper"
    run_name: str = ""

    def __post_init__(self) -> None:
        require_one_of(TRACKERS, "logging.mode", self.mode)
