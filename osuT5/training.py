"""Training the seq2seq model: configuration, loss and held-out figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from osu_beatmap.model import GameMode
from osuT5.dataset.corpus import TrainingSong, load_corpus
from osuT5.dataset.examples import (
    AugmentationOptions,
    Batch,
    BatchOptions,
    ExampleSampler,
    context_label_kinds,
)
from osuT5.dataset.sources import Split, mapset_songs
from osuT5.events import EventKind
from osuT5.model.config import ModelConfig
from osuT5.model.frame_heads import frame_loss
from osuT5.model.loading import best_device, load_model
from osuT5.model.seq2seq import MapperModel, MapperOutput
from osuT5.spec import ModelSpec, mini_spec
from osuT5.vocabulary import IGNORED_LABEL, PAD_ID
from training.loop import LoopOptions, run_training
from training.options import OptionError

TIME_TOLERANCE_STEPS = 2

LENGTH_GROUPS = 4
"""Rows of a batch are scored in so many blocks, each as long as its longest row."""


@dataclass(frozen=True)
class TrainOptions:
    """One training run.

    `frame_only_steps` first trains the encoder alone, on the frame heads. `sizes` are fields of ModelConfig that differ
    from the embedded size, or from the model of `init_path`, where they may add parts.
    """

    train_dataset_path: str = ""
    run_path: str = "runs/mini"
    cache_path: str = ""
    init_path: str = ""
    split: str = "train"
    convert_to_catch: bool = True
    seed: int = 1
    device: str = "auto"
    threads: int = 0
    frame_only_steps: int = 0
    frame_loss_weight: float = 0.5
    frame_positive_weight: float = 4.0
    onset_loss_weight: float = 0.5
    rhythm_weight: float = 1.5
    position_weight: float = 0.5
    held_out_batches: int = 8
    sizes: Mapping[str, int] = field(default_factory=dict)
    loop: LoopOptions = field(default_factory=LoopOptions)
    batch: BatchOptions = field(default_factory=BatchOptions)
    augmentation: AugmentationOptions = field(default_factory=AugmentationOptions)


def mini_config(spec: ModelSpec, **sizes) -> ModelConfig:
    """Network sizes of the embedded model for a contract."""
    time_ids = spec.vocabulary.ids_of(EventKind.TIME)
    return ModelConfig(
        n_mels=spec.spectrogram.n_mels,
        max_source_positions=spec.grid.frames // 4,
        ms_per_frame=spec.grid.frame_ms,
        vocab_size_in=spec.vocabulary.size_in,
        vocab_size_out=spec.vocabulary.size_out,
        time_token_start=time_ids.start,
        time_token_count=len(time_ids),
        time_step_ms=float(spec.grid.time_step_ms),
        audio_lead_ms=spec.audio_lead_ms,
        **sizes,
    )


class MapperTask:
    """Batches and losses of the seq2seq model."""

    def __init__(
        self, spec: ModelSpec, options: TrainOptions, train: ExampleSampler, held_out: ExampleSampler | None
    ) -> None:
        self.spec = spec
        self.options = options
        self.train = train
        self.held_out = held_out
        self.label_weights = torch.from_numpy(label_weights(spec, options.rhythm_weight, options.position_weight))

    def batch(self, step: int) -> dict[str, Tensor]:
        return as_tensors(self.train.batch(step))

    def loss(self, model: nn.Module, batch: dict[str, Tensor], step: int) -> tuple[Tensor, dict[str, float]]:
        batch = {name: tensor.to(model.device) for name, tensor in batch.items()}
        if step < self.options.frame_only_steps:
            frame_logits = model.frame_logits(model.encode(batch["mel"]))
            loss = self._frame_loss(frame_logits, batch)
            return loss, {"frame_loss": float(loss.detach())}
        states = model.encode(batch["mel"])
        tokens, onsets = self._row_losses(model, states, batch)
        frames = self._frame_loss(model.frame_logits(states), batch)
        loss = tokens + self.options.frame_loss_weight * frames + self.options.onset_loss_weight * onsets
        figures = {"token_loss": tokens, "frame_loss": frames, "onset_loss": onsets}
        return loss, {name: float(figure.detach()) for name, figure in figures.items()}

    def _row_losses(self, model: nn.Module, states: Tensor, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """The weighted mean over all labels of the batch, and that of the charts' onsets.

        Rows are scored with others of like length: they are anything from 20 tokens to the limit, and in one block
        nearly half of the decoder's work would be padding.
        """
        labels = batch["labels"]
        weights = self.label_weights.to(model.device)[labels.clamp(min=0)] * (labels != IGNORED_LABEL)
        lengths = (batch["input_ids"] != PAD_ID).sum(1)
        token_loss, onset_loss = states.new_zeros(()), states.new_zeros(())
        for rows in lengths.argsort().chunk(LENGTH_GROUPS):
            length = int(lengths[rows[-1]])
            output = model(
                encoder_states=states,
                decoder_input_ids=batch["input_ids"][rows, :length],
                labels=labels[rows, :length],
                label_weights=weights[rows, :length],
                row_window=batch["row_window"][rows],
                mode_ids=batch["row_mode"][rows],
            )
            token_loss = token_loss + output.loss * weights[rows].sum()
            onset_loss = onset_loss + self._onset_loss(output, batch["onset_targets"][rows]) * len(rows)
        return token_loss / weights.sum().clamp(min=1e-6), onset_loss / len(lengths)

    def _onset_loss(self, output: MapperOutput, targets: Tensor) -> Tensor:
        """Of the head that finds the onsets of one chart; 0 without it."""
        if output.onset_logits is None:
            return targets.new_zeros(())
        return frame_loss(output.onset_logits, targets, self.options.frame_positive_weight)

    def _frame_loss(self, frame_logits: Tensor, batch: dict[str, Tensor]) -> Tensor:
        weight = self.options.frame_positive_weight
        return frame_loss(frame_logits, batch["frame_targets"], weight, batch["frame_known"])

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        if self.held_out is None:
            return {}
        tally = Tally(self.spec)
        for step in range(self.options.held_out_batches):
            batch = {n: t.to(model.device) for n, t in as_tensors(self.held_out.batch(step)).items()}
            output = model(
                mel=batch["mel"],
                decoder_input_ids=batch["input_ids"],
                row_window=batch["row_window"],
                mode_ids=batch["row_mode"],
            )
            tally.add(output.logits.float(), batch["labels"], batch["row_mode"])
            tally.add_frames(
                self._frame_loss(output.frame_logits, batch), self._onset_loss(output, batch["onset_targets"])
            )
        return tally.figures()


class Tally:
    """Cross entropy and accuracy by kind of token and by mode, over held-out batches."""

    def __init__(self, spec: ModelSpec) -> None:
        self.kinds = context_label_kinds(spec)
        self.time_ids = spec.vocabulary.ids_of(EventKind.TIME)
        self.sums: dict[str, float] = defaultdict(float)
        self.counts: dict[str, int] = defaultdict(int)

    def add(self, logits: Tensor, labels: Tensor, row_mode: Tensor) -> None:
        known = labels != IGNORED_LABEL
        targets = labels[known]
        modes = row_mode[:, None].expand_as(labels)[known]
        scores = logits[known]
        losses = torch.nn.functional.cross_entropy(scores, targets, reduction="none")
        guesses = scores.argmax(-1)
        right = (guesses == targets).float()
        self._count("loss", losses)
        for mode in GameMode:
            self._count(f"loss/{mode.name.lower()}", losses[modes == int(mode)])
        for kind, ids in self.kinds.items():
            of_kind = (targets >= ids.start) & (targets < ids.stop)
            self._count(f"loss/{kind}", losses[of_kind])
            self._count(f"accuracy/{kind}", right[of_kind])
        is_time = (targets >= self.time_ids.start) & (targets < self.time_ids.stop)
        near = ((guesses - targets).abs() <= TIME_TOLERANCE_STEPS).float()
        for mode in GameMode:
            self._count(f"time_within_20ms/{mode.name.lower()}", near[is_time & (modes == int(mode))])
        self._count("time_within_20ms", near[is_time])

    def add_frames(self, frame_loss: Tensor, onset_loss: Tensor) -> None:
        self._count("frame_loss", frame_loss[None])
        self._count("onset_loss", onset_loss[None])

    def _count(self, name: str, values: Tensor) -> None:
        if values.numel():
            self.sums[name] += float(values.sum())
            self.counts[name] += values.numel()

    def figures(self) -> dict[str, float]:
        return {name: round(self.sums[name] / self.counts[name], 4) for name in self.sums}


def label_weights(spec: ModelSpec, rhythm_weight: float, position_weight: float) -> np.ndarray:
    """The weight of each output id in the loss [vocabulary out].

    When things happen matters most, and positions, which have hundreds of near-equal answers, would drown it.
    """
    weights = np.ones(spec.vocabulary.size_out, dtype=np.float32)
    for kind in (EventKind.TIME, EventKind.SNAPPING):
        ids = spec.vocabulary.ids_of(kind)
        weights[ids.start : ids.stop] = rhythm_weight
    for kind in (EventKind.POSITION, EventKind.POSITION_X, EventKind.POSITION_Y, EventKind.DISTANCE):
        ids = spec.vocabulary.ids_of(kind)
        weights[ids.start : ids.stop] = position_weight
    return weights


def as_tensors(batch: Batch) -> dict[str, Tensor]:
    names = ("mel", "input_ids", "labels", "row_window", "row_mode", "frame_targets", "frame_known", "onset_targets")
    return {name: torch.from_numpy(getattr(batch, name)) for name in names}


def train(options: TrainOptions) -> Path:
    """Runs or resumes a training run; writes the averaged weights with their contract. Returns the model's folder.

    Raises OptionError, CorpusError or ModelError, each with one sentence for the user.
    """
    _check(options)
    if options.threads:
        torch.set_num_threads(options.threads)
    # Training on MPS was never tried, so "auto" does not choose it.
    device = best_device(options.device) if options.device != "auto" or torch.cuda.is_available() else "cpu"
    torch.manual_seed(options.seed)
    spec = mini_spec()
    run_folder = Path(options.run_path)
    task = _task(spec, options)
    model = _warm_model(options) if options.init_path else _fresh_model(spec, options.sizes)
    run_training(model, task, options.loop, run_folder, device)
    return export_average(run_folder, spec, model.config)


def _check(options: TrainOptions) -> None:
    """Raises OptionError for values that only show when a run has begun."""
    splits = [split.value for split in Split]
    if options.split not in splits:
        raise OptionError(f"split must be one of {', '.join(splits)}, got {options.split}.")
    if options.init_path and not Path(options.init_path).is_dir():
        raise OptionError(f"init_path must be the folder of a model, got {options.init_path}.")
    for name in options.sizes:
        if name not in ModelConfig.__annotations__:
            raise OptionError(f"There is no size {name} of the network.")


def _fresh_model(spec: ModelSpec, sizes: Mapping[str, int]) -> MapperModel:
    model = MapperModel(mini_config(spec, **sizes))
    model.init_time_embeddings()
    return model


def _warm_model(options: TrainOptions) -> MapperModel:
    """The model of `init_path`, and fresh weights for what `sizes` gives it beyond that."""
    known = load_model(options.init_path)[0]
    if not options.sizes:
        return known
    model = MapperModel(ModelConfig(**{**known.config.to_dict(), **options.sizes}))
    try:
        fresh, unknown = model.load_state_dict(known.state_dict(), strict=False)
    except RuntimeError:
        fresh, unknown = [], ["layers of another size"]
    if unknown:
        raise OptionError(f"sizes must only add to the model of init_path, but that has {unknown[0]}.")
    print(f"fresh weights: {len(fresh)} of {len(model.state_dict())} tensors")
    return model


def _task(spec: ModelSpec, options: TrainOptions) -> MapperTask:
    songs = list(mapset_songs(Path(options.train_dataset_path)))
    cache = Path(options.cache_path) if options.cache_path else None
    corpus, report = load_corpus(songs, spec, Split(options.split), cache, options.convert_to_catch)
    print(f"training on {len(corpus)} songs, charts by mode: {_named(report.charts_by_mode)}")
    for line in report.skipped:
        print(f"  left out {line}")
    train_sampler = ExampleSampler(corpus, spec, options.batch, options.augmentation, options.seed)
    held_out = _held_out_sampler(songs, spec, options, cache) if options.split == "train" else None
    return MapperTask(spec, options, train_sampler, held_out)


def _held_out_sampler(songs: list, spec: ModelSpec, options: TrainOptions, cache: Path | None) -> ExampleSampler | None:
    corpus: list[TrainingSong]
    corpus, report = load_corpus(songs, spec, Split.HELD_OUT, cache, convert_to_catch=False)
    if not corpus:
        return None
    print(f"held out: {len(corpus)} songs, charts by mode: {_named(report.charts_by_mode)}")
    return ExampleSampler(corpus, spec, options.batch, None, seed=0)


def _named(counts: dict) -> str:
    return ", ".join(f"{GameMode(mode).name.lower()} {count}" for mode, count in sorted(counts.items()))


def export_average(run_folder: Path, spec: ModelSpec, config: ModelConfig) -> Path:
    """Writes the averaged weights of a run's checkpoint, in fp16, as a model that generation can load."""
    model = MapperModel(config)
    averages = load_file(run_folder / "checkpoint" / "average.safetensors")
    missing, unexpected = model.load_state_dict(averages, strict=False)
    assert not unexpected and not missing, f"the checkpoint does not fit the model: {missing}, {unexpected}"
    folder = run_folder / "model"
    folder.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(folder)
    spec.save(folder)
    return folder
