"""Training of the object network: options, loss and held-out measurements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from osu_beatmap.held_out import Split
from osuT5.dataset.files.sources import SourceReport
from osuT5.objects.batches import ObjectBatch, PassageSampler, SamplingOptions, cut_passage, stack_passages
from osuT5.objects.config import ObjectConfig
from osuT5.objects.corpus import ObjectSong, load_object_songs, load_silent_songs
from osuT5.objects.files import digest_of, load_object_model, save_object_model
from osuT5.objects.loss import nats_by_part
from osuT5.objects.network import ObjectNetwork
from osuT5.objects.styles import Levels, style_levels
from osuT5.rhythm.conditions import Origin
from osuT5.rhythm.files import WEIGHTS_FILE, load_rhythm_model
from osuT5.rhythm.training import wait_while_paused
from training.checkpoint import AVERAGE_FILE, replaced_folder
from training.loop import CHECKPOINT_FOLDER, MODEL_FOLDER, run_training
from training.loop_options import LoopOptions
from training.options import OptionError
from training.task import Figures

PART_WEIGHTS = {"sound": 0.4, "end_sound": 0.4}
"""Weights in the loss, 1 for other parts. Sounds are a mapper's habit: they are the first to be overfitted."""

SECTION_WEIGHT = 0.5
"""Weight of nats per beat of kiai time, next to about 8 nats per object."""

HELD_OUT_PASSAGES = 2
"""Passages of each held-out map that are scored."""

HELD_OUT_ROWS = 16


@dataclass(frozen=True)
class ObjectTrainOptions:
    """Options of a training run.

    Attributes:
        rhythm_path: Rhythm model that describes the sound.
        silent_path: Folder of maps without their songs, to train on too; empty for none.
        start_path: Model folder with the initial weights; empty for random ones.
        pause_path: While this file exists, the run waits between steps; empty for never.
    """

    dataset_path: Path
    rhythm_path: Path
    run_path: Path = Path("runs/objects")
    cache_path: Path = Path("runs/objects/cache")
    silent_path: str = ""
    start_path: str = ""
    pause_path: str = ""
    seed: int = 1
    network: ObjectConfig = field(default_factory=ObjectConfig)
    sampling: SamplingOptions = field(default_factory=SamplingOptions)
    loop: LoopOptions = field(default_factory=LoopOptions)


class ObjectTask:
    """Batches, loss and held-out measurements for the training loop."""

    def __init__(
        self,
        network: ObjectNetwork,
        sampler: PassageSampler,
        held_out: Sequence[ObjectSong],
        rhythm_digest: str,
        pause_path: str = "",
    ) -> None:
        self.network, self.sampler, self.held_out = network, sampler, held_out
        self.rhythm_digest, self.pause_path = rhythm_digest, pause_path

    def batch(self, step: int) -> ObjectBatch:
        """Return the batch of a step; wait while the run is paused."""
        wait_while_paused(self.pause_path)
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
            batch = stack_passages(rows, model.config.window_beats, np.ones(len(rows), bool))
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

    def export(self, weights: Mapping[str, Tensor], folder: Path) -> None:
        """Write a model folder with trained weights."""
        state = self.network.state_dict() | dict(weights)
        save_object_model(folder, self.network.config, state, self.rhythm_digest)


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


def train_objects(options: ObjectTrainOptions) -> Path:
    """Train or resume; return the folder of the model with averaged weights.

    Raises:
        OptionError: The dataset has no song to train on.
        ModelError: A model of the options cannot be loaded.
    """
    report = SourceReport()
    places = (options.dataset_path, options.cache_path, options.rhythm_path)
    songs = load_object_songs(*places, Split.TRAIN, report)
    if not songs:
        raise OptionError(f"{options.dataset_path} has no songs to train on: give a folder of mapset folders.")
    if options.silent_path:
        silent = (Path(options.silent_path), options.cache_path, load_rhythm_model(options.rhythm_path))
        songs += load_silent_songs(*silent, Split.TRAIN, report)
    held_out = load_object_songs(*places, Split.HELD_OUT, report)
    print(f"{len(songs)} songs, {len(held_out)} held out, {len(report.skipped)} files skipped", flush=True)
    torch.manual_seed(options.seed)
    network = ObjectNetwork(replace(options.network, styles=usual_styles(songs)))
    if options.start_path:
        start = load_object_model(Path(options.start_path))
        network = ObjectNetwork(replace(start.config, dropout=options.network.dropout))
        network.load_state_dict(start.state_dict())
    sampler = PassageSampler(songs, options.sampling, network.config, options.seed)
    digest = digest_of(options.rhythm_path / WEIGHTS_FILE)
    task = ObjectTask(network, sampler, held_out, digest, options.pause_path)
    run_training(network, task, options.loop, options.run_path)
    with replaced_folder(options.run_path / MODEL_FOLDER) as temporary:
        task.export(load_file(options.run_path / CHECKPOINT_FOLDER / AVERAGE_FILE), temporary)
    return options.run_path / MODEL_FOLDER
