"""The training loop: steps, learning rate, averages, checkpoints, evaluation and samples."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from training.average import WeightAverage
from training.checkpoint import AVERAGE_FILE, RunState, Trained, load_checkpoint, replace_folder, save_checkpoint
from training.loop_options import LoopOptions
from training.optimizers import make_optimizers
from training.processes import Processes
from training.run_log import TOKENS, RunLog
from training.task import CountingTask, DrawingTask, ExportingTask, Figures, ShareableTask, Task, means
from training.trackers import Tracker
from training.weights import whole

CHECKPOINT_FOLDER, BEST_FOLDER, SAMPLES_FOLDER, LOG_FILE = "checkpoint", "best_model", "samples", "log.jsonl"
MODEL_FOLDER = "model"
"""Where the caller of `run_training` writes what came out."""

PACE_STEPS = 40
"""Where a run is to fit a time, so many steps tell how long one takes."""

FEWEST_UNCOUNTED = 5
"""Also a run that is resumed compiles first."""

FIT_SHARE = 0.92
"""Share of the time that steps may take; the rest is for measurements and checkpoints."""

T = TypeVar("T")


def run_training(
    model: nn.Module,
    task: Task,
    options: LoopOptions,
    folder: Path,
    *,
    processes: Processes | None = None,
    trackers: Sequence[Tracker] = (),
) -> int:
    """Train from the last checkpoint in `folder`, else from the given model.

    Returns the step reached.

    Writes `checkpoint/`, `best_model/` (the averages with the lowest held-out loss, as the task exports them), and a
    line of JSON to `log.jsonl` for each report. Every process of a run calls it with the same model and options.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = _Run(model, task, options, folder, processes or Processes(), trackers)
    try:
        return run.run_to_end()
    finally:
        for tracker in trackers:
            tracker.close()


def train_small_model(
    model: nn.Module,
    task: Task,
    options: LoopOptions,
    run_path: str,
    save: Callable[[Path, Mapping[str, Tensor]], None],
    device: str = "cpu",
) -> Path:
    """Run or resume a training; save the averaged weights.

    Returns the new folder.
    """
    run_folder, processes = Path(run_path), Processes(device)
    run_training(model, task, options, run_folder, processes=processes)
    folder = run_folder / MODEL_FOLDER
    if processes.is_main:
        with replace_folder(folder) as temporary:
            save(temporary, load_file(run_folder / CHECKPOINT_FOLDER / AVERAGE_FILE))
    processes.close()
    return folder


def prefetch(make: Callable[[int], T], first: int, end: int) -> Iterator[tuple[int, T]]:
    """Yield (step, batch); the next batch is made during each step."""
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(make, first) if first < end else None
        for step in range(first, end):
            batch = pending.result()
            pending = pool.submit(make, step + 1) if step + 1 < end else None
            yield step, batch


class _Run:
    """One process's part in a run."""

    def __init__(
        self,
        model: nn.Module,
        task: Task,
        options: LoopOptions,
        folder: Path,
        processes: Processes,
        trackers: Sequence[Tracker],
    ) -> None:
        self.model, self.task, self.options, self.folder, self.processes = model, task, options, folder, processes
        self.trackers = trackers
        if options.compile:
            compile_layers(model)
        self.shared = processes.share(model, options.parallel, autocast=options.precision == "bf16")
        optimizers = make_optimizers(model, options.optimizer, options.learning_rate, options.weight_decay)
        self.trained = Trained(model, optimizers, WeightAverage(model, options.average_decay))
        loaded = load_checkpoint(folder / CHECKPOINT_FOLDER, self.trained)
        processes.wait()  # Nobody may write before everybody has read.
        self.state = loaded or RunState()
        self._saved_step = self.state.step if loaded else -1
        if self.state.total_steps:
            self.options = replace(options, total_steps=self.state.total_steps)
        self._deadline = time.monotonic() + 60 * options.max_minutes
        self.log = RunLog(folder / LOG_FILE, processes, trackers)
        if processes.is_main:
            self.log.resume(self.state.step, self.state.pending)

    def run_to_end(self) -> int:
        options, state = self.options, self.state
        if options.fit_minutes and not state.total_steps:
            self._fit_steps(time.monotonic())
        if state.total_steps or not options.fit_minutes:
            self._take_steps(state.total_steps or options.total_steps)
        if self._saved_step != state.step:
            self._save()
        return state.step

    def _take_steps(self, end: int) -> None:
        """Take steps up to a step, or until the time is up."""
        asked = time.monotonic()
        for step, parts in prefetch(self._parts, self.state.step, end):
            self._step(step, parts, waited_s=time.monotonic() - asked)
            self.state.step = step + 1
            self._finish_step()
            if self.options.max_minutes and self.processes.any(time.monotonic() > self._deadline):
                return
            asked = time.monotonic()

    def _fit_steps(self, started: float) -> None:
        """Take the first steps and derive the total from their time.

        The number stays open if the time is up before.
        """
        first = self.state.step
        uncounted = max(FEWEST_UNCOUNTED, self.options.pace_after_steps - first)
        self._take_steps(first + uncounted)
        paced = time.monotonic()
        self._take_steps(first + uncounted + PACE_STEPS)
        if self.state.step < first + uncounted + PACE_STEPS:
            return
        now = time.monotonic()
        left_s = FIT_SHARE * (60 * self.options.fit_minutes - (now - started))
        steps = max(0, math.floor(left_s / (now - paced) * PACE_STEPS))
        # Processes measure different times, but must take the same steps.
        steps = int(self.processes.sum(torch.tensor(float(steps)))) // self.processes.world_size
        self.state.total_steps = self.state.step + steps
        self.options = replace(self.options, total_steps=max(1, self.state.total_steps))
        self.log.write({"step": self.state.step, "total_steps": self.state.total_steps})

    def _parts(self, step: int) -> list:
        """Return this process's parts of a step's batch, one per pass."""
        passes = self.options.accumulation_steps
        count = passes * self.processes.world_size
        mine = range(self.processes.rank * passes, (self.processes.rank + 1) * passes)
        if isinstance(self.task, ShareableTask):
            return [self.task.part(step, index, count) for index in mine]
        return [self.task.batch(step * count + index) for index in mine]

    def _step(self, step: int, parts: list, waited_s: float) -> None:
        rate = self.options.rate_at(step)
        for group in (group for optimizer in self.trained.optimizers for group in optimizer.param_groups):
            group["lr"] = rate
        self.model.train()
        # Dropout depends on the step and the process alone, so that a resumed run goes on as an unbroken one would.
        _seed(step * self.processes.world_size + self.processes.rank)
        self.model.zero_grad(set_to_none=True)
        figures = self._backward(step, parts)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.options.clip_norm)
        norm = float(whole(norm))
        self.log.step_taken(waited_s)
        if not math.isfinite(norm):
            self.state.skipped_steps += 1
            return
        for optimizer in self.trained.optimizers:
            optimizer.step()
        self.trained.average.update(self.model)
        self.log.add({**figures, "norm": norm / self.processes.world_size})

    def _backward(self, step: int, parts: list) -> Figures:
        """Compute the gradients of the whole batch's loss.

        Returns this process's share of the metrics.
        """
        world_size = self.processes.world_size
        totals, sums = None, {}
        if isinstance(self.task, ShareableTask):
            totals = self.processes.sum(torch.stack([self.task.loss_weights(part) for part in parts]).sum(0))
        for index, part in enumerate(parts):
            with self.processes.keep_gradients_local(self.shared, index + 1 < len(parts)):
                loss, figures = self.shared(self._share_of_loss, part, step, totals)
                (loss * world_size).backward()  # gradients are averaged over processes, and these are shares of a sum
            for name, value in {"loss": loss.detach(), **figures}.items():
                sums[name] = sums.get(name, 0.0) + value
        return sums

    def _share_of_loss(
        self, model: nn.Module, part: object, step: int, totals: Tensor | None
    ) -> tuple[Tensor, Figures]:
        if totals is not None:
            return self.task.loss(model, part, step, totals)
        count = self.options.accumulation_steps * self.processes.world_size
        loss, figures = self.task.loss(model, part, step)
        return loss / count, {name: value if name == TOKENS else value / count for name, value in figures.items()}

    def _finish_step(self) -> None:
        """Run everything that is due after a step."""
        step, options = self.state.step, self.options
        if step % options.log_every == 0:
            counts = self.task.counts() if isinstance(self.task, CountingTask) else {}
            self.log.report(step, options.rate_at(step - 1), {"skipped_steps": self.state.skipped_steps, **counts})
        if step % options.evaluate_every == 0:
            with self.log.exclude_time():
                self._evaluate()
        if options.sample_every and step % options.sample_every == 0:
            with self.log.exclude_time():
                self._draw()
        if step % options.checkpoint_every == 0:
            self._save()

    def _evaluate(self) -> None:
        """Evaluate the averaged weights, and export the best so far.

        Bare weights are written for a task without a form of its own.
        """
        average = self.trained.average
        average.swap(self.model)
        self.model.eval()
        figures = self.processes.measure(self.shared, self._held_out)
        average.swap(self.model)
        self.log.write({"step": self.state.step, "held_out": figures})
        loss = figures.get("loss")
        if loss is None or not loss < (self.state.best_loss if self.state.best_loss is not None else float("inf")):
            return
        self.state.best_loss, self.state.best_step = loss, self.state.step
        weights = self._averages()
        if self.processes.is_main:
            with replace_folder(self.folder / BEST_FOLDER) as temporary:
                if isinstance(self.task, ExportingTask):
                    self.task.export(weights, temporary)
                else:
                    save_file(weights, temporary / AVERAGE_FILE)

    def _held_out(self, model: nn.Module) -> dict[str, float]:
        if not isinstance(self.task, ShareableTask):
            return self.task.evaluate(model)
        mine = self.task.tally(model, self.processes.rank, self.processes.world_size)
        return means(self.processes.gather(mine))

    def _draw(self) -> None:
        """Draw pictures with the averaged weights."""
        weights = self._averages()
        if self.processes.is_main and isinstance(self.task, DrawingTask):
            folder = self.folder / SAMPLES_FOLDER
            folder.mkdir(exist_ok=True)
            for name, pixels in self.task.pictures(weights, folder).items():
                Image.fromarray(pixels).save(folder / f"{self.state.step:07}-{name}.png")
                for tracker in self.trackers:
                    tracker.picture(self.state.step, f"samples/{name}", pixels)
        self.processes.wait()

    def _averages(self) -> dict[str, Tensor]:
        """Return the averaged weights, whole and on the CPU."""
        return {name: whole(weight) for name, weight in self.trained.average.weights.items()}

    def _save(self) -> None:
        self.state.pending = self.log.sum_pending()
        save_checkpoint(
            self.folder / CHECKPOINT_FOLDER, self.trained, self.state, self.options.keep_checkpoints, self.processes
        )
        self._saved_step = self.state.step


def _seed(number: int) -> None:
    """Seed random numbers of a step.

    On a machine without a GPU, `torch.manual_seed` stores a call for later, with a traceback, each time.
    """
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        torch.manual_seed(number)
    else:
        torch.default_generator.manual_seed(number)


def compile_layers(model: nn.Module) -> None:
    """Compile the layers of every stack, in place.

    One compilation serves all layers of a kind.
    """
    for stack in (module for module in model.modules() if isinstance(module, nn.ModuleList)):
        for layer in stack:
            layer.compile(dynamic=True)
