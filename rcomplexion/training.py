"""Training a model of rhythm: options, batches, loss and held-out figures."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import Split
from rcomplexion.contract import make_config, save_model
from rcomplexion.dataset import IGNORED, RhythmBatch, RhythmCorpus, batch_of, load_rhythms
from rcomplexion.model import RhythmModel
from rcomplexion.options import RhythmTrainOptions
from training.loop import train_small_model
from training.options import OptionError
from training.task import Figures

MODE_SHARE_POWER = 0.5
"""Modes are drawn by the root of their number of charts, so that rare ones are heard too."""

HELD_OUT_ROWS = 16


class RhythmTask:
    """Batches of parts of rhythms.

    The loss is the cross entropy of the next interval, without leniency.
    """

    def __init__(self, options: RhythmTrainOptions, train: RhythmCorpus, held_out: RhythmCorpus | None) -> None:
        self.options, self.train, self.held_out = options, train, held_out
        counts = {mode: train.modes.count(mode) for mode in GameMode}
        shares = np.array([counts[mode] ** (MODE_SHARE_POWER - 1) for mode in train.modes])
        self.shares = shares / shares.sum()

    def batch(self, step: int) -> RhythmBatch:
        rng = np.random.default_rng([self.options.seed, step])
        chosen = rng.choice(len(self.train.rhythms), size=self.options.rows, p=self.shares)
        parts = []
        for rhythm in (self.train.rhythms[index] for index in chosen):
            first = int(rng.integers(max(1, len(rhythm) - self.options.intervals + 1)))
            parts.append((rhythm, slice(first, first + self.options.intervals)))
        reach = self.options.speed_range
        return batch_of(parts, (1.0 + rng.uniform(-reach, reach, size=len(parts))).tolist())

    def loss(self, model: nn.Module, batch: RhythmBatch, step: int) -> tuple[Tensor, Figures]:
        losses = _losses(model, batch)
        return losses.mean(), {}

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Measure the bits per interval of held-out charts, overall and by mode."""
        if self.held_out is None:
            return {}
        order = np.argsort([len(rhythm) for rhythm in self.held_out.rhythms])
        sums: dict[str, list[float]] = {}
        for first in range(0, len(order), HELD_OUT_ROWS):
            part = [int(index) for index in order[first : first + HELD_OUT_ROWS]]
            batch = batch_of([(self.held_out.rhythms[index], slice(None)) for index in part])
            rows = np.repeat(part, [len(self.held_out.rhythms[index]) for index in part])
            for index, loss in zip(rows.tolist(), _losses(model, batch).tolist(), strict=True):
                sums.setdefault(self.held_out.modes[index].name.lower(), []).append(loss / math.log(2))
        everything = [bits for group in sums.values() for bits in group]
        return {
            "loss": round(float(np.mean(everything)), 4),
            **{n: round(float(np.mean(b)), 4) for n, b in sums.items()},
        }


def _losses(model: nn.Module, batch: RhythmBatch) -> Tensor:
    """Return the cross entropy of every interval of a batch.

    It is in nats [intervals], row after row.
    """
    device = next(model.parameters()).device
    logits, targets = model(batch.inputs.to(device)), batch.targets.to(device)
    known = targets != IGNORED
    return F.cross_entropy(logits[known], targets[known], reduction="none")


def train_rhythm(options: RhythmTrainOptions) -> Path:
    """Run or resume a training; save averaged weights with their contract.

    Returns the model's folder.

    Raises:
        OptionError: One sentence for the user.
    """
    folder = Path(options.train_dataset_path)
    if not options.train_dataset_path or not folder.is_dir():
        raise OptionError(f"train_dataset_path must be a folder of charts, got {options.train_dataset_path or 'none'}.")
    if options.threads:
        torch.set_num_threads(options.threads)
    task = _task(folder, options)
    config = make_config(**options.sizes)
    torch.manual_seed(options.seed)
    return train_small_model(RhythmModel(config), task, options.loop, options.run_path, partial(save_model, config))


def _task(folder: Path, options: RhythmTrainOptions) -> RhythmTask:
    split = Split(options.split)
    train = load_rhythms(folder, split)
    if not train.rhythms:
        raise OptionError(f"There is no chart to train on in train_dataset_path={folder}.")
    print(f"training on {len(train.rhythms)} rhythms; {len(train.skipped)} charts skipped")
    held_out = load_rhythms(folder, Split.HELD_OUT) if split is Split.TRAIN else None
    if held_out is None or not held_out.rhythms:
        return RhythmTask(options, train, None)
    print(f"held out: {len(held_out.rhythms)} rhythms")
    return RhythmTask(options, train, held_out)
