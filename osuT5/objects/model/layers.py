"""Decoder layers over objects, whose positions are times in beats."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from osuT5.model.attention import KeyValues, Rotation, rotate
from osuT5.rhythm.layers import BeatLayer

SHORTEST_PERIOD_BEATS = 0.25
PERIOD_RATIO = math.sqrt(2)


def beat_rotation(beats: Tensor, head_width: int) -> Rotation:
    """Return rotary positions at times in beats, float [rows, objects].

    Periods are 1/4, 1/2, 1, 2 ... beats and those between, so that attention finds the same place in other bars.
    """
    count = head_width // 2
    periods = SHORTEST_PERIOD_BEATS * PERIOD_RATIO ** torch.arange(count, dtype=torch.float64, device=beats.device)
    turns = torch.remainder(beats.double()[:, None, :, None] / periods, 1.0)  # exact far into a song
    angles = (2 * math.pi * turns).float().repeat(1, 1, 1, 2)
    return angles.cos(), angles.sin()


class ObjectLayer(BeatLayer):
    """Layer whose objects attend to themselves and to earlier ones."""

    def _attend(self, states: Tensor, rotation: Rotation) -> Tensor:
        queries, keys, values = self._projected(states, rotation)
        mixed = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        return self.output(mixed.transpose(1, 2).flatten(2))

    def _projected(self, states: Tensor, rotation: Rotation) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries, keys and values, each [rows, heads, objects, head width]."""
        fused = self.query_key_value(states).unflatten(-1, (3, self.heads, -1))
        queries, keys, values = fused.transpose(1, 3).unbind(2)
        return rotate(queries, rotation), rotate(keys, rotation), values

    def step(
        self, states: Tensor, rotation: Rotation, conditions: Tensor, past: KeyValues | None, limit: int
    ) -> tuple[Tensor, KeyValues]:
        """Transform one more object, float [rows, 1, width], by cached ones.

        Returns:
            The object, and the cache with the last `limit` objects.
        """
        scales = self.modulation(conditions).chunk(4, dim=-1)
        queries, keys, values = self._projected(modulate(self.attention_norm(states), *scales[:2]), rotation)
        if past is not None:
            keys, values = (
                torch.cat([old[:, :, 1 - limit :], new], 2) for old, new in zip(past, (keys, values), strict=True)
            )
        mixed = F.scaled_dot_product_attention(queries, keys, values)
        states = states + self.output(mixed.transpose(1, 2).flatten(2))
        hidden = F.gelu(self.rise(modulate(self.feed_forward_norm(states), *scales[2:])))
        return states + self.fall(hidden), (keys, values)


def modulate(states: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Scale and shift states by conditions."""
    return states * (1 + scale) + shift
