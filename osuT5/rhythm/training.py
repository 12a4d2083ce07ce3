"""Training of the rhythm network: options, loss and held-out measurements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT
from osuT5.map_model.part_run import PartRun
from osuT5.rhythm.axis import SongAxis, song_axes
from osuT5.rhythm.config import RhythmConfig
from osuT5.rhythm.corpus import RhythmSong, load_songs
from osuT5.rhythm.features import BANDS
from osuT5.rhythm.files import load_rhythm_model, save_rhythm_model
from osuT5.rhythm.network import RhythmNetwork
from osuT5.rhythm.prediction import nats_per_object, predict_rhythm
from osuT5.rhythm.sampling import BatchSampler, RhythmBatch, SamplingOptions
from training.task import Figures

DOWNBEAT_WEIGHT = 0.5
"""Weight of nats per beat next to about 1.3 nats per object."""

DENSITY_FLOOR = 0.5
"""Objects per beat added to those of a map where its nats are divided by them: an empty window has none."""

FEWEST_SONGS = 5
"""Minimum held-out songs of a group that decides on the best weights; smaller groups are only reported."""


class RhythmTask:
    """Batches, loss and held-out measurements for the training loop.

    Args:
        teachers: Networks in evaluation mode whose predictions are a share of the targets.
    """

    def __init__(
        self, sampler: BatchSampler, held_out: Sequence[SongAxis], teachers: Sequence[RhythmNetwork] = ()
    ) -> None:
        self.sampler, self.held_out, self.teachers = sampler, held_out, teachers

    def batch(self, step: int) -> RhythmBatch:
        """Return the batch of a step."""
        return self.sampler.batch(step)

    def loss(self, model: RhythmNetwork, batch: RhythmBatch, step: int) -> tuple[Tensor, Figures]:
        """Return the cross entropy of objects in nats, plus that of downbeats.

        Nats per tick or beat would let dense maps decide; easy ones are few and harder to learn.
        """
        objects, downbeats = (logits.float() for logits in model(batch.songs, batch.charts))
        exists = batch.tick_exists.index_select(0, batch.charts.songs)
        targets = self._targets(batch)
        nats = F.binary_cross_entropy_with_logits(objects, targets, reduction="none") * exists
        beats = exists.sum(dim=(1, 2)).clamp(min=1) / TICKS_PER_BEAT  # [rows]
        nats_per_beat = nats.sum(dim=(1, 2)) / beats
        density = targets.sum(dim=(1, 2)) / beats
        object_loss = (nats_per_beat / (density + DENSITY_FLOOR)).mean()
        downbeat_loss = masked_mean(
            F.binary_cross_entropy_with_logits(downbeats, batch.downbeats, reduction="none"), batch.has_downbeats
        )
        figures = {"nats_per_beat": nats_per_beat.detach().mean(), "downbeats": downbeat_loss.detach()}
        return object_loss + DOWNBEAT_WEIGHT * downbeat_loss, figures

    @torch.no_grad()
    def _targets(self, batch: RhythmBatch) -> Tensor:
        """Return the objects, mixed with the predictions of teachers.

        See Hinton et al. 2015, Distilling the Knowledge in a Neural Network.
        """
        if not self.teachers:
            return batch.objects
        predictions = [teacher(batch.clean_songs, batch.charts)[0].float().sigmoid() for teacher in self.teachers]
        return torch.lerp(batch.objects, torch.stack(predictions).mean(0), self.sampler.options.teacher_share)

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


def train_rhythm(run: PartRun) -> None:
    """Train or resume the rhythm model of a run.

    An adapter changes the layers of single maps: the sound, on which the object model depends, stays.

    Raises:
        OptionError: The dataset has no song to train on, or an option does not fit.
        ModelError: The initial weights or a teacher are not a rhythm model of this version.
    """
    songs, held_out = run.load(load_songs)
    network = initial_network(run, songs)
    axes, held_out_axes = ([axis for song in each for axis in song_axes(song)] for each in (songs, held_out))
    teachers = [load_rhythm_model(Path(path)).to(run.processes.device) for path in run.options.teacher_paths]
    sampling, window_beats = run.sampling(SamplingOptions), network.config.window_beats
    sampler = BatchSampler(axes, sampling, window_beats, run.options.seed, has_teachers=bool(teachers))
    save = partial(save_rhythm_model, config=network.config)
    run.train(network, RhythmTask(sampler, held_out_axes, teachers), save, r"chart\.layers\.\d+")


def initial_network(run: PartRun, songs: Sequence[RhythmSong]) -> RhythmNetwork:
    """Return the network with the initial weights of a run.

    Without any, it is a random one for the songs.
    """
    torch.manual_seed(run.options.seed)
    started = run.load_initial_network(load_rhythm_model, RhythmNetwork)
    if started is not None:
        return started
    network = RhythmNetwork(run.sizes(RhythmConfig))
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
