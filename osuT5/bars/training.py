"""Training of the bar network: loss and measurements."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from osuT5.bars.config import BarConfig
from osuT5.bars.files import load_bar_model, save_bar_model
from osuT5.bars.network import BarNetwork
from osuT5.bars.prediction import predict_downbeats
from osuT5.bars.sampling import BarBatch, BarSampler, BarSamplingOptions, BarSong, load_bar_songs
from osuT5.map_model.part_run import PartRun, split_validation
from osuT5.rhythm.training import masked_mean
from training.task import Figures

PASSAGE_BEATS = 64
"""Beats whose logits are summed to measure how often bars are right."""


class BarTask:
    """Batches, loss and measurements for the training loop."""

    def __init__(self, sampler: BarSampler, validation: Sequence[BarSong]) -> None:
        self.sampler, self.validation = sampler, validation

    def batch(self, step: int) -> BarBatch:
        """Return the batch of a step."""
        return self.sampler.batch(step)

    def loss(self, model: BarNetwork, batch: BarBatch, step: int) -> tuple[Tensor, Figures]:
        """Return the cross entropy of beats in nats."""
        logits = model(batch.levels, batch.pitches).float()
        nats = F.binary_cross_entropy_with_logits(logits, batch.downbeats, reduction="none")
        return masked_mean(nats, batch.is_certain), {}

    def evaluate(self, model: BarNetwork) -> dict[str, float]:
        """Return the mean cross entropy over songs that were not trained on.

        `bars_right` is the mean fraction of their passages with the right bars.
        """
        nats, right = [], []
        for song in self.validation:
            logits = predict_downbeats(model, song.sound)
            each = np.logaddexp(0.0, logits) - song.is_downbeat * logits
            nats.append(each[song.is_certain].mean())
            found = right_passages(logits, song)
            right += [np.mean(found)] if found else []
        return {"loss": float(np.mean(nats)), "bars_right": float(np.mean(right or [0.0]))} if nats else {}


def right_passages(logits: np.ndarray, song: BarSong) -> list[bool]:
    """Return whether each passage has the right bars by its summed logits.

    Only passages of unbroken bars of four certain beats count.
    """
    found = []
    for first in range(0, len(logits) - PASSAGE_BEATS + 1, PASSAGE_BEATS):
        inside = slice(first, first + PASSAGE_BEATS)
        targets = song.is_downbeat[inside].reshape(-1, 4)
        if song.is_certain[inside].all() and (targets == targets[0]).all() and targets[0].sum() == 1:
            found.append(bool(targets[0, logits[inside].reshape(-1, 4).sum(0).argmax()]))
    return found


def train_bars(run: PartRun) -> None:
    """Train or resume the bar model of a run.

    Raises:
        OptionError: The dataset has no song to train on, or an option does not fit.
        ModelError: The initial weights cannot be loaded.
    """
    songs, _ = run.load(load_bar_songs)
    training, validation = split_validation(songs)
    network = initial_network(run, songs)
    sampling = run.sampling(BarSamplingOptions)
    sampler = BarSampler(training, sampling, network.config.window_beats, run.options.seed)
    save = partial(save_bar_model, config=network.config)
    run.train(network, BarTask(sampler, validation), save, "no layer has an adapter")


def initial_network(run: PartRun, songs: Sequence[BarSong]) -> BarNetwork:
    """Return the network with the initial weights of a run.

    Without any, it is a random one for the songs.
    """
    torch.manual_seed(run.options.seed)
    started = run.load_initial_network(load_bar_model, BarNetwork, is_optional=True)
    if started is not None:
        return started
    network = BarNetwork(run.sizes(BarConfig))
    for name, mean in (("levels", network.level_mean), ("pitches", network.pitch_mean)):
        means = [getattr(song.sound, name).mean(axis=(0, 1), dtype=np.float64) for song in songs]
        mean.copy_(torch.from_numpy(np.mean(means, axis=0)))
    return network
