"""Keys and values of the decoder between steps, in memory that is allocated once.

Rows of a batch are always written at the same slots. Prompts of different lengths are therefore padded on the
LEFT; padding is never attended to, and positions count only real tokens.
"""

from __future__ import annotations

import torch
from torch import Tensor

from osuT5.model.attention import KeyValues, SelfAttentionInput
from osuT5.model.pointer import TimeKeys


class LayerSlots:
    """Self-attention keys and values of one layer: [rows, heads, max_length, d / heads] each, `length` of them used."""

    def __init__(self, rows: int, heads: int, max_length: int, head_dim: int, like: Tensor) -> None:
        self.keys = like.new_zeros(rows, heads, max_length, head_dim)
        self.values = torch.zeros_like(self.keys)
        self.length = 0

    def append(self, keys: Tensor, values: Tensor) -> KeyValues:
        """Writes [rows, heads, n, d / heads] behind what is there; returns views of everything so far."""
        end = self.length + keys.shape[2]
        self.keys[:, :, self.length : end] = keys
        self.values[:, :, self.length : end] = values
        self.length = end
        return self.keys[:, :, :end], self.values[:, :, :end]

    def select(self, rows: Tensor) -> None:
        self.keys, self.values = self.keys[rows], self.values[rows]


class DecoderCache:
    """Everything a decoding step needs besides the new tokens.

    cross: per layer the keys and values of each row's window, computed once
    time_keys: what the pointer term looks at; None without a pointer
    """

    def __init__(
        self, layers: list[LayerSlots], cross: list[KeyValues], time_keys: TimeKeys | None, max_length: int
    ) -> None:
        keys = cross[0][0]
        self.layers = layers
        self.cross = cross
        self.time_keys = time_keys
        self.max_length = max_length
        self.length = 0  # slots in use
        self.visible = torch.zeros(keys.shape[0], max_length, dtype=torch.bool, device=keys.device)  # real tokens
        self.next_position = torch.zeros(keys.shape[0], dtype=torch.long, device=keys.device)
        self.has_padding = False

    @property
    def rows(self) -> int:
        return self.visible.shape[0]

    def advance(self, count: int, mask: Tensor | None = None) -> SelfAttentionInput:
        """Makes room for `count` tokens per row; mask: bool [rows, count], False where a token is padding."""
        start, end = self.length, self.length + count
        assert end <= self.max_length, f"a cache of {self.max_length} tokens cannot hold {end}"
        if mask is None:
            mask = self.visible.new_ones(self.rows, count)
        else:
            mask = mask.bool()
            self.has_padding = self.has_padding or not bool(mask.all())
        self.visible[:, start:end] = mask
        self.length = end
        positions = (self.next_position[:, None] + mask.cumsum(1) - 1).clamp(min=0)
        self.next_position += mask.sum(1)
        if not self.has_padding and (start == 0 or count == 1):
            return SelfAttentionInput(positions, is_causal=count > 1)
        return SelfAttentionInput(positions, causal_mask(self.visible[:, :end], count))

    def select(self, rows: Tensor) -> None:
        """Keeps (or repeats, or reorders) rows: for rows that have finished and for beams."""
        for slots in self.layers:
            slots.select(rows)
        self.cross = [(keys[rows], values[rows]) for keys, values in self.cross]
        self.time_keys = self.time_keys.select(rows) if self.time_keys else None
        self.visible, self.next_position = self.visible[rows], self.next_position[rows]

    def truncate(self, length: int) -> None:
        """Forgets all tokens from slot `length` on, so that other continuations can be tried."""
        assert 0 <= length <= self.length, f"cannot truncate {self.length} tokens to {length}"
        self.next_position -= self.visible[:, length : self.length].sum(1)
        self.visible[:, length:] = False
        self.length = length
        for slots in self.layers:
            slots.length = length


def causal_mask(visible: Tensor, count: int) -> Tensor:
    """visible: bool [rows, length], real tokens -> bool [rows, 1, count, length] for the last `count` of them.

    A padding token sees itself, since a softmax over nothing is NaN; nobody sees its result.
    """
    length = visible.shape[1]
    slots = torch.arange(length, device=visible.device)
    asking = slots[length - count :, None]  # [count, 1]
    mask = (slots <= asking) & visible[:, None, :]  # [rows, count, length]
    return (mask | (slots == asking))[:, None]
