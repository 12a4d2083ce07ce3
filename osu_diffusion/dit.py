"""Network of a refiner: a diffusion transformer (DiT) over map points.

Source: Peebles and Xie 2023, "Scalable diffusion models with transformers": blocks whose layer norms are shifted,
scaled and gated by a vector of conditions (adaLN-Zero). It is independent of noise schedules and of the meaning of
its inputs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

TIMESTEP_FREQUENCIES = 256
MAX_PERIOD = 10_000.0
NORM_EPS = 1e-6


@dataclass(frozen=True, slots=True)
class DiTConfig:
    """Sizes of a network.

    input_size     features of a point
    output_size    numbers that it answers for each point
    class_size     length of the class vector
    rotary         whether attention knows how many points lie between two; otherwise the features must tell
    band           a point sees so many of those after it, and one fewer of those before it
    """

    input_size: int
    output_size: int
    class_size: int
    width: int = 192
    depth: int = 6
    heads: int = 3
    rotary: bool = True
    band: int = 64


class DiT(nn.Module):
    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.point_embedder = nn.Linear(config.input_size, width)
        self.step_embedder = nn.Sequential(nn.Linear(TIMESTEP_FREQUENCIES, width), nn.SiLU(), nn.Linear(width, width))
        self.class_embedder = nn.Sequential(nn.Linear(config.class_size, width), nn.SiLU(), nn.Linear(width, width))
        self.layers = nn.ModuleList(Block(width, config.heads) for _ in range(config.depth))
        self.modulations = nn.ModuleList(nn.Linear(width, 6 * width) for _ in range(config.depth))
        self.final_modulation = nn.Linear(width, 2 * width)
        self.final = nn.Linear(width, config.output_size)
        self._init_weights()

    def forward(self, features: Tensor, steps: Tensor, classes: Tensor, seen: Tensor | None = None) -> Tensor:
        """Return the outputs [N, T, output_size].

        Args:
            features: [N, T, input_size].
            steps: [N] diffusion steps, may be fractional.
            classes: [N, class_size].
            seen: Bool attention mask [T, T] or [N, 1, T, T], [query, key]; None for the band alone.
        """
        # Positions in bfloat16 would be good to a pixel only.
        with torch.autocast(features.device.type, enabled=False):
            x = self.point_embedder(features)  # [N, T, D]
        frequencies = sinusoids(steps, TIMESTEP_FREQUENCIES).to(x.dtype)  # [N, 256]
        condition = self.step_embedder(frequencies) + self.class_embedder(classes)  # [N, D]
        condition = F.silu(condition)
        if seen is None:
            seen = band_mask(features.shape[1], self.config.band, features.device)  # [T, T]
        rotation = rotary_angles(features.shape[1], self.config, features.device) if self.config.rotary else None
        for layer, modulation in zip(self.layers, self.modulations, strict=True):
            x = layer(x, modulation(condition), seen, rotation)  # [N, T, D]
        shift, scale = self.final_modulation(condition).chunk(2, dim=1)  # [N, D] each
        return self.final(modulate(x, shift, scale))  # [N, T, output_size]

    def _init_weights(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        for embedder in (self.step_embedder, self.class_embedder):
            nn.init.normal_(embedder[0].weight, std=0.02)
            nn.init.normal_(embedder[2].weight, std=0.02)
        # At first every block passes on what it gets, and the answer is 0.
        for layer in (*self.modulations, self.final_modulation, self.final):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)


class Block(nn.Module):
    """Attention and feed-forward network, both modulated by the conditions.

    Each is shifted, scaled and gated.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = Attention(width, heads)
        self.expand = nn.Linear(width, 4 * width)
        self.contract = nn.Linear(4 * width, width)

    def forward(self, x: Tensor, modulation: Tensor, seen: Tensor, rotation: Tensor | None) -> Tensor:
        """Apply the block, x [N, T, D] and modulation [N, 6 D]."""
        shift_a, scale_a, gate_a, shift_f, scale_f, gate_f = modulation.chunk(6, dim=1)
        x = x + gate_a[:, None] * self.attention(modulate(x, shift_a, scale_a), seen, rotation)
        inner = F.gelu(self.expand(modulate(x, shift_f, scale_f)), approximate="tanh")  # [N, T, 4 D]
        return x + gate_f[:, None] * self.contract(inner)


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, seen: Tensor, rotation: Tensor | None) -> Tensor:
        """Apply self-attention to x [N, T, D]."""
        rows, length, width = x.shape
        split = self.qkv(x).view(rows, length, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)  # [N, heads, T, D / heads] each
        if rotation is not None:
            query, key = rotate(query, rotation), rotate(key, rotation)
        # Written out: on a CPU the fused kernel takes three times as long in training, and sequences are short.
        scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5  # [N, heads, T, T]
        scores = scores.masked_fill(~seen, float("-inf"))
        mixed = scores.softmax(dim=-1).to(value.dtype) @ value  # [N, heads, T, D / heads]
        return self.out(mixed.transpose(1, 2).reshape(rows, length, width))


def band_mask(length: int, band: int, device: torch.device) -> Tensor:
    """Return the attention mask [query, key] of `DiTConfig.band`."""
    index = torch.arange(length, device=device)
    ahead = index[None, :] - index[:, None]
    return (ahead <= band) & (ahead > -band)


def modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Normalise x, multiply it by 1 + scale, and shift it.

    x is [N, T, D], scale and shift are [N, D].
    """
    return F.layer_norm(x, x.shape[-1:], eps=NORM_EPS) * (1.0 + scale[:, None]) + shift[:, None]


def sinusoids(values: Tensor, size: int) -> Tensor:
    """Return cosines, then sines: values [...] to [..., size].

    The `size` / 2 frequencies go from 1 down to 1 / MAX_PERIOD.
    """
    half = size // 2
    exponents = torch.arange(half, dtype=torch.float32, device=values.device) / half
    angles = values[..., None].float() * torch.exp(-math.log(MAX_PERIOD) * exponents)
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


def rotary_angles(length: int, config: DiTConfig, device: torch.device) -> Tensor:
    """Return cosines and sines of rotary positions.

    Shape [T, D / heads / 2, 2].


    Source: Su et al. 2021, "RoFormer".
    """
    half = config.width // config.heads // 2
    frequencies = MAX_PERIOD ** -(torch.arange(half, dtype=torch.float32, device=device) / half)
    angles = torch.arange(length, dtype=torch.float32, device=device)[:, None] * frequencies
    return torch.stack([angles.cos(), angles.sin()], dim=-1)


def rotate(x: Tensor, rotation: Tensor) -> Tensor:
    """Rotate x [N, heads, T, d]; its halves of dimensions form pairs."""
    cos, sin = rotation[..., 0].to(x.dtype), rotation[..., 1].to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)
