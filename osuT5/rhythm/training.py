"""Training of the rhythm network: options, loss and held-out measurements."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

from osu_beatmap.held_out import Split
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT
from osuT5.dataset.files.sources import SourceReport
from osuT5.rhythm.axis import SongAxis, song_axes
from osuT5.rhythm.config import RhythmConfig
from osuT5.rhythm.corpus import RhythmSong, load_songs
from osuT5.rhythm.features import BANDS
from osuT5.rhythm.files import load_rhythm_model, save_rhythm_model
from osuT5.rhythm.network import RhythmNetwork
from osuT5.rhythm.prediction import nats_per_object, predict_rhythm
from osuT5.rhythm.sampling import BatchSampler, RhythmBatch, SamplingOptions
from training.checkpoint import AVERAGE_FILE, replaced_folder
from training.loop import CHECKPOINT_FOLDER, MODEL_FOLDER, run_training
from training.loop_options import LoopOptions
from training.options import OptionError
from training.task import Figures

DOWNBEAT_WEIGHT = 0.5
"""Weight of nats per beat next to about 1.3 nats per object."""

DENSITY_FLOOR = 0.5
"""Objects per beat added to those of a map where its nats are divided by them: an empty window has none."""

FEWEST_SONGS = 5
"""A group with fewer held-out songs is reported, but does not decide which weights are best."""

PAUSE_POLL_S = 2.0


@dataclass(frozen=True)
class RhythmTrainOptions:
    """Options of a training run.

    Attributes:
        start_path: Model folder with the initial weights; empty for random ones.
        pause_path: While this file exists, the run waits between steps; empty for never.
    """

    dataset_path: Path
    run_path: Path = Path("runs/rhythm")
    cache_path: Path = Path("runs/rhythm/cache")
    start_path: str = ""
    pause_path: str = ""
    seed: int = 1
    network: RhythmConfig = field(default_factory=RhythmConfig)
    sampling: SamplingOptions = field(default_factory=SamplingOptions)
    loop: LoopOptions = field(
        default_factory=lambda: LoopOptions(optimizer="adamw", learning_rate=2e-3, average_decay=0.998)
    )


class RhythmTask:
    """Batches, loss and held-out measurements for the training loop."""

    def __init__(
        self,
        network: RhythmNetwork,
        sampler: BatchSampler,
        held_out: Sequence[SongAxis],
        pause_path: str = "",
    ) -> None:
        self.network, self.sampler, self.held_out, self.pause_path = network, sampler, held_out, pause_path

    def batch(self, step: int) -> RhythmBatch:
        """Return the batch of a step; wait while the run is paused."""
        wait_while_paused(self.pause_path)
        return self.sampler.batch(step)

    def loss(self, model: RhythmNetwork, batch: RhythmBatch, step: int) -> tuple[Tensor, Figures]:
        """Return the cross entropy of objects in nats, plus that of downbeats.

        Nats per tick or beat would let dense maps decide; easy ones are few and harder to learn.
        """
        objects, downbeats = model(batch.songs, batch.charts)
        exists = batch.tick_exists.index_select(0, batch.charts.songs)
        nats = F.binary_cross_entropy_with_logits(objects, batch.objects, reduction="none") * exists
        beats = exists.sum(dim=(1, 2)).clamp(min=1) / TICKS_PER_BEAT  # [rows]
        nats_per_beat = nats.sum(dim=(1, 2)) / beats
        density = batch.objects.sum(dim=(1, 2)) / beats
        object_loss = (nats_per_beat / (density + DENSITY_FLOOR)).mean()
        downbeat_loss = masked_mean(
            F.binary_cross_entropy_with_logits(downbeats, batch.downbeats, reduction="none"), batch.has_downbeats
        )
        figures = {"nats_per_beat": nats_per_beat.detach().mean(), "downbeats": downbeat_loss.detach()}
        return object_loss + DOWNBEAT_WEIGHT * downbeat_loss, figures

    def evaluate(self, model: RhythmNetwork) -> dict[str, float]:
        """Return held-out nats per object by group, and their mean.

        `loss` is the mean over groups with enough songs.
        """
        by_group: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for axis in self.held_out:
            prediction = predict_rhythm(model, axis, axis.conditions)
            for chart, (conditions, objects) in enumerate(zip(axis.conditions, axis.objects, strict=True)):
                nats = nats_per_object(prediction, chart, objects)
                by_group[conditions.group][axis.name].append(nats)
        means = {name: mean_over_songs(songs.values()) for name, songs in by_group.items()}
        deciding = [mean for name, mean in means.items() if len(by_group[name]) >= FEWEST_SONGS]
        return {"loss": float(np.mean(deciding or list(means.values())))} | means if means else {}

    def export(self, weights: Mapping[str, Tensor], folder: Path) -> None:
        """Write a model folder with trained weights."""
        save_rhythm_model(folder, self.network.config, self.network.state_dict() | dict(weights))


def wait_while_paused(pause_path: str) -> None:
    """Wait while a file exists; an empty path never does."""
    while pause_path and Path(pause_path).exists():
        time.sleep(PAUSE_POLL_S)


def train_rhythm(options: RhythmTrainOptions) -> Path:
    """Train or resume; return the folder of the model with averaged weights.

    Raises:
        OptionError: The dataset has no song to train on.
        ModelError: `start_path` is not a rhythm model of this version.
    """
    report = SourceReport()
    songs = load_songs(options.dataset_path, options.cache_path, Split.TRAIN, report)
    if not songs:
        raise OptionError(f"{options.dataset_path} has no songs to train on: give a folder of mapset folders.")
    held_out = load_songs(options.dataset_path, options.cache_path, Split.HELD_OUT, report)
    print(f"{len(songs)} songs, {len(held_out)} held out, {len(report.skipped)} files skipped", flush=True)
    network = initial_network(options, songs)
    axes = [axis for song in songs for axis in song_axes(song)]
    sampler = BatchSampler(axes, options.sampling, network.config.window_beats, options.seed)
    held_out_axes = [axis for song in held_out for axis in song_axes(song)]
    task = RhythmTask(network, sampler, held_out_axes, options.pause_path)
    run_training(network, task, options.loop, options.run_path)
    with replaced_folder(options.run_path / MODEL_FOLDER) as temporary:
        task.export(load_file(options.run_path / CHECKPOINT_FOLDER / AVERAGE_FILE), temporary)
    return options.run_path / MODEL_FOLDER


def initial_network(options: RhythmTrainOptions, songs: Sequence[RhythmSong]) -> RhythmNetwork:
    """Return the network of `start_path`, or a random one for the songs.

    The sizes are those of the model in `start_path`, the dropout that of the options.
    """
    torch.manual_seed(options.seed)
    if options.start_path:
        start = load_rhythm_model(Path(options.start_path))
        network = RhythmNetwork(replace(start.config, dropout=options.network.dropout))
        network.load_state_dict(start.state_dict())
        return network
    network = RhythmNetwork(options.network)
    network.feature_mean.copy_(torch.from_numpy(mean_features(songs)))
    return network


def mean_features(songs: Iterable[RhythmSong], stride: int = 50) -> np.ndarray:
    """Return the mean of every `stride`-th frame of all songs, float32 [bands]."""
    total, count = np.zeros(BANDS), 0
    for song in songs:
        some = np.asarray(song.features[::stride], np.float64)
        total, count = total + some.sum(axis=0), count + len(some)
    return (total / max(1, count)).astype(np.float32)


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over the mask; 0 if it is empty."""
    return (values * mask).sum() / mask.sum().clamp(min=1)


def mean_over_songs(songs: Iterable[Sequence[float]]) -> float:
    """Return the mean over songs of the means over their maps."""
    return float(np.mean([np.mean(charts) for charts in songs]))
