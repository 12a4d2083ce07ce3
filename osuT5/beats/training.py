"""Training of the beat network: options, loss and measurements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

from osu_beatmap.held_out import Split
from osuT5.beats.config import BeatConfig
from osuT5.beats.files import load_beat_model, save_beat_model
from osuT5.beats.network import OUTPUTS, BeatNetwork
from osuT5.beats.prediction import predict_logits
from osuT5.beats.sampling import BeatBatch, BeatSampler, BeatSamplingOptions, BeatSong, frame_targets
from osuT5.beats.targets import song_beats
from osuT5.rhythm.corpus import RhythmSong, load_songs
from osuT5.rhythm.training import masked_mean, mean_features, wait_while_paused
from training.checkpoint import AVERAGE_FILE, replaced_folder
from training.loop import CHECKPOINT_FOLDER, MODEL_FOLDER, run_training
from training.loop_options import LoopOptions
from training.options import OptionError
from training.task import Figures

VALIDATION_EVERY = 12
"""One of so many training songs is never trained on: thresholds and the best weights are chosen by these songs."""

OUTPUT_WEIGHTS = (1.0, 2.0)
"""Weights of beats and downbeats in the loss; downbeats are rarer."""


@dataclass(frozen=True)
class BeatTrainOptions:
    """Options of a training run.

    Attributes:
        start_path: Model folder with the initial weights; empty for random ones.
        pause_path: While this file exists, the run waits between steps; empty for never.
    """

    dataset_path: Path
    run_path: Path = Path("runs/beats")
    cache_path: Path = Path("runs/beats/cache")
    start_path: str = ""
    pause_path: str = ""
    seed: int = 1
    network: BeatConfig = field(default_factory=BeatConfig)
    sampling: BeatSamplingOptions = field(default_factory=BeatSamplingOptions)
    loop: LoopOptions = field(default_factory=lambda: LoopOptions(learning_rate=2e-3, average_decay=0.998))


class BeatTask:
    """Batches, loss and measurements for the training loop."""

    def __init__(
        self, network: BeatNetwork, sampler: BeatSampler, validation: Sequence[BeatSong], pause_path: str = ""
    ) -> None:
        self.network, self.sampler, self.validation, self.pause_path = network, sampler, validation, pause_path

    def batch(self, step: int) -> BeatBatch:
        """Return the batch of a step; wait while the run is paused."""
        wait_while_paused(self.pause_path)
        return self.sampler.batch(step)

    def loss(self, model: BeatNetwork, batch: BeatBatch, step: int) -> tuple[Tensor, Figures]:
        """Return the cross entropy of the frames in nats."""
        nats = F.binary_cross_entropy_with_logits(model(batch.features), batch.targets, reduction="none")
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

    def export(self, weights: Mapping[str, Tensor], folder: Path) -> None:
        """Write a model folder with trained weights."""
        save_beat_model(folder, self.network.config, self.network.state_dict() | dict(weights))


def nats_of_song(model: BeatNetwork, song: BeatSong) -> np.ndarray:
    """Return the mean cross entropy of each output over the certain frames, float [2]."""
    logits = predict_logits(model, song.features)
    targets, is_certain = frame_targets(song.beats, 0, len(logits))
    return (np.logaddexp(0.0, logits) - targets * logits)[is_certain].mean(axis=0)


def train_beats(options: BeatTrainOptions) -> Path:
    """Train or resume; return the folder of the model with averaged weights.

    Raises:
        OptionError: The dataset has no song to train on.
        ModelError: `start_path` is not a beat model of this version.
    """
    songs = load_songs(options.dataset_path, options.cache_path, Split.TRAIN)
    if not songs:
        raise OptionError(f"{options.dataset_path} has no songs to train on: give a folder of mapset folders.")
    training, validation = split_validation(songs)
    print(f"{len(training)} songs, {len(validation)} for validation", flush=True)
    network = initial_network(options, songs)
    sampler = BeatSampler(list(with_beats(training)), options.sampling, options.seed)
    task = BeatTask(network, sampler, list(with_beats(validation)), options.pause_path)
    run_training(network, task, options.loop, options.run_path)
    with replaced_folder(options.run_path / MODEL_FOLDER) as temporary:
        task.export(load_file(options.run_path / CHECKPOINT_FOLDER / AVERAGE_FILE), temporary)
    return options.run_path / MODEL_FOLDER


def split_validation(songs: Sequence[RhythmSong]) -> tuple[list[RhythmSong], list[RhythmSong]]:
    """Return the songs to train on and those to choose weights and thresholds by."""
    ordered = sorted(songs, key=lambda song: song.name)
    validation = ordered[VALIDATION_EVERY - 1 :: VALIDATION_EVERY]
    names = {song.name for song in validation}
    return [song for song in ordered if song.name not in names], validation


def with_beats(songs: Sequence[RhythmSong]) -> Iterator[BeatSong]:
    """Yield the songs with their beats."""
    for song in songs:
        yield BeatSong(song.features, song_beats(song))


def initial_network(options: BeatTrainOptions, songs: Sequence[RhythmSong]) -> BeatNetwork:
    """Return the network of `start_path`, or a random one for the songs."""
    torch.manual_seed(options.seed)
    network = BeatNetwork(options.network)
    if options.start_path:
        network.load_state_dict(load_beat_model(Path(options.start_path)).state_dict())
    else:
        network.feature_mean.copy_(torch.from_numpy(mean_features(songs)))
    return network
