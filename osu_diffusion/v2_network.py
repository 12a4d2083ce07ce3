"""Network of the published refiner: estimates noise and its variance.

Its inputs are positions, times, distances and kinds of points.
"""

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


class V2Network(nn.Module):
    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.dit = DiT(config)

    def forward(
        self, noisy: Tensor, steps: Tensor, context: Tensor, classes: Tensor, seen: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the noise and the fraction of the variance, [N, T, 2].

        Args:
            noisy: [N, T, 2].
            steps: [N].
            context: [N, T, 272].
            classes: [N, K].
            seen: [T, T] as in `DiT.forward`.
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
        """Run `forward`, with the noise led away from that of `null_classes`.

        At scale 1 they are not evaluated.
        """
        noise, share = self(noisy, steps, context, classes, seen)
        if cfg_scale == 1.0:
            return noise, share
        unwanted, _ = self(noisy, steps, context, null_classes, seen)
        return unwanted + cfg_scale * (noise - unwanted), share


def context_of(times_ms: Tensor, distances_px: Tensor, kinds: Tensor) -> Tensor:
    """Return the context [T, 272] of points.

    Times [T] and distances [T] are sinusoids, kinds [T] one-hot.
    """
    one_hot = torch.nn.functional.one_hot(kinds, KINDS).float()
    times = sinusoids(times_ms * TIME_SCALE, PLACE_FREQUENCIES)
    return torch.cat([times, sinusoids(distances_px, PLACE_FREQUENCIES), one_hot], dim=-1)
