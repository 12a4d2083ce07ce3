"""The state of a run on disk: weights, averages, optimisers, step. Safetensors and JSON only."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.optim import Optimizer

from training.average import WeightAverage

STATE_FILE = "state.json"


def save_checkpoint(
    folder: Path, model: nn.Module, optimizers: Sequence[Optimizer], average: WeightAverage, step: int
) -> None:
    """Writes a checkpoint beside the last one and then takes its place: a stop at any time leaves a whole one."""
    temporary = folder.with_name(folder.name + ".new")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    save_file({n: p.detach().contiguous() for n, p in model.named_parameters()}, temporary / "weights.safetensors")
    save_file({n: w.contiguous() for n, w in average.weights.items()}, temporary / "average.safetensors")
    save_file(_optimizer_tensors(model, optimizers), temporary / "optimizer.safetensors")
    state = {"step": step, "average_updates": average.updates}
    (temporary / STATE_FILE).write_text(json.dumps(state), encoding="utf-8")
    previous = folder.with_name(folder.name + ".old")
    shutil.rmtree(previous, ignore_errors=True)
    if folder.exists():
        os.replace(folder, previous)
    os.replace(temporary, folder)
    shutil.rmtree(previous, ignore_errors=True)


def load_checkpoint(
    folder: Path, model: nn.Module, optimizers: Sequence[Optimizer], average: WeightAverage
) -> int | None:
    """Restores a run in place and returns its step; None where there is no checkpoint."""
    for candidate in (folder, folder.with_name(folder.name + ".old")):
        if (candidate / STATE_FILE).is_file():
            break
    else:
        return None
    state = json.loads((candidate / STATE_FILE).read_text(encoding="utf-8"))
    weights = load_file(candidate / "weights.safetensors")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weights[name])
    for name, weight in load_file(candidate / "average.safetensors").items():
        average.weights[name].copy_(weight)
    average.updates = state["average_updates"]
    _restore_optimizers(model, optimizers, load_file(candidate / "optimizer.safetensors"))
    return state["step"]


def _optimizer_tensors(model: nn.Module, optimizers: Sequence[Optimizer]) -> dict[str, torch.Tensor]:
    tensors = {}
    for name, parameter in model.named_parameters():
        for state in (optimizer.state[parameter] for optimizer in optimizers if parameter in optimizer.state):
            for key, value in state.items():
                tensors[f"{key}/{name}"] = torch.as_tensor(value).detach().cpu().contiguous()
    return tensors


def _restore_optimizers(model: nn.Module, optimizers: Sequence[Optimizer], tensors: dict[str, torch.Tensor]) -> None:
    owners = {p: optimizer for optimizer in optimizers for group in optimizer.param_groups for p in group["params"]}
    parameters = dict(model.named_parameters())
    for flat_name, value in tensors.items():
        key, name = flat_name.split("/", 1)
        target = parameters[name]
        # Step counters stay on the CPU, moments live where the parameter does. A copy, because what safetensors
        # gives is a view of the file, and Windows does not let go of a file (or rename its folder) while one is left.
        owners[target].state[target][key] = value.clone() if value.dim() == 0 else value.clone().to(target.device)
