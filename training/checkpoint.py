"""The state of a run on disk: weights, averages, optimisers, step.

Safetensors and JSON only.

`checkpoint/` is the newest. With more than one kept, the ones before it are `checkpoint-<step>/`; to go back to one of
them, take its name away from the newest. Frozen weights are not in them: they are those that the run started from.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from training.average import WeightAverage
from training.options import OptionError
from training.processes import Processes
from training.weights import copy_like, fill, trained_parameters, whole

STATE_FILE = "state.json"
WEIGHTS_FILE, AVERAGE_FILE, OPTIMIZER_FILE = "weights.safetensors", "average.safetensors", "optimizer.safetensors"


@dataclass
class RunState:
    """State of a run besides its tensors.

    Attributes:
        best_loss: Lowest held-out loss so far, at `best_step`.
        pending: Sums of metrics since the last line of the log.
        skipped_steps: Steps whose gradient was not finite, and which changed nothing.
        total_steps: Number of steps that the time allows if the run fits one and has measured it; otherwise 0.
    """

    step: int = 0
    average_updates: int = 0
    skipped_steps: int = 0
    best_loss: float | None = None
    best_step: int = 0
    total_steps: int = 0
    pending: dict[str, float] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> RunState:
        values = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
        return cls(**{name: values[name] for name in cls.__dataclass_fields__ if name in values})

    def save(self, folder: Path) -> None:
        (folder / STATE_FILE).write_text(json.dumps(asdict(self)), encoding="utf-8")


@dataclass(frozen=True)
class Trained:
    """Everything with tensors that a checkpoint holds."""

    model: nn.Module
    optimizers: Sequence[Optimizer]
    average: WeightAverage


def save_checkpoint(
    folder: Path, trained: Trained, state: RunState, keep: int = 1, processes: Processes | None = None
) -> None:
    """Write a checkpoint next to the last one, then replace that.

    A stop at any time leaves a complete checkpoint.

    All processes call this together; rank 0 writes.
    """
    files = {
        WEIGHTS_FILE: {name: whole(p) for name, p in trained_parameters(trained.model).items()},
        AVERAGE_FILE: {name: whole(weight) for name, weight in trained.average.weights.items()},
        OPTIMIZER_FILE: _optimizer_tensors(trained.model, trained.optimizers),
    }
    state.average_updates = trained.average.updates
    if processes is None or processes.is_main:
        with replace_folder(folder, lambda: _previous_place(folder, keep)) as temporary:
            for name, tensors in files.items():
                save_file(tensors, temporary / name)
            state.save(temporary)
        for old in _find_older_checkpoints(folder)[: -(keep - 1) or None]:
            shutil.rmtree(old, ignore_errors=True)
    if processes is not None:
        processes.wait()


def load_checkpoint(folder: Path, trained: Trained) -> RunState | None:
    """Restore a run in place; return None if there is no checkpoint.

    Raises OptionError if the checkpoint is damaged, or of another model.
    """
    places = (folder, _old(folder), *reversed(_find_older_checkpoints(folder)))
    found = next((place for place in places if (place / STATE_FILE).is_file()), None)
    if found is None:
        return None
    try:
        state = RunState.load(found)
        weights, averages = load_file(found / WEIGHTS_FILE), load_file(found / AVERAGE_FILE)
        _fill_all(trained_parameters(trained.model), weights)
        _fill_all(trained.average.weights, averages)
        _restore_optimizers(trained, load_file(found / OPTIMIZER_FILE))
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
        raise OptionError(
            f"The checkpoint in {found} is not one of this model ({str(error).splitlines()[0][:120]}): give another "
            "run_path, or delete it to begin again."
        ) from error
    trained.average.updates = state.average_updates
    return state


@contextmanager
def replace_folder(folder: Path, previous_place: Callable[[], Path] | None = None) -> Iterator[Path]:
    """Yield a new folder to fill; it then replaces `folder`.

    The previous `folder` moves to `previous_place()`; without one, it is deleted.
    """
    temporary = folder.with_name(folder.name + ".new")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    yield temporary
    shutil.rmtree(_old(folder), ignore_errors=True)
    if folder.exists():
        os.replace(folder, _old(folder) if previous_place is None else previous_place())
    os.replace(temporary, folder)
    shutil.rmtree(_old(folder), ignore_errors=True)


def _old(folder: Path) -> Path:
    return folder.with_name(folder.name + ".old")


def _previous_place(folder: Path, keep: int) -> Path:
    """Return the place of the newest checkpoint once a newer one exists."""
    if keep == 1:
        return _old(folder)
    place = folder.with_name(f"{folder.name}-{RunState.load(folder).step:07}")
    shutil.rmtree(place, ignore_errors=True)
    return place


def _find_older_checkpoints(folder: Path) -> list[Path]:
    """Return the older checkpoints that were kept, oldest first."""
    return sorted(p for p in folder.parent.glob(f"{folder.name}-*") if p.name.rpartition("-")[2].isdigit())


def _fill_all(targets: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    for name, target in targets.items():
        if tensors[name].shape != target.shape:
            raise ValueError(f"{name} has another size")
        fill(target, tensors[name])


def _optimizer_tensors(model: nn.Module, optimizers: Sequence[Optimizer]) -> dict[str, Tensor]:
    tensors = {}
    for name, parameter in model.named_parameters():
        for state in (optimizer.state[parameter] for optimizer in optimizers if parameter in optimizer.state):
            for key, value in state.items():
                tensors[f"{key}/{name}"] = whole(torch.as_tensor(value))
    return tensors


def _restore_optimizers(trained: Trained, tensors: dict[str, Tensor]) -> None:
    groups = [(optimizer, group) for optimizer in trained.optimizers for group in optimizer.param_groups]
    owners = {parameter: optimizer for optimizer, group in groups for parameter in group["params"]}
    parameters = dict(trained.model.named_parameters())
    for flat_name, value in tensors.items():
        key, name = flat_name.split("/", 1)
        target = parameters[name]
        # Step counters stay on the CPU, moments live where the parameter does.
        owners[target].state[target][key] = value.clone() if value.dim() == 0 else copy_like(value, target)
