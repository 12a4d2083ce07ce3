"""Training a refiner: configuration, batches, loss and held-out figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from osu_beatmap.held_out import Split
from osu_diffusion.conditions import ConditionSpec
from osu_diffusion.dataset import DOUBLE_TIME_RATE, MIRRORS, RefinerChart, load_charts, mirror_positions
from osu_diffusion.dit import DiTConfig
from osu_diffusion.features import POSITION_SCALE_PX, draft_distances, normalise, point_features
from osu_diffusion.files.contract import RefinerContract
from osu_diffusion.options import RefinerAugmentationOptions, RefinerTrainOptions
from osu_diffusion.points import PointSequence
from osu_diffusion.refiner import INPUT_SIZE, GridRefiner, RefinerInputs, Spread
from osu_diffusion.schedule import DIFFUSION_STEPS, squared_cosine
from training.loop import train_small_model
from training.options import OptionError, require_one_of


@dataclass(frozen=True, slots=True)
class RefinerBatch:
    """Batch of clean positions, with noise, steps and inputs.

    Positions are [N, T, 2], diffusion steps [N], the mask [N, T]. The noise has the shape of the positions.
    """

    clean: Tensor
    noise: Tensor
    steps: Tensor
    counted: Tensor
    inputs: RefinerInputs


class PartSampler:
    """Draws parts of charts, each point as likely as any other."""

    def __init__(
        self,
        charts: list[RefinerChart],
        spec: ConditionSpec,
        options: RefinerTrainOptions,
        augmentation: RefinerAugmentationOptions | None,
        seed: int,
    ) -> None:
        if not charts:
            raise OptionError("There is no standard or catch chart to train on in train_dataset_path.")
        self.charts = charts
        self.unknown = spec.unknown_vector()
        self.sizes = spec.sizes()
        self.options = options
        self.augmentation = augmentation
        self.seed = seed
        counts = np.array([len(chart.sequence) for chart in charts], dtype=np.float64)
        self.shares = counts / counts.sum()

    def batch(self, step: int) -> RefinerBatch:
        """Return the batch of a step; equal for every call."""
        rng = np.random.default_rng([self.seed, step])
        rows = [self._row(rng) for _ in range(self.options.batch.rows)]
        columns = {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}
        names = ("context", "draft", "has_draft", "path_ids", "path_lengths", "classes", "hidden")
        inputs = RefinerInputs(**{name: columns[name] for name in names})
        return RefinerBatch(columns["clean"], columns["noise"], columns["step"], columns["counted"], inputs)

    def _row(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        augmentation, length = self.augmentation, self.options.batch.points
        chart = self.charts[rng.choice(len(self.charts), p=self.shares)]
        mirror = int(rng.integers(len(MIRRORS))) if augmentation and augmentation.mirror else 0
        is_fast = bool(augmentation) and rng.random() < augmentation.double_time_probability
        first, last = part_of(chart.sequence, length, rng)
        sequence = slice_sequence(chart.sequence, first, last, DOUBLE_TIME_RATE if is_fast else 1.0)
        draft_px = chart.drafts[mirror, first:last].astype(np.float64)
        clean_px = mirror_positions(sequence.positions, MIRRORS[mirror])
        has_draft = not augmentation or rng.random() >= self.options.no_draft_share
        distances_px = draft_distances(draft_px if has_draft else clean_px)
        if augmentation:
            distances_px = distances_px * 2.0 ** rng.normal(0.0, augmentation.distance_noise, len(distances_px))
        features = point_features(sequence, draft_px, distances_px, chart.naturals_px[mirror], has_draft)
        reach = self.options.noise_share if has_draft else 1.0
        base = features.path_ids[features.path_ids > 0].min(initial=len(features.path_ids) + 1)
        return {
            "context": pad(features.context, length),
            "draft": pad(features.draft, length),
            "has_draft": np.float32(has_draft),
            "path_ids": pad(np.maximum(features.path_ids - base + 1, 0), length),
            "path_lengths": pad(features.path_lengths, length),
            "classes": self._classes(chart.classes[int(is_fast)], rng),
            "hidden": np.arange(length) >= last - first,
            "clean": pad(normalise(clean_px), length),
            "noise": rng.standard_normal((length, 2), dtype=np.float32),
            "step": np.int64(rng.integers(round(reach * DIFFUSION_STEPS))),
            "counted": pad(sequence.movable, length),
        }

    def _classes(self, classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the class vector with some attributes unknown."""
        if not self.augmentation:
            return classes
        chosen, start = classes.copy(), 0
        for size in self.sizes:
            if rng.random() < self.augmentation.condition_dropout:
                chosen[start : start + size] = self.unknown[start : start + size]
            start += size
        return chosen


def part_of(sequence: PointSequence, length: int, rng: np.random.Generator) -> tuple[int, int]:
    """Choose whole objects of at most `length` points.

    Return their first and last point (exclusive). A longer object is cut.
    """
    first = int(rng.integers(max(1, len(sequence) - length + 1)))
    first = int(np.searchsorted(sequence.object_of, sequence.object_of[first]))
    last = min(first + length, len(sequence))
    if last < len(sequence):
        last = int(np.searchsorted(sequence.object_of, sequence.object_of[last]))
    return (first, last) if last > first else (first, min(first + length, len(sequence)))


def slice_sequence(sequence: PointSequence, first: int, last: int, speed: float = 1.0) -> PointSequence:
    """Return some points of a sequence, for features.

    Its paths stay those of the whole.
    """
    part = slice(first, last)
    return replace(
        sequence,
        kinds=sequence.kinds[part],
        times_ms=sequence.times_ms[part] / speed,
        beat_lengths_ms=sequence.beat_lengths_ms[part] / speed,
        positions=sequence.positions[part],
        object_of=sequence.object_of[part],
        path_of=sequence.path_of[part],
        path_shares=sequence.path_shares[part],
    )


def pad(values: np.ndarray, length: int) -> np.ndarray:
    """Pad values [n, ...] with zeros to `length` of them."""
    return np.concatenate([values, np.zeros((length - len(values), *values.shape[1:]), dtype=values.dtype)])


class RefinerTask:
    """Batches and losses of a refiner."""

    def __init__(self, options: RefinerTrainOptions, train: PartSampler, held_out: PartSampler | None) -> None:
        self.options = options
        self.train = train
        self.held_out = held_out
        self.alpha_bars = torch.from_numpy(squared_cosine().alpha_bars).float()

    def batch(self, step: int) -> RefinerBatch:
        return self.train.batch(step)

    def loss(self, model: nn.Module, batch: RefinerBatch, step: int) -> tuple[Tensor, dict[str, float]]:
        errors = self._errors(model, batch)
        weights = batch.counted.to(errors.device)
        drawn = batch.inputs.has_draft.to(errors.device)[:, None] * weights
        loss = (errors * weights).sum() / weights.sum().clamp(min=1)
        refined = (errors.detach() * drawn).sum() / drawn.sum().clamp(min=1)
        return loss, {"refine_loss": float(refined)}

    def _errors(self, model: nn.Module, batch: RefinerBatch) -> Tensor:
        """Return the mean squared error of each point [N, T].

        Its unit is the spread that is left to explain.
        """
        noisy, alpha_bars, steps, inputs = self._make_inputs(model, batch, batch.steps)
        scaled, guess, out_scale = model.condition(noisy, alpha_bars, inputs)
        answer = model.answer(scaled, guess, steps, inputs)
        return (answer - (batch.clean.to(guess.device) - guess) / out_scale).square().mean(-1)

    def _make_inputs(
        self, model: nn.Module, batch: RefinerBatch, steps: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, RefinerInputs]:
        """Return the network's inputs for a batch at diffusion steps [N]."""
        device = next(model.parameters()).device
        steps = steps.to(device)
        alpha_bars = self.alpha_bars.to(device)[steps]
        noisy = add_noise(batch.clean.to(device), batch.noise.to(device), alpha_bars)
        return noisy, alpha_bars, steps, batch.inputs.to(device)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Return held-out metrics: loss, and distances of guess and draft.

        The distances are from the mapper's positions. The guess is the best one before any noise is removed.
        """
        if self.held_out is None:
            return {}
        losses, distances, draft_distances_ = [], [], []
        first_step = round(self.options.noise_share * DIFFUSION_STEPS) - 1
        for step in range(self.options.held_out_batches):
            batch = self.held_out.batch(step)
            errors, counted = self._errors(model, batch), batch.counted
            losses.append(errors.cpu()[counted])
            found = model(*self._make_inputs(model, batch, torch.full_like(batch.steps, first_step))).cpu()
            distances.append((found - batch.clean).norm(dim=-1)[counted])
            draft_distances_.append((batch.inputs.draft - batch.clean).norm(dim=-1)[counted])
        found_px, draft_px = (
            float(torch.cat(parts).mean()) * POSITION_SCALE_PX for parts in (distances, draft_distances_)
        )
        return {
            "loss": round(float(torch.cat(losses).mean()), 4),
            "guess_px": round(found_px, 3),
            "draft_px": round(draft_px, 3),
            "nearer": round(1.0 - found_px / draft_px, 4),
        }


def add_noise(clean: Tensor, noise: Tensor, alpha_bars: Tensor) -> Tensor:
    """Sample q(x_t | x_0).

    Args:
        clean, noise: x_0 and its noise, [N, T, 2].
        alpha_bars: Share of the clean variance of each row, [N].
    """
    alpha_bars = alpha_bars[:, None, None]
    return clean * alpha_bars.sqrt() + noise * (1.0 - alpha_bars).sqrt()


def mini_config(spec: ConditionSpec, **sizes) -> DiTConfig:
    """Return the sizes of the bundled refiner."""
    return DiTConfig(input_size=INPUT_SIZE, output_size=2, class_size=spec.size, **sizes)


def train_refiner(options: RefinerTrainOptions) -> Path:
    """Run or resume a training; save averaged weights and contract.

    Returns the model's folder.

    Raises:
        OptionError: One sentence for the user.
    """
    if not Path(options.train_dataset_path).is_dir() or not options.train_dataset_path:
        raise OptionError(f"train_dataset_path must be a folder of charts, got {options.train_dataset_path or 'none'}.")
    require_one_of(tuple(split.value for split in Split), "split", options.split)
    for name in options.sizes:
        if name not in DiTConfig.__annotations__:
            raise OptionError(f"There is no size {name} of the network.")
    if options.threads:
        torch.set_num_threads(options.threads)
    device = "cuda" if options.device == "auto" and torch.cuda.is_available() else options.device
    device = "cpu" if device == "auto" else device
    torch.manual_seed(options.seed)
    spec = ConditionSpec()
    task = _task(spec, options)
    model = GridRefiner(mini_config(spec, **options.sizes), Spread())
    contract = RefinerContract(model.dit.config, spec, model.spread, options.noise_share)
    return train_small_model(model, task, options.loop, options.run_path, contract.save, device)


def _task(spec: ConditionSpec, options: RefinerTrainOptions) -> RefinerTask:
    folder = Path(options.train_dataset_path)
    split = Split(options.split)
    splits = [split, Split.HELD_OUT] if split is Split.TRAIN else [split]
    (charts, *others), skipped = load_charts(folder, spec, splits)
    points = sum(len(chart.sequence) for chart in charts)
    print(f"training on {len(charts)} charts with {points} points; {len(skipped)} skipped")
    held_out = None
    if others and others[0]:
        print(f"held out: {len(others[0])} charts")
        held_out = PartSampler(others[0], spec, options, None, seed=0)
    return RefinerTask(options, PartSampler(charts, spec, options, options.augmentation, options.seed), held_out)
