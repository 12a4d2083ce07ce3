"""The network of the published refiner: noise and its variance from places, times, distances and kinds of points."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from osu_diffusion.dit import DiT, DiTConfig, sinusoids

PLACE_FREQUENCIES = 128
PLACE_SCALE = 512.0
TIME_SCALE = 0.1
KINDS = 16
CONTEXT_SIZE = 2 * PLACE_FREQUENCIES + KINDS
INPUT_SIZE = 2 * PLACE_FREQUENCIES + CONTEXT_SIZE
BAND = 128


class PublishedNetwork(nn.Module):
    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.dit = DiT(config)

    def forward(
        self, noisy: Tensor, steps: Tensor, context: Tensor, classes: Tensor, seen: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """noisy [N, T, 2], steps [N], context [N, T, 272], classes [N, K] -> noise and share of variance [N, T, 2].

        seen  [T, T] as in `DiT.forward`
        """
        places = sinusoids(noisy * PLACE_SCALE, PLACE_FREQUENCIES).flatten(-2)  # [N, T, 256]
        noise, share = self.dit(torch.cat([places, context], -1), steps, classes, seen).chunk(2, dim=-1)
        return noise, share

    def forward_with_cfg(
        self,
        noisy: Tensor,
        steps: Tensor,
        context: Tensor,
        classes: Tensor,
        null_classes: Tensor,
        cfg_scale: float,
        seen: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """As `forward`, the noise led away from what `null_classes` give; at scale 1 they are not asked."""
        noise, share = self(noisy, steps, context, classes, seen)
        if cfg_scale == 1.0:
            return noise, share
        unwanted, _ = self(noisy, steps, context, null_classes, seen)
        return unwanted + cfg_scale * (noise - unwanted), share


def context_of(times_ms: Tensor, distances_px: Tensor, kinds: Tensor) -> Tensor:
    """The context [T, 272] of points: times [T] and distances [T] as sinusoids, kinds [T] one-hot."""
    one_hot = torch.nn.functional.one_hot(kinds, KINDS).float()
    times = sinusoids(times_ms * TIME_SCALE, PLACE_FREQUENCIES)
    return torch.cat([times, sinusoids(distances_px, PLACE_FREQUENCIES), one_hot], dim=-1)
