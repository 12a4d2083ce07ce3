"""The published refiner (OliBomby/osu-diffusion-v2) on the default path.

Its files are read here, too. Its network was trained on the last tenth of the noise and treats a draft as a position at
that noise. It predicts the noise, and the variance of the step between its bounds (Nichol and Dhariwal 2021, section
3.1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from model_files.errors import ModelError
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, PLAYFIELD_WIDTH_PX
from osu_diffusion.conditions import ConditionSpec
from osu_diffusion.constraints import MapConstraints
from osu_diffusion.dit import DiTConfig
from osu_diffusion.features import draft_distances
from osu_diffusion.refine import RefineOptions, TargetAttributes
from osu_diffusion.sampling import Estimate
from osu_diffusion.schedule import NoiseSchedule
from osu_diffusion.v2_network import BAND, INPUT_SIZE, V2Network, context_of

DEFAULT_STEPS = 100
NOISE_SHARE = 0.1
MAX_CLEAN = 2.0
"""Clean positions are cut to this, 1 being the edge of the playfield."""

HEAD_WIDTH = 64
TINY_HEADS = 4
"""Networks narrower than two heads of the usual width are test models."""

PLAYFIELD_PX = np.array([PLAYFIELD_WIDTH_PX, PLAYFIELD_HEIGHT_PX], dtype=np.float64)

_NAMES = (
    (r"context_embedder\.mlp\.0\.", "point_embedder."),
    (r"t_embedder\.mlp\.", "step_embedder."),
    (r"y_embedder\.class_embedding\.", "class_embedder."),
    (r"blocks\.(\d+)\.attn\.in_proj_", r"layers.\1.attention.qkv."),
    (r"blocks\.(\d+)\.attn\.out_proj\.", r"layers.\1.attention.out."),
    (r"blocks\.(\d+)\.mlp\.fc1\.", r"layers.\1.expand."),
    (r"blocks\.(\d+)\.mlp\.fc2\.", r"layers.\1.contract."),
    (r"blocks\.(\d+)\.adaLN_modulation\.1\.", r"modulations.\1."),
    (r"final_layer\.linear\.", "final."),
    (r"final_layer\.adaLN_modulation\.1\.", "final_modulation."),
)


def rename_key(key: str) -> str:
    """Return the native name of a published parameter.

    An unknown one keeps its name, which matches nothing.
    """
    for pattern, ours in _NAMES:
        if re.match(pattern, key):
            return re.sub(pattern, ours, key, count=1)
    return key


def published_config(shapes: Mapping[str, tuple[int, ...]], folder: Path) -> DiTConfig:
    """Derive the sizes of the network from its parameters.

    Raises ModelError for parameters of another network.
    """
    try:
        width, input_size = shapes["point_embedder.weight"]
        class_size = shapes["class_embedder.0.weight"][1]
        output_size = shapes["final.weight"][0]
    except (KeyError, ValueError, IndexError) as error:
        raise ModelError(f"The weights in {folder} are not those of a published refiner.") from error
    depth = sum(re.fullmatch(r"modulations\.\d+\.weight", name) is not None for name in shapes)
    if input_size != INPUT_SIZE or output_size != 4 or not depth or width % TINY_HEADS:
        raise ModelError(f"The weights in {folder} are those of another kind of refiner than osu-diffusion-v2.")
    heads = width // HEAD_WIDTH if width >= 2 * HEAD_WIDTH and width % HEAD_WIDTH == 0 else TINY_HEADS
    return DiTConfig(INPUT_SIZE, output_size, class_size, width, depth, heads, rotary=False, band=BAND)


def published_conditions(tables: object, folder: Path) -> V2Conditions:
    """Return the classes of a published tokenizer.

    Raises:
        ModelError: The content is of another kind.
    """
    try:
        assert isinstance(tables, dict)
        mappers = sorted(tables["mapper_idx"], key=tables["mapper_idx"].get)
        descriptors = sorted(tables["descriptor_idx"], key=tables["descriptor_idx"].get)
        spec = ConditionSpec(
            difficulty_classes=int(tables["num_diff_classes"]),
            max_difficulty=float(tables["max_difficulty"]),
            mappers=tuple(int(mapper) for mapper in mappers),
            descriptors=tuple(str(name) for name in descriptors),
            circle_size_classes=int(tables["num_cs_classes"]),
            modes=(),
        )
        of_beatmap = {int(key): int(value) for key, value in tables["beatmap_mapper"].items()}
    except (AssertionError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{folder} holds no tokenizer of a refiner that can be used.") from error
    return V2Conditions(spec, of_beatmap)


@dataclass(frozen=True)
class V2Conditions:
    """Classes of a published tokenizer.

    `mapper_of_beatmap` maps beatmap ids to user ids. Only the original's way of looking mappers up needs it.
    """

    spec: ConditionSpec
    mapper_of_beatmap: Mapping[int, int]

    def class_vector_as_published(self, attributes: Attributes) -> np.ndarray:
        """Return the classes that the original passes to its network.

        It takes the mapper's id for the id of a beatmap.
        """
        mapper = None if attributes.mapper_id is None else self.mapper_of_beatmap.get(attributes.mapper_id)
        return self.spec.class_vector(replace(attributes, mapper_id=mapper))


@dataclass(frozen=True)
class V2Refiner:
    model: V2Network
    conditions: V2Conditions
    noise_share: float = NOISE_SHARE
    full_share: float = NOISE_SHARE
    default_steps: int = DEFAULT_STEPS
    trims_paths: bool = False

    def convert_to_px(self, positions: Tensor) -> np.ndarray:
        return (positions.numpy().astype(np.float64) + 1.0) / 2.0 * PLAYFIELD_PX

    def convert_from_px(self, positions_px: np.ndarray) -> Tensor:
        return torch.from_numpy((positions_px / PLAYFIELD_PX * 2.0 - 1.0).astype(np.float32)).clamp(
            -MAX_CLEAN, MAX_CLEAN
        )

    def start(
        self, draft_px: np.ndarray, schedule: NoiseSchedule, samples: int, random_init: bool, generator: torch.Generator
    ) -> Tensor:
        """Return the draft itself as the start.

        It is about as far from a mapper's positions as the noise of its last steps.
        """
        if random_init:
            return torch.randn((samples, *draft_px.shape), generator=generator)
        return self.convert_from_px(draft_px).expand(samples, *draft_px.shape)

    def estimator(self, constraints: MapConstraints, target: TargetAttributes, options: RefineOptions) -> V2Estimator:
        unwanted = replace(target.attributes, mapper_id=None, descriptors=target.negative_descriptors)
        classes, null_classes = (
            torch.from_numpy(self.conditions.spec.class_vector(attributes))
            for attributes in (target.attributes, unwanted)
        )
        context = context_of(
            torch.from_numpy(constraints.sequence.times_ms).float(),
            torch.from_numpy(draft_distances(constraints.draft_px)).float(),
            torch.from_numpy(constraints.sequence.kinds),
        )
        return V2Estimator(self.model, context, classes, null_classes, options)


@dataclass(frozen=True)
class V2Estimator:
    """`context` [T, 272], `classes` and `null_classes` [K]."""

    model: V2Network
    context: Tensor
    classes: Tensor
    null_classes: Tensor
    options: RefineOptions

    def part(self, noisy: Tensor, schedule: NoiseSchedule, step: int, part: slice) -> Estimate:
        device, rows = next(self.model.parameters()).device, len(noisy)
        steps = torch.full((rows,), int(schedule.model_steps[step]), device=device)
        context, classes, null_classes = (
            tensor.to(device).expand(rows, *tensor.shape)
            for tensor in (self.context[part], self.classes, self.null_classes)
        )
        answer = self.model.forward_with_cfg(
            noisy.to(device), steps, context, classes, null_classes, self.options.cfg_scale
        )
        noise, share = (tensor.float().cpu() for tensor in answer)
        return Estimate(clean_from_noise(noisy, noise, schedule, step), log_variances(share, schedule, step))


def clean_from_noise(noisy: Tensor, noise: Tensor, schedule: NoiseSchedule, step: int) -> Tensor:
    """Compute x_0 from x_t and its noise."""
    signal = schedule.alpha_bars[step]
    return float(np.float32(np.sqrt(1.0 / signal))) * noisy - float(np.float32(np.sqrt(1.0 / signal - 1.0))) * noise


def log_variances(share: Tensor, schedule: NoiseSchedule, step: int) -> Tensor:
    """Interpolate between the log posterior variance (-1) and log beta (1)."""
    low = torch.tensor(schedule.posterior_log_variances[step], dtype=torch.float32)
    high = torch.tensor(np.log(schedule.betas[step]), dtype=torch.float32)
    above = (share + 1.0) / 2.0
    return above * high + (1.0 - above) * low
