"""Multi-head attention of the published models.

Projections are separate or fused, positions fixed or rotary. Facts about tokens that a layer may need are in
`SelfAttentionInput`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

KeyValues = tuple[Tensor, Tensor]  # keys and values, each [rows, heads, length, d / heads]
Rotation = tuple[Tensor, Tensor]  # cosines and sines, each [rows or 1, 1, tokens, d / heads]


class LayerCache(Protocol):
    """One decoder layer's part of a key/value cache."""

    def append(self, keys: Tensor, values: Tensor) -> KeyValues:
        """Store keys and values of new tokens; return those of all tokens."""


@dataclass(frozen=True, slots=True)
class SelfAttentionInput:
    """Facts about tokens that layers need besides their states.

    positions: position ids [rows, tokens] or [tokens] mask: bool, True where a token may look, broadcast to [rows,
    heads, tokens, tokens so far]; None: everywhere,
        or to itself and before if `is_causal`
    rotations: for layers with rotary positions, by their theta
    local_masks: for layers that look a span of positions to either side, by the span, where tokens are not the last
        of what the cache holds
    """

    positions: Tensor
    mask: Tensor | None = None
    is_causal: bool = False
    rotations: Mapping[float, Rotation] = field(default_factory=dict)
    local_masks: Mapping[int, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reach:
    """Positions of a self-attention layer, and their limit.

    theta: of rotary positions, None without them; local_span: positions to either side, None for all
    """

    theta: float | None = None
    local_span: int | None = None


class Attention(nn.Module):
    """Common part of all kinds of attention.

    Each kind has its own `project`, `queries`, `keys_values` and `output`.
    """

    def __init__(self, heads: int, reach: Reach) -> None:
        super().__init__()
        self.heads = heads
        self.reach = reach

    def attend_self(self, states: Tensor, tokens: SelfAttentionInput, cache: LayerCache | None = None) -> Tensor:
        """Attend to the tokens themselves and to the cache.

        States [rows, tokens, d] give [rows, tokens, d].
        """
        queries, keys, values = self.project(states)
        if self.reach.theta is not None:
            rotation = tokens.rotations[self.reach.theta]
            queries, keys = rotate(queries, rotation), rotate(keys, rotation)
        if cache is not None:
            keys, values = cache.append(keys, values)
        mask, is_causal = tokens.mask, tokens.is_causal
        span = self.reach.local_span
        if span is not None:
            mask = tokens.local_masks[span] if tokens.local_masks else _local_mask(tokens, queries, keys, span)
            is_causal = False
        return self._mix(queries, keys, values, mask, is_causal)

    def attend(self, states: Tensor, source: KeyValues) -> Tensor:
        """Attend to all of a source, which is the audio.

        States [rows, tokens, d] give [rows, tokens, d].
        """
        return self._mix(self.queries(states), *source)

    def _mix(
        self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None, is_causal: bool = False
    ) -> Tensor:
        mixed = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, is_causal=is_causal)
        return self.output(mixed.transpose(1, 2).flatten(2))  # [b, n, d]

    def _split_heads(self, states: Tensor) -> Tensor:
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # [b, n, d] -> [b, heads, n, d / heads]

    def _split_fused(self, states: Tensor, parts: int) -> tuple[Tensor, ...]:
        """Split a tensor into parts, each by heads.

        [b, n, parts * d] becomes `parts` tensors [b, heads, n, d / heads].
        """
        return states.unflatten(-1, (parts, self.heads, -1)).transpose(1, 3).unbind(2)


class SeparateAttention(Attention):
    """Attention with one matrix each for queries, keys and values.

    The keys have no bias. The source is the tokens themselves or the audio.
    """

    def __init__(self, d_model: int, heads: int, reach: Reach | None = None) -> None:
        super().__init__(heads, reach or Reach())
        self.k_proj = nn.Linear(d_model, d_model, bias=False)
        self.v_proj = nn.Linear(d_model, d_model)
        self.q_proj = nn.Linear(d_model, d_model)
        self.out_proj = nn.Linear(d_model, d_model)

    def project(self, states: Tensor) -> tuple[Tensor, ...]:
        return self.queries(states), *self.keys_values(states)

    def queries(self, states: Tensor) -> Tensor:
        return self._split_heads(self.q_proj(states))

    def keys_values(self, source: Tensor) -> KeyValues:
        return self._split_heads(self.k_proj(source)), self._split_heads(self.v_proj(source))

    def output(self, mixed: Tensor) -> Tensor:
        return self.out_proj(mixed)


class FusedSelfAttention(Attention):
    """One matrix for queries, keys and values."""

    def __init__(self, d_model: int, heads: int, reach: Reach, bias: bool) -> None:
        super().__init__(heads, reach)
        self.Wqkv = nn.Linear(d_model, 3 * d_model, bias=bias)
        self.Wo = nn.Linear(d_model, d_model, bias=bias)

    def project(self, states: Tensor) -> tuple[Tensor, ...]:
        return self._split_fused(self.Wqkv(states), 3)

    def output(self, mixed: Tensor) -> Tensor:
        return self.Wo(mixed)


class FusedCrossAttention(Attention):
    """To the audio: one matrix for its keys and values."""

    def __init__(self, d_model: int, heads: int, bias: bool) -> None:
        super().__init__(heads, Reach())
        self.Wq = nn.Linear(d_model, d_model, bias=bias)
        self.Wkv = nn.Linear(d_model, 2 * d_model, bias=bias)
        self.Wo = nn.Linear(d_model, d_model, bias=bias)

    def queries(self, states: Tensor) -> Tensor:
        return self._split_heads(self.Wq(states))

    def keys_values(self, source: Tensor) -> KeyValues:
        return self._split_fused(self.Wkv(source), 2)

    def output(self, mixed: Tensor) -> Tensor:
        return self.Wo(mixed)


def rotation_of(positions: Tensor, head_dim: int, theta: float, dtype: torch.dtype) -> Rotation:
    """Return the rotation of positions (Su et al. 2021).

    The angle of channel pair i at position p is p * theta^(-2i / head_dim). Positions are [rows, tokens] or [tokens].
    Angles are in single precision for any precision of the model.
    """
    exponents = torch.arange(0, head_dim, 2, device=positions.device, dtype=torch.float32) / head_dim
    rates = 1.0 / theta**exponents  # [head_dim / 2]
    angles = torch.atleast_2d(positions).float()[:, None, :, None] * rates  # [rows, 1, tokens, head_dim / 2]
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(states: Tensor, rotation: Rotation) -> Tensor:
    """Rotate channel pairs of [b, heads, n, head_dim] by a rotation's angles.

    Channel i forms a pair with channel i + head_dim / 2.
    """
    cosines, sines = rotation
    first, second = states.chunk(2, dim=-1)
    return states * cosines + torch.cat([-second, first], dim=-1) * sines


def _local_mask(tokens: SelfAttentionInput, queries: Tensor, keys: Tensor, span: int) -> Tensor:
    """Return the mask of tokens that attend at most `span` slots away.

    Padding shifts both sides alike.
    """
    count, length = queries.shape[2], keys.shape[2]
    slots = torch.arange(length, device=queries.device)
    ahead = slots - slots[length - count :, None]  # [count, length]: how far after the asking token
    near = ahead.abs() <= span
    if tokens.is_causal:
        near &= ahead <= 0
    return near if tokens.mask is None else tokens.mask & near


def causal_mask(visible: Tensor, count: int) -> Tensor:
    """Return the causal mask of the last `count` tokens.

    It is bool [rows, 1, count, length], from the real tokens [rows, length]. A padding token attends to itself, since a
    softmax over nothing is NaN; its result is never used.
    """
    length = visible.shape[1]
    slots = torch.arange(length, device=visible.device)
    asking = slots[length - count :, None]  # [count, 1]
    mask = (slots <= asking) & visible[:, None, :]  # [rows, count, length]
    return (mask | (slots == asking))[:, None]
