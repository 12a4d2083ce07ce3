"""Training of the object network: options, loss and held-out measurements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from model_files.network_folder import WEIGHTS_FILE, digest_of
from osuT5.map_model.part_run import PartRun
from osuT5.objects.batches import ObjectBatch, PassageSampler, SamplingOptions, cut_passage, stack_passages
from osuT5.objects.corpus import ObjectSong, load_object_songs, load_silent_songs
from osuT5.objects.loss import nats_by_part
from osuT5.objects.model.config import ObjectConfig
from osuT5.objects.model.files import load_object_model, save_object_model
from osuT5.objects.model.network import ObjectNetwork
from osuT5.objects.styles import Levels, style_levels
from osuT5.rhythm.conditions import Origin
from osuT5.rhythm.config import RhythmConfig
from osuT5.rhythm.files import load_rhythm_model
from training.devices import move_batch
from training.task import Figures

PART_WEIGHTS = {"sound": 0.4, "end_sound": 0.4}
"""Weights in the loss, 1 for other parts. Sounds are a mapper's habit: they are the first to be overfitted."""

SECTION_WEIGHT = 0.5
"""Weight of nats per beat of kiai time, next to about 8 nats per object."""

HELD_OUT_PASSAGES = 2
"""Passages of each held-out map that are scored."""

HELD_OUT_ROWS = 16


class ObjectTask:
    """Batches, loss and held-out measurements for the training loop."""

    def __init__(self, sampler: PassageSampler, held_out: Sequence[ObjectSong]) -> None:
        self.sampler, self.held_out = sampler, held_out

    def batch(self, step: int) -> ObjectBatch:
        """Return the batch of a step."""
        return self.sampler.batch(step)

    def loss(self, model: ObjectNetwork, batch: ObjectBatch, step: int) -> tuple[Tensor, Figures]:
        """Return weighted nats per object."""
        parts = [PART_WEIGHTS.get(name, 1.0) * nats.sum() for name, nats, _ in nats_by_part(model, batch)]
        total = torch.stack(parts).sum()
        objects = (batch.fields != -1).any(-1) | (batch.columns != -1).any(-1)
        nats = total / objects.sum().clamp(min=1)
        if batch.section_song is None:
            return nats, {}
        return nats + SECTION_WEIGHT * section_loss(model, batch.section_song), {"nats": nats.detach()}

    @torch.inference_mode()
    def evaluate(self, model: ObjectNetwork) -> dict[str, float]:
        """Return held-out nats by group and part; `loss` is per object."""
        sums: dict[str, float] = defaultdict(float)
        counts: dict[str, float] = defaultdict(float)
        objects: dict[str, float] = defaultdict(float)
        passages = held_out_passages(self.held_out, model.config)
        for first in range(0, len(passages), HELD_OUT_ROWS):
            rows = passages[first : first + HELD_OUT_ROWS]
            stacked = stack_passages(rows, model.config.window_beats, np.ones(len(rows), bool))
            batch = move_batch(stacked, next(model.parameters()).device)
            for row, passage in enumerate(rows):
                objects[batch.groups[row]] += passage.stop - passage.first
            for part, nats, places in nats_by_part(model, batch):
                for row, group in enumerate(batch.groups):
                    own = nats[places == row]
                    sums[f"{group}/{part}"] += float(own.sum())
                    counts[f"{group}/{part}"] += len(own)
        figures = {name: sums[name] / counts[name] for name in sorted(sums) if counts[name]}
        totals = {
            group: sum(value for name, value in sums.items() if name.rpartition("/")[0] == group) / count
            for group, count in objects.items()
        }
        told = [section_loss(model, song) for song in self.held_out if song.sections is not None]
        sections = {"sections": float(torch.stack(told).mean())} if told else {}
        return {"loss": float(np.mean(list(totals.values())))} | totals | sections | figures if totals else {}


def usual_styles(songs: Sequence[ObjectSong]) -> Levels:
    """Return the usual styles of the maps that were made for osu!."""
    charts = [chart for song in songs for chart in song.charts if chart.conditions.origin is Origin.OSU]
    return style_levels((chart.conditions.mode, chart.conditions.stars, chart.styles) for chart in charts)


def section_loss(network: ObjectNetwork, song: ObjectSong) -> Tensor:
    """Return the loss of the sections of a song."""
    arrays = (song.sound.ticks, song.sound.beats, song.sections.kiai, song.sections.volume)
    device = next(network.parameters()).device
    return network.sections.loss(*(torch.from_numpy(array.astype(np.float32)).to(device) for array in arrays))


def held_out_passages(songs: Sequence[ObjectSong], config: ObjectConfig) -> list:
    """Return passages of each map, spread evenly."""
    passages = []
    for song in songs:
        for chart in song.charts:
            for number in range(HELD_OUT_PASSAGES if len(chart.tokens) > 1 else 0):
                first = len(chart.tokens) * number // HELD_OUT_PASSAGES
                passages.append(cut_passage(song.sound, chart, first, config, 8))
    return passages


def train_objects(run: PartRun, rhythm_path: Path) -> None:
    """Train or resume the object model of a run.

    Args:
        rhythm_path: Rhythm model that describes the sound.

    Raises:
        OptionError: The dataset has no song to train on, or an option does not fit.
        ModelError: The initial weights or the rhythm model cannot be loaded.
    """
    digest = digest_of(rhythm_path / WEIGHTS_FILE)
    run.bind(digest)
    rhythm = load_rhythm_model(rhythm_path)
    songs, held_out = run.load(partial(load_object_songs, rhythm_path))
    songs += run.load_silent(partial(load_silent_songs, rhythm))
    network = initial_network(run, rhythm.config, songs)
    sampler = PassageSampler(songs, run.sampling(SamplingOptions), network.config, run.options.seed)
    save = partial(save_object_model, config=network.config, rhythm_digest=digest)
    run.train(network, ObjectTask(sampler, held_out), save, r"(beat|object)_layers\.\d+")


def initial_network(run: PartRun, rhythm: RhythmConfig, songs: Sequence[ObjectSong]) -> ObjectNetwork:
    """Return the network with the initial weights of a run.

    Without any, it is a random one, for the sound of the rhythm model and the usual styles of the songs.
    """
    torch.manual_seed(run.options.seed)
    started = run.load_initial_network(load_object_model, ObjectNetwork)
    if started is not None:
        return started
    sizes, styles = run.sizes(ObjectConfig), usual_styles(songs)
    return ObjectNetwork(replace(sizes, sound_width=rhythm.width, tick_width=rhythm.tick_width, styles=styles))
