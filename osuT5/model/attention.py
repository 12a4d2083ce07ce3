"""Multi-head attention as the published models have it: separate or fused projections, fixed or rotary positions.

What a layer may need to know about its tokens travels in `SelfAttentionInput`.
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
        """Stores the keys and values of new tokens; returns those of all tokens so far."""


@dataclass(frozen=True, slots=True)
class SelfAttentionInput:
    """What layers need to know about the tokens besides their states.

    positions: position ids [rows, tokens] or [tokens]
    mask: bool, True where a token may look, broadcast to [rows, heads, tokens, tokens so far]; None: everywhere,
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
    """How a self-attention layer knows and limits places.

    theta: of rotary positions, None without them; local_span: positions to either side, None for all
    """

    theta: float | None = None
    local_span: int | None = None


class Attention(nn.Module):
    """What all kinds of attention share; `project`, `queries`, `keys_values` and `output` are the kind's own."""

    def __init__(self, heads: int, reach: Reach) -> None:
        super().__init__()
        self.heads = heads
        self.reach = reach

    def attend_self(self, states: Tensor, tokens: SelfAttentionInput, cache: LayerCache | None = None) -> Tensor:
        """states: [rows, tokens, d] -> [rows, tokens, d], looking at themselves and at what the cache holds"""
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
        """states: [rows, tokens, d] -> [rows, tokens, d], looking at all of a source, which is the audio"""
        return self._mix(self.queries(states), *source)

    def _mix(
        self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None, is_causal: bool = False
    ) -> Tensor:
        mixed = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, is_causal=is_causal)
        return self.output(mixed.transpose(1, 2).flatten(2))  # [b, n, d]

    def _split_heads(self, states: Tensor) -> Tensor:
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # [b, n, d] -> [b, heads, n, d / heads]

    def _split_fused(self, states: Tensor, parts: int) -> tuple[Tensor, ...]:
        """[b, n, parts * d] -> `parts` times [b, heads, n, d / heads]"""
        return states.unflatten(-1, (parts, self.heads, -1)).transpose(1, 3).unbind(2)


class SeparateAttention(Attention):
    """A matrix for each of queries, keys and values; the keys have no bias. To itself or to the audio."""

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
    """Rotary positions (Su et al. 2021): the angle of channel pair i at position p is p * theta^(-2i / head_dim).

    positions: [rows, tokens] or [tokens]. Angles are in single precision whatever the model's.
    """
    exponents = torch.arange(0, head_dim, 2, device=positions.device, dtype=torch.float32) / head_dim
    rates = 1.0 / theta**exponents  # [head_dim / 2]
    angles = torch.atleast_2d(positions).float()[:, None, :, None] * rates  # [rows, 1, tokens, head_dim / 2]
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(states: Tensor, rotation: Rotation) -> Tensor:
    """Turns channel i of [b, heads, n, head_dim] with channel i + head_dim / 2 by the angles of a rotation."""
    cosines, sines = rotation
    first, second = states.chunk(2, dim=-1)
    return states * cosines + torch.cat([-second, first], dim=-1) * sines


def _local_mask(tokens: SelfAttentionInput, queries: Tensor, keys: Tensor, span: int) -> Tensor:
    """The mask of tokens that look at most `span` slots away; padding shifts both sides alike."""
    count, length = queries.shape[2], keys.shape[2]
    slots = torch.arange(length, device=queries.device)
    ahead = slots - slots[length - count :, None]  # [count, length]: how far after the asking token
    near = ahead.abs() <= span
    if tokens.is_causal:
        near &= ahead <= 0
    return near if tokens.mask is None else tokens.mask & near


def causal_mask(visible: Tensor, count: int) -> Tensor:
    """Return which tokens the last `count` see, bool [rows, 1, count, length], from those that are real [rows, length].

    A padding token sees itself, since a softmax over nothing is NaN; nobody sees its result.
    """
    length = visible.shape[1]
    slots = torch.arange(length, device=visible.device)
    asking = slots[length - count :, None]  # [count, 1]
    mask = (slots <= asking) & visible[:, None, :]  # [rows, count, length]
    return (mask | (slots == asking))[:, None]
