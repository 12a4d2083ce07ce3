"""Decoder for one token at a time in memory at fixed addresses.

A GPU can thus replay a step.

A step has fixed shapes, reads where rows are from tensors of the device, makes no choice that depends on a value, and
never waits for the host: it can be captured once and replayed. Each row has a place of its own, without padding, and
rows that have ended stand still until the batch is over. Only the length that a step looks at is chosen from outside,
among a few (`LENGTHS`).

Scores are those of `MapperModel.forward`, up to the order of sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from osuT5.model.attention import KeyValues, Rotation, SelfAttentionInput, rotation_of
from osuT5.model.pointer import TimeKeys
from osuT5.tokens.vocabulary import PAD_ID

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel

LENGTHS = (128, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)
"""So many keys a step looks at: the least of these that all rows fit in. Each costs a capture and hardly any memory."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Facts that are fixed once memory is allocated.

    Attributes:
        rows: Number of rows.
        shares_window: Whether all rows read one window, whose keys are then stored and read once.
        positions: Positions of a window's encoder states.
    """

    rows: int
    shares_window: bool
    positions: int

    @classmethod
    def of(cls, row_windows: Sequence[int], positions: int) -> Shape:
        """Return the smallest shape that holds rows with these windows.

        It is a power of two, so that there are few.
        """
        return cls(1 << (len(row_windows) - 1).bit_length(), len(set(row_windows)) == 1, positions)


class StaticDecoder:
    """Memory for some rows, and parts of a model for steps.

    The model must not change any more.

    fed             what the next step feeds each row, and at which place: `ids` and `places` [2, rows]; places that
                    are free are fed PAD_ID at 0
    scores          of what follows in each row [rows, vocabulary out], in single precision; written by every step
    """

    def __init__(self, model: MapperModel, shape: Shape) -> None:
        config, like = model.config, model.proj_out.weight
        self.config = config
        self.shape = shape
        self.max_length = config.max_target_positions
        rows, windows = shape.rows, 1 if shape.shares_window else shape.rows
        heads, head_dim = config.decoder_heads, config.d_model // config.decoder_heads
        self.fed = like.new_zeros(2, rows, dtype=torch.long)
        self.ids, self.places = self.fed
        self.scores = like.new_zeros(rows, config.vocab_size_out, dtype=torch.float32)
        layers = range(config.decoder_layers)
        self.slots = [like.new_zeros(2, rows, heads, self.max_length, head_dim) for _ in layers]
        self.cross = [like.new_zeros(2, windows, heads, shape.positions, head_dim) for _ in layers]
        self._pointed = None
        if config.uses_pointer:
            keys = like.new_zeros(rows, config.time_token_count, config.pointer_dim)
            self._pointed = TimeKeys(keys, like.new_zeros(rows, config.time_token_count))
        every_place = torch.arange(self.max_length, device=like.device)
        reaches = [layer.self_attn.reach for layer in model.decoder.layers]
        thetas = {reach.theta for reach in reaches} - {None}
        self._spans = {reach.local_span for reach in reaches} - {None}
        self._turns = {theta: rotation_of(every_place, head_dim, theta, like.dtype) for theta in thetas}
        self._every_place = every_place
        # Not the model, which holds this: it would then outlive those who use it.
        self._embedder, self._decoder, self._pointer = model.decoder_embedder, model.decoder, model.pointer
        self._proj_out = model.proj_out

    @property
    def lengths(self) -> list[int]:
        """Numbers of places that the steps may read, in ascending order."""
        return [length for length in LENGTHS if length < self.max_length] + [self.max_length]

    def length_for(self, place: int) -> int:
        """Return the number of places that a step must read.

        It feeds a token at `place`, the furthest of all rows.
        """
        assert place < self.max_length, f"a row of {self.max_length} tokens cannot hold {place + 1}"
        return next(length for length in self.lengths if place < length)

    @torch.inference_mode()
    def begin(
        self,
        model: MapperModel,
        encoder_states: Tensor,
        windows: Sequence[int],
        modes: Sequence[int],
        prompts: Sequence[list[int]],
    ) -> None:
        """Encode windows for rows and read their prompts; then fill `scores`.

        Args:
            model: The model that this was made for.
            encoder_states: [windows, positions, d].
            windows: Window of each row.
            modes: Game modes.
        """
        device, rows = encoder_states.device, len(prompts)
        lengths = torch.tensor([len(prompt) for prompt in prompts], device=device)
        ids = torch.tensor(_right_padded(prompts), device=device)
        row_window = torch.tensor(list(windows), device=device)
        time_keys = model.time_keys(encoder_states, row_window, torch.tensor(list(modes), device=device), ids)
        if self._pointed is not None:
            self._pointed.keys[:rows] = time_keys.keys
            self._pointed.onsets[:rows] = self._pointer.onset_scale * time_keys.onsets
        heard = self._store_windows(encoder_states, row_window)
        tokens = SelfAttentionInput(torch.arange(ids.shape[1], device=device), is_causal=True)
        for slots in self.slots:
            slots.zero_()  # what is not looked at is multiplied by 0, which is no help against an infinite one
        slots = [_Beginnings(slots[:, :rows]) for slots in self.slots]
        states = self._decoder(self._embedder(ids), tokens, heard, slots)  # [rows, n, d]
        self.fed.zero_()
        self.ids[:rows] = ids.gather(1, lengths[:, None] - 1)[:, 0]
        self.places[:rows] = lengths - 1
        last = states[torch.arange(rows, device=device), lengths - 1]
        self.scores[:rows] = self._scores(last, slice(rows))

    @torch.inference_mode()
    def step(self, length: int) -> None:
        """Feed each row its id; only the first `length` places count."""
        rows, decoder = self.shape.rows, self._decoder
        x = self._embedder(self.ids[:, None])  # [rows, 1, d]
        if decoder.embed_positions is not None:
            x = x + decoder.embed_positions(self.places[:, None])
        tokens = self._tokens(length, x.dtype)
        for layer, slots, cross in zip(decoder.layers, self.slots, self.cross, strict=True):
            own = _Places(slots, self.places, length)
            x = x + layer.self_attn.attend_self(layer.self_attn_layer_norm(x), tokens, own)
            asking = layer.encoder_attn_layer_norm(x)
            if self.shape.shares_window:  # its keys are read once: rows ask side by side, like tokens of one row
                asking = asking.view(1, rows, -1)
            x = x + layer.encoder_attn.attend(asking, (cross[0], cross[1])).view(rows, 1, -1)
            x = x + layer.fc2(F.gelu(layer.fc1(layer.final_layer_norm(x))))
        self.scores.copy_(self._scores(decoder.layer_norm(x)[:, 0], slice(rows)))

    def _tokens(self, length: int, dtype: torch.dtype) -> SelfAttentionInput:
        """Return the tokens that are fed.

        Masks are added to scores: a bool one would be converted to that in every layer.
        """
        behind = self.places[:, None] - self._every_place[:length]  # [rows, length]
        masks = {
            span: torch.zeros_like(behind, dtype=dtype)
            .masked_fill(((behind < 0) | (behind > span)) if span is not None else behind < 0, float("-inf"))
            .view(-1, 1, 1, length)
            for span in (None, *self._spans)
        }
        turns = {theta: self._turn_at(tables) for theta, tables in self._turns.items()}
        whole = masks.pop(None)
        return SelfAttentionInput(self.places[:, None], whole, rotations=turns, local_masks=masks)

    def _turn_at(self, tables: Rotation) -> Rotation:
        cosines, sines = (table[0, 0].index_select(0, self.places)[:, None, None] for table in tables)
        return cosines, sines  # [rows, 1, 1, d / heads]

    def _store_windows(self, encoder_states: Tensor, row_window: Tensor) -> list[KeyValues]:
        """Store the encoded windows; return each layer's keys and values.

        They are for each row.
        """
        rows = len(row_window)
        if self.shape.shares_window:
            encoder_states = encoder_states.index_select(0, row_window[:1])
        heard = []
        for layer, kept in zip(self._decoder.layers, self.cross, strict=True):
            pair = torch.stack(layer.cross_keys_values(encoder_states))  # [2, windows, heads, positions, d / heads]
            if self.shape.shares_window:
                kept.copy_(pair)
                heard.append(tuple(kept.expand(-1, rows, -1, -1, -1)))
            else:
                kept[:, :rows] = pair.index_select(1, row_window)
                heard.append(tuple(kept[:, :rows]))
        return heard

    def _scores(self, states: Tensor, rows: slice) -> Tensor:
        """Return scores of the last tokens' states [n, d].

        The final norm is included; the result is [n, vocabulary out].
        """
        scores = self._proj_out(states)
        if self._pointed is None:
            return scores
        config = self.config
        queries = self._pointer.query(states) * config.pointer_dim**-0.5
        keys, onsets = self._pointed.keys[rows], self._pointed.onsets[rows]
        pointed = torch.baddbmm(onsets[:, :, None], keys, queries[:, :, None])[:, :, 0]
        before = config.time_token_start
        after = scores.shape[-1] - before - pointed.shape[-1]
        return scores + F.pad(pointed, (before, after))


@dataclass(frozen=True, slots=True)
class _Beginnings:
    """Slots of one layer that read prompts from the first place on.

    They are [2, rows, heads, max_length, d / heads]. Values behind the end of a shorter prompt are overwritten before
    they are used.
    """

    slots: Tensor

    def append(self, keys: Tensor, values: Tensor) -> KeyValues:
        self.slots[0, :, :, : keys.shape[2]] = keys
        self.slots[1, :, :, : keys.shape[2]] = values
        return keys, values


@dataclass(frozen=True, slots=True)
class _Places:
    """Slots of one layer that take one token of each row.

    The token's place is in [rows]; the first `length` places are visible.
    """

    slots: Tensor
    places: Tensor
    length: int

    def append(self, keys: Tensor, values: Tensor) -> KeyValues:
        index = self.places.view(-1, 1, 1, 1).expand_as(keys)
        self.slots[0].scatter_(2, index, keys)
        self.slots[1].scatter_(2, index, values)
        return self.slots[0, :, :, : self.length], self.slots[1, :, :, : self.length]


def _right_padded(prompts: Sequence[list[int]]) -> list[list[int]]:
    longest = max(map(len, prompts))
    return [[*prompt, *[PAD_ID] * (longest - len(prompt))] for prompt in prompts]
