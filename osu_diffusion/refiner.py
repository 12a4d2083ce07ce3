"""The bundled refiner: a DiT that predicts positions from a draft.

The draft says where a point is up to its cell, so what is left to learn is the offset in it. The network's input and
output are scaled as if offsets were normal with the cell's spread (Karras et al. 2022, "Elucidating the design space of
diffusion-based generative models", section 5): then its task is equally hard at every noise level.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor, nn

from osu_diffusion.dit import DiT, DiTConfig, band_mask
from osu_diffusion.features import CONTEXT_SIZE, MAX_LOG_RATIO, POSITION_SCALE_PX

WAVE_PERIODS_PX = (16.0, 32.0, 64.0, 128.0, 256.0, 512.0)
STEP_SCALE = 2.0
INPUT_SIZE = CONTEXT_SIZE + 2 + 2 + 4 + 2 + 1 + 4 * len(WAVE_PERIODS_PX)


@dataclass(frozen=True, slots=True)
class RefinerInputs:
    """A batch of `PointFeatures`: N sequences of T points.

    context [N, T, C], draft [N, T, 2], has_draft [N], path_ids [N, T], path_lengths [N, T], classes [N, K],
    hidden [N, T] bool: padding, None where there is none
    """

    context: Tensor
    draft: Tensor
    has_draft: Tensor
    path_ids: Tensor
    path_lengths: Tensor
    classes: Tensor
    hidden: Tensor | None

    def to(self, device: str) -> RefinerInputs:
        tensors = {f.name: getattr(self, f.name) for f in fields(self)}
        return RefinerInputs(**{name: None if t is None else t.to(device) for name, t in tensors.items()})


@dataclass(frozen=True, slots=True)
class Spread:
    """Normalised standard deviations of positions.

    They are around the draft, and of all positions if there is no draft.
    """

    with_draft: float = 9.24 / POSITION_SCALE_PX
    without_draft: float = 0.5


class GridRefiner(nn.Module):
    """Noisy positions -> clean positions, both normalised."""

    def __init__(self, config: DiTConfig, spread: Spread) -> None:
        super().__init__()
        assert config.input_size == INPUT_SIZE and config.output_size == 2, "the sizes are those of its features"
        self.spread = spread
        self.dit = DiT(config)

    def forward(self, noisy: Tensor, alpha_bars: Tensor, steps: Tensor, inputs: RefinerInputs) -> Tensor:
        """Predict positions from noisy ones.

        Args:
            noisy: [N, T, 2] at the noise `alpha_bars` [N] of the diffusion steps [N].

        Returns:
            Positions [N, T, 2].
        """
        scaled, guess, out_scale = self.condition(noisy, alpha_bars, inputs)
        answer = self.answer(scaled, guess, steps, inputs)
        return guess + out_scale * answer

    def forward_with_cfg(
        self,
        noisy: Tensor,
        alpha_bars: Tensor,
        steps: Tensor,
        inputs: RefinerInputs,
        null_classes: Tensor,
        cfg_scale: float,
    ) -> Tensor:
        """Predict as `forward`, with classifier-free guidance.

        The result is led away from that of `null_classes` [N, K] (Ho and Salimans 2022); at scale 1 they are not
        evaluated.
        """
        found = self(noisy, alpha_bars, steps, inputs)
        if cfg_scale == 1.0:
            return found
        unwanted = self(noisy, alpha_bars, steps, replace(inputs, classes=null_classes))
        return unwanted + cfg_scale * (found - unwanted)

    def condition(self, noisy: Tensor, alpha_bars: Tensor, inputs: RefinerInputs) -> tuple[Tensor, Tensor, Tensor]:
        """Return offset, guess and the scale of the guess's error.

        The noisy offset has unit variance [N, T, 2]; the guess is the best linear one [N, T, 2].
        """
        alpha_bars = alpha_bars[:, None, None]
        noise = ((1.0 - alpha_bars) / alpha_bars).sqrt()
        has_draft = inputs.has_draft[:, None, None]
        spread = self.spread.with_draft * has_draft + self.spread.without_draft * (1.0 - has_draft)
        total = (spread**2 + noise**2).sqrt()
        offset = noisy / alpha_bars.sqrt() - inputs.draft
        guess = inputs.draft + offset * (spread / total) ** 2
        return offset / total, guess, noise * spread / total

    def answer(self, scaled: Tensor, guess: Tensor, steps: Tensor, inputs: RefinerInputs) -> Tensor:
        """Return the error of the guess at unit variance [N, T, 2]."""
        features = torch.cat([inputs.context, scaled, geometry(guess, inputs)], dim=-1)
        return self.dit(features, steps, inputs.classes, self._attention_mask(inputs)).float()

    def _attention_mask(self, inputs: RefinerInputs) -> Tensor | None:
        if inputs.hidden is None:
            return None
        length = inputs.hidden.shape[1]
        seen = band_mask(length, self.dit.config.band, inputs.hidden.device) & ~inputs.hidden[:, None, :]
        # Padding sees itself, since a point that sees nothing at all is not a number.
        return (seen | torch.eye(length, dtype=torch.bool, device=seen.device))[:, None]


def geometry(guess: Tensor, inputs: RefinerInputs) -> Tensor:
    """Return the geometry of positions [N, T, 2].

    It consists of positions, steps to the neighbours, and lengths of paths.
    """
    steps = guess[:, 1:] - guess[:, :-1]  # [N, T - 1, 2]
    none = steps.new_zeros(steps.shape[0], 1, 2)
    before, after = torch.cat([none, steps], 1), torch.cat([steps, none], 1)  # [N, T, 2]
    distances = torch.stack([before.square().sum(-1), after.square().sum(-1)], -1).add(1e-8).sqrt()
    periods = guess.new_tensor(WAVE_PERIODS_PX) / POSITION_SCALE_PX
    angles = (guess[..., None] * (2.0 * torch.pi / periods)).flatten(-2)  # [N, T, 2 * periods]
    parts = [guess, before * STEP_SCALE, after * STEP_SCALE, distances * STEP_SCALE]
    return torch.cat([*parts, length_ratios(distances[..., 0], inputs)[..., None], angles.cos(), angles.sin()], dim=-1)


def length_ratios(distances: Tensor, inputs: RefinerInputs) -> Tensor:
    """Return log length ratios of the lines between control points [N, T].

    They are relative to the slider's length.
    """
    ids = inputs.path_ids
    same = torch.zeros_like(ids, dtype=torch.bool)
    same[:, 1:] = (ids[:, 1:] == ids[:, :-1]) & (ids[:, 1:] > 0)
    sums = distances.new_zeros(len(ids), int(ids.max()) + 1).scatter_add(1, ids, distances * same)
    on_path = ids > 0
    small = 1.0 / POSITION_SCALE_PX
    ratios = torch.log((sums.gather(1, ids) + small) / (inputs.path_lengths + small))
    return ratios.clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO) * on_path
