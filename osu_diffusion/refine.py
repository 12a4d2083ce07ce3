"""Coarse positions -> refined positions of a whole map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from feedback.progress import Progress, silent
from osu_beatmap.attributes import WITH_CIRCLES, Attributes
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.rules.chart import circle_radius_px
from osu_diffusion.coarse_positions import with_trimmed_paths
from osu_diffusion.constraints import STACK_PX, MapConstraints
from osu_diffusion.points import sequence_of, with_positions
from osu_diffusion.sampling import Estimate, estimate_in_chunks, sample
from osu_diffusion.schedule import SECTIONS, NoiseSchedule, space_steps, squared_cosine

MAX_SEQ_LEN = 1024
OVERLAP_BUFFER = 128


@dataclass(frozen=True, slots=True)
class RefineOptions:
    """Options of a refinement.

    timesteps       how many steps to take, or how many in each of equal sections of the noise, that of the least noise
                    first; None is what suits the refiner
    cfg_scale       above 1 the attributes are followed further than the refiner does by itself
    refine_iters    repetitions of the last step
    random_init     whether to start from noise alone, without the places of the draft
    max_seq_len     points that are looked at together
    overlap_buffer  points on either side of a join that are looked at from both sides
    stack_px        how near refined objects must be to stay on the one place that they share in the draft
    """

    timesteps: int | tuple[int, ...] | None = None
    cfg_scale: float = 1.0
    refine_iters: int = 0
    random_init: bool = False
    max_seq_len: int = MAX_SEQ_LEN
    overlap_buffer: int = OVERLAP_BUFFER
    stack_px: float = STACK_PX


@dataclass(frozen=True, slots=True)
class TargetAttributes:
    """Target attributes of a map, and descriptors to avoid."""

    attributes: Attributes
    negative_descriptors: tuple[str, ...] = ()


class Estimator(Protocol):
    """A refiner that has been told about one map."""

    def part(self, noisy: torch.Tensor, schedule: NoiseSchedule, step: int, part: slice) -> Estimate:
        """Estimate the clean positions of a part [S, n, 2].

        The part is of the map's points; the noise is that of a step of a schedule.
        """


class Refiner(Protocol):
    """A trained refiner, ours or a published one.

    trims_paths    whether it works on paths that end where their sliders do
    noise_share    share of the noise at which it starts from a draft
    full_share     the same when it starts from noise alone
    default_steps  how many steps suit it
    """

    trims_paths: bool
    noise_share: float
    full_share: float
    default_steps: int

    def convert_to_px(self, positions: torch.Tensor) -> np.ndarray:
        """Convert the network's positions [..., 2] to px."""

    def convert_from_px(self, positions_px: np.ndarray) -> torch.Tensor: ...

    def start(
        self, draft_px: np.ndarray, schedule: NoiseSchedule, samples: int, random_init: bool, generator: torch.Generator
    ) -> torch.Tensor:
        """Return noisy positions at the last step, [samples, n, 2]."""

    def estimator(self, constraints: MapConstraints, target: TargetAttributes, options: RefineOptions) -> Estimator:
        """Return the estimator of a refiner for one map."""


def refine_positions(
    beatmap: Beatmap,
    refiner: Refiner,
    target: TargetAttributes,
    options: RefineOptions,
    seed: int,
    progress: Progress = silent,
) -> Beatmap:
    """Refine the positions of hit objects; leave everything else unchanged.

    The result is deterministic for a seed. Taiko and mania maps, whose positions mean nothing, are returned unchanged.

    Raises:
        BeatmapError: The map has no uninherited timing point.
    """
    if beatmap.mode not in WITH_CIRCLES or not beatmap.hit_objects:
        return beatmap
    draft = with_trimmed_paths(beatmap) if refiner.trims_paths else beatmap
    sequence = sequence_of(draft)
    constraints = MapConstraints(sequence, sequence.positions, options.stack_px, seen_radius_px(beatmap))
    drawn = draw_positions(refiner, constraints, target, options, seed, progress=progress)
    return with_positions(draft, sequence, constraints.constrain_result(drawn)[0])


def draw_positions(
    refiner: Refiner,
    constraints: MapConstraints,
    target: TargetAttributes,
    options: RefineOptions,
    seed: int,
    samples: int = 1,
    progress: Progress = silent,
) -> np.ndarray:
    """Sample the positions [samples, n, 2] of a map's points, in px.

    The constraints of a finished map are not applied yet.
    """
    if not constraints.sequence.movable.any():
        return np.repeat(constraints.draft_px[None], samples, axis=0)
    generator = torch.Generator().manual_seed(seed)
    schedule = schedule_of(refiner, options)

    def constrain(clean: torch.Tensor) -> torch.Tensor:
        return refiner.convert_from_px(constraints.constrain_step(refiner.convert_to_px(clean)))

    def estimate(noisy: torch.Tensor, schedule: NoiseSchedule, step: int) -> Estimate:
        return estimate_in_chunks(
            lambda part: estimator.part(noisy[:, part], schedule, step, part),
            noisy.shape[1],
            options.max_seq_len,
            options.overlap_buffer,
        )

    with torch.inference_mode():
        start = refiner.start(constraints.draft_px, schedule, samples, options.random_init, generator)
        estimator = refiner.estimator(constraints, target, options)
        positions = sample(estimate, schedule, start, constrain, generator, options.refine_iters, progress)
    return refiner.convert_to_px(positions)


def schedule_of(refiner: Refiner, options: RefineOptions) -> NoiseSchedule:
    """Return the steps to take.

    A plain number of steps is spread evenly over the initial fraction of the noise.
    """
    counts = options.timesteps or refiner.default_steps
    if isinstance(counts, int):
        share = refiner.full_share if options.random_init else refiner.noise_share
        used = max(1, round(SECTIONS * share))
        counts = (*(counts // used + (section < counts % used) for section in range(used)), *[0] * (SECTIONS - used))
    return squared_cosine().respace(space_steps(counts))


def seen_radius_px(beatmap: Beatmap) -> float:
    """Return the radius of objects around their positions.

    In catch, whose y is invisible, only positions count.
    """
    return circle_radius_px(beatmap.difficulty.circle_size) if beatmap.mode is GameMode.STANDARD else 0.0
