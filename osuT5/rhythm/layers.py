"""Transformer layers over beats, plain or modulated by conditions."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from osuT5.model.attention import Rotation, rotate


class BeatLayer(nn.Module):
    """Pre-norm attention over all beats of a window, then a feed-forward block.

    With a `condition_width`, both norms are scaled and shifted by conditions of each beat.
    """

    def __init__(self, width: int, heads: int, feed_forward: int, dropout: float, condition_width: int = 0) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.feed_forward_norm = nn.LayerNorm(width)
        self.rise = nn.Linear(width, feed_forward * width)
        self.fall = nn.Linear(feed_forward * width, width)
        self.modulation = nn.Linear(condition_width, 4 * width) if condition_width else None
        for last in (self.output, self.fall, self.modulation):
            if last is not None:
                nn.init.zeros_(last.weight)
                nn.init.zeros_(last.bias)

    def forward(self, beats: Tensor, rotation: Rotation, conditions: Tensor | None = None) -> Tensor:
        """Transform float [rows, beats, width]; conditions: float [rows, beats, condition width]."""
        scales = self.modulation(conditions).chunk(4, dim=-1) if self.modulation is not None else (None,) * 4
        beats = beats + self._drop(self._attend(_modulate(self.attention_norm(beats), *scales[:2]), rotation))
        hidden = F.gelu(self.rise(_modulate(self.feed_forward_norm(beats), *scales[2:])))
        return beats + self._drop(self.fall(self._drop(hidden)))

    def _attend(self, beats: Tensor, rotation: Rotation) -> Tensor:
        fused = self.query_key_value(beats).unflatten(-1, (3, self.heads, -1))
        queries, keys, values = fused.transpose(1, 3).unbind(2)  # [rows, heads, beats, head width] each
        mixed = F.scaled_dot_product_attention(rotate(queries, rotation), rotate(keys, rotation), values)
        return self.output(mixed.transpose(1, 2).flatten(2))

    def _drop(self, states: Tensor) -> Tensor:
        """Drop channels of whole rows; single numbers take ten times as long."""
        if not self.training:
            return states
        ones = states.new_ones(states.shape[0], 1, states.shape[2])
        return states * F.dropout(ones, self.dropout)


def _modulate(states: Tensor, scale: Tensor | None, shift: Tensor | None) -> Tensor:
    return states if scale is None else states * (1 + scale) + shift
