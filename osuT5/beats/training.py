"""Training of the beat network: options, loss and measurements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from osuT5.beats.config import BeatConfig
from osuT5.beats.files import load_beat_model, save_beat_model
from osuT5.beats.network import OUTPUTS, BeatNetwork
from osuT5.beats.prediction import predict_logits
from osuT5.beats.sampling import BeatBatch, BeatSampler, BeatSamplingOptions, BeatSong, frame_targets
from osuT5.beats.targets import song_beats
from osuT5.map_model.part_run import PartRun, split_validation
from osuT5.rhythm.corpus import RhythmSong, load_songs
from osuT5.rhythm.training import masked_mean, mean_features
from training.task import Figures

OUTPUT_WEIGHTS = (1.0, 2.0)
"""Weights of beats and downbeats in the loss; downbeats are rarer."""


class BeatTask:
    """Batches, loss and measurements for the training loop."""

    def __init__(self, sampler: BeatSampler, validation: Sequence[BeatSong]) -> None:
        self.sampler, self.validation = sampler, validation

    def batch(self, step: int) -> BeatBatch:
        """Return the batch of a step."""
        return self.sampler.batch(step)

    def loss(self, model: BeatNetwork, batch: BeatBatch, step: int) -> tuple[Tensor, Figures]:
        """Return the cross entropy of the frames in nats."""
        nats = F.binary_cross_entropy_with_logits(model(batch.features).float(), batch.targets, reduction="none")
        means = [masked_mean(nats[..., output], batch.is_certain) for output in range(len(OUTPUTS))]
        figures = {name: mean.detach() for name, mean in zip(OUTPUTS, means, strict=True)}
        return sum(weight * mean for weight, mean in zip(OUTPUT_WEIGHTS, means, strict=True)), figures

    def evaluate(self, model: BeatNetwork) -> dict[str, float]:
        """Return the mean cross entropy over songs that were not trained on."""
        means = [nats_of_song(model, song) for song in self.validation]
        if not means:
            return {}
        by_output = dict(zip(OUTPUTS, np.mean(means, axis=0).tolist(), strict=True))
        return {"loss": float(np.dot(OUTPUT_WEIGHTS, list(by_output.values())))} | by_output


def nats_of_song(model: BeatNetwork, song: BeatSong) -> np.ndarray:
    """Return the mean cross entropy of each output, float [2].

    Only certain frames count.
    """
    logits = predict_logits(model, song.features)
    targets, is_certain = frame_targets(song.beats, 0, len(logits))
    return (np.logaddexp(0.0, logits) - targets * logits)[is_certain].mean(axis=0)


def train_beats(run: PartRun) -> None:
    """Train or resume the beat model of a run.

    Raises:
        OptionError: The dataset has no song to train on, or an option does not fit.
        ModelError: The initial weights cannot be loaded.
    """
    songs, _ = run.load(load_songs)
    training, validation = split_validation(songs)
    network = initial_network(run, songs)
    sampler = BeatSampler(list(with_beats(training)), run.sampling(BeatSamplingOptions), run.options.seed)
    task = BeatTask(sampler, list(with_beats(validation)))
    run.train(network, task, partial(save_beat_model, config=network.config), "no layer has an adapter")


def with_beats(songs: Sequence[RhythmSong]) -> Iterator[BeatSong]:
    """Yield the songs with their beats."""
    for song in songs:
        yield BeatSong(song.features, song_beats(song))


def initial_network(run: PartRun, songs: Sequence[RhythmSong]) -> BeatNetwork:
    """Return the network with the initial weights of a run.

    Without any, it is a random one for the songs.
    """
    torch.manual_seed(run.options.seed)
    started = run.load_initial_network(load_beat_model, BeatNetwork, is_optional=True)
    if started is not None:
        return started
    network = BeatNetwork(run.sizes(BeatConfig))
    network.feature_mean.copy_(torch.from_numpy(mean_features(songs)))
    return network
