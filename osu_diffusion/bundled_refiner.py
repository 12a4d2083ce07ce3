"""Bundled refiner, ready for use: network, conditions and features of maps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from osu_diffusion.conditions import ConditionSpec
from osu_diffusion.constraints import MapConstraints
from osu_diffusion.features import PointFeatures, convert_to_px, draft_distances, normalise, point_features
from osu_diffusion.refine import RefineOptions, TargetAttributes
from osu_diffusion.refiner import GridRefiner, RefinerInputs
from osu_diffusion.sampling import Estimate
from osu_diffusion.schedule import NoiseSchedule

DEFAULT_STEPS = 20


@dataclass(frozen=True)
class BundledRefiner:
    """Refiner bundled with the project.

    `noise_share` is the fraction of the noise from which training starts if there is a draft.
    """

    model: GridRefiner
    conditions: ConditionSpec
    noise_share: float = 0.1
    full_share: float = 1.0
    default_steps: int = DEFAULT_STEPS
    trims_paths: bool = True

    def convert_to_px(self, positions: Tensor) -> np.ndarray:
        return convert_to_px(positions.numpy())

    def convert_from_px(self, positions_px: np.ndarray) -> Tensor:
        return torch.from_numpy(normalise(positions_px))

    def start(
        self, draft_px: np.ndarray, schedule: NoiseSchedule, samples: int, random_init: bool, generator: torch.Generator
    ) -> Tensor:
        """Return noisy start positions, as noisy as at this training step.

        The offsets that the draft leaves open are spread, too.
        """
        noise = torch.randn((samples, *draft_px.shape), generator=generator)
        if random_init:
            return noise
        signal = float(schedule.alpha_bars[-1])
        spread = self.model.spread.with_draft
        centre = self.convert_from_px(draft_px)
        return centre * signal**0.5 + noise * (1.0 - signal + signal * spread**2) ** 0.5

    def estimator(
        self, constraints: MapConstraints, target: TargetAttributes, options: RefineOptions
    ) -> BundledEstimator:
        sequence, draft_px = constraints.sequence, constraints.draft_px
        naturals_px = sequence.paths.natural_lengths(draft_px)
        features = point_features(
            sequence, draft_px, draft_distances(draft_px), naturals_px, has_draft=not options.random_init
        )
        classes = self.conditions.class_vector(target.attributes)
        unwanted = replace(target.attributes, mapper_id=None, descriptors=target.negative_descriptors)
        null_classes = self.conditions.class_vector(unwanted)
        return BundledEstimator(self.model, features, classes, null_classes, options)


@dataclass(frozen=True)
class BundledEstimator:
    model: GridRefiner
    features: PointFeatures
    classes: np.ndarray
    null_classes: np.ndarray
    options: RefineOptions

    def part(self, noisy: Tensor, schedule: NoiseSchedule, step: int, part: slice) -> Estimate:
        device, rows = next(self.model.parameters()).device, len(noisy)
        alpha_bars = torch.full((rows,), float(schedule.alpha_bars[step]), device=device)
        steps = torch.full((rows,), int(schedule.model_steps[step]), device=device)
        inputs, null_classes = self._inputs(part, rows).to(device), _rows(self.null_classes, rows).to(device)
        found = self.model.forward_with_cfg(
            noisy.to(device), alpha_bars, steps, inputs, null_classes, self.options.cfg_scale
        )
        log_variances = torch.from_numpy(self._log_variances(schedule, step)[part]).float()
        return Estimate(found.float().cpu(), log_variances[:, None].expand(noisy.shape))

    def _log_variances(self, schedule: NoiseSchedule, step: int) -> np.ndarray:
        """Return the log-variances of the step to less noise, [n points].

        The posterior's variance takes the prediction of x_0 as certain. With few steps, this makes samples too alike,
        and sliders too straight. Control points therefore get the uncertainty of x_0 in addition, taken to be that of
        normal offsets. Whole objects do not, since it brought them no nearer to a mapper's spacing.

        Source: Bao et al. 2022, "Analytic-DPM", theorem 1.
        """
        variances = np.full(len(self.features.path_ids), np.exp(schedule.posterior_log_variances[step]))
        variances[self._bends()] += self._uncertainty(schedule, step) * schedule.posterior_signal_weights[step] ** 2
        return np.log(variances)

    def _uncertainty(self, schedule: NoiseSchedule, step: int) -> float:
        """Return the variance of the model's offsets as seen through noise.

        The offsets are normal, with the model's spread; the noise is that of a step.
        """
        spread = self.model.spread.without_draft if self.options.random_init else self.model.spread.with_draft
        noise = (1.0 - schedule.alpha_bars[step]) / schedule.alpha_bars[step]
        return noise * spread**2 / (noise + spread**2)

    def _bends(self) -> np.ndarray:
        """Return the control points after slider heads, bool [n]."""
        ids = self.features.path_ids
        return (ids > 0) & (ids == np.append(0, ids[:-1]))

    def _inputs(self, part: slice, rows: int) -> RefinerInputs:
        features = self.features
        path_ids = features.path_ids[part]
        base = path_ids[path_ids > 0].min(initial=np.iinfo(np.int64).max)
        return RefinerInputs(
            context=_rows(features.context[part], rows),
            draft=_rows(features.draft[part], rows),
            has_draft=torch.full((rows,), float(not self.options.random_init)),
            path_ids=_rows(np.where(path_ids > 0, path_ids - base + 1, 0), rows),
            path_lengths=_rows(features.path_lengths[part], rows),
            classes=_rows(self.classes, rows),
            hidden=None,
        )


def _rows(values: np.ndarray, rows: int) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).expand(rows, *values.shape)
