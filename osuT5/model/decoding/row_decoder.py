"""Decoder for one token at a time on a CPU.

Rows share the reading of the weights, which is what a step costs, and nothing else: each has its own keys and values
without padding, at its own place, so rows may begin and end at any time. What a window sounds like is kept with the
window, whoever listens to it, and so is what the prompts of its rows have in common.

Scores are those of `MapperModel.forward`, up to the order of sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from osuT5.model.attention import KeyValues, Rotation, SeparateAttention, rotate, rotation_of
from osuT5.model.decoding.packed_linear import Kernel, kernel_of
from osuT5.model.pointer import TimeKeys
from osuT5.tokens.vocabulary import PAD_ID

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel

REMEMBERED_ROWS = 4
"""So many rows of a window are kept for those that begin as they do."""

ALIKE_FROM_ROWS = 4
"""From so many rows on, linear layers sum a row in one order, however many there are: MKL from 4, oneDNN from 2."""


@dataclass(slots=True)
class RowState:
    """State of a row: ids, and their keys and values.

    These are [layers, 2, 1, heads, room, d / heads] of the first `length` ids. `pointed` are the pointer's targets,
    with scaled onsets; None without a pointer.
    """

    window: EncodedWindow
    ids: list[int]
    slots: Tensor
    length: int = 0
    pointed: TimeKeys | None = None


class EncodedWindow:
    """Encoded window; each part is computed on first use.

    `states` are those of the encoder [1, positions, d].
    """

    def __init__(self, model: MapperModel, states: Tensor) -> None:
        self.model = model
        self.states = states
        self.rows: list[RowState] = []
        self._cross: list[KeyValues] = []
        self._pointed: dict[tuple, TimeKeys] = {}

    @property
    def cross(self) -> list[KeyValues]:
        """Return the keys and values of the audio for each layer.

        Each is [1, heads, positions, d / heads].
        """
        if not self._cross:
            pairs = self.model.decoder.cross_keys_values(self.states)
            self._cross = [(keys.contiguous(), values.contiguous()) for keys, values in pairs]
        return self._cross

    def time_keys(self, ids: Sequence[int], mode_id: int) -> TimeKeys | None:
        """Return the pointer's targets of a row that begins with these ids.

        Rows with the same conditions share them.
        """
        if self.model.pointer is None:
            return None
        size_out = self.model.config.vocab_size_out
        wishes = (mode_id, *(token_id for token_id in ids if token_id >= size_out))
        if wishes not in self._pointed:
            found = self.model.time_keys(self.states, None, torch.tensor([mode_id]), torch.tensor([ids]))
            self._pointed[wishes] = TimeKeys(found.keys, self.model.pointer.onset_scale * found.onsets)
        return self._pointed[wishes]

    def remember(self, row: RowState) -> None:
        self.rows = [row, *self.rows[: REMEMBERED_ROWS - 1]]

    def put_away(self) -> None:
        """Release all but small parts that are slow to compute.

        These are the pointer's targets of the last rows.
        """
        self.rows = []
        self._cross = []
        self._pointed = dict(list(self._pointed.items())[-1:])

    def find_beginning(self, ids: Sequence[int]) -> tuple[RowState | None, int]:
        """Return the row with the longest common beginning, and its length."""
        best, longest = None, 0
        for row in self.rows:
            common = _common_length(row.ids[: row.length], ids)
            if common > longest:
                best, longest = row, common
        return best, longest


def _common_length(one: Sequence[int], other: Sequence[int]) -> int:
    shorter = min(len(one), len(other))
    return next((place for place in range(shorter) if one[place] != other[place]), shorter)


@dataclass(frozen=True, slots=True)
class _Layer:
    """One decoder layer as functions of states [..., d].

    theta, local_span: see `Reach`
    """

    self_norm: Kernel
    qkv: Kernel
    self_out: Kernel
    cross_norm: Kernel
    cross_q: Kernel
    cross_out: Kernel
    norm: Kernel
    widen: Kernel
    narrow: Kernel
    theta: float | None
    local_span: int | None


class RowDecoder:
    """Steps of a model on a CPU that is ready to generate.

    Its weights must not change any more. `fewest_rows`: a step of fewer is padded. With ALIKE_FROM_ROWS the scores of a
    row do not depend on its neighbours to the last bit, which makes a single row of a wide model a fifth slower.
    """

    def __init__(self, model: MapperModel, fewest_rows: int = 1) -> None:
        config = model.config
        self.fewest_rows = fewest_rows
        assert model.device.type == "cpu", "rows one by one are for CPUs"
        self.model = model
        self.heads = config.decoder_heads
        self.max_length = config.max_target_positions
        self._embedding = model.decoder_embedder.weight
        positions = model.decoder.embed_positions
        self._positions = None if positions is None else positions.weight
        self._layers = [_layer(layer) for layer in model.decoder.layers]
        self._norm = _norm(model.decoder.layer_norm)
        self._proj_out = kernel_of(model.proj_out)
        self._query = None if model.pointer is None else kernel_of(model.pointer.query)
        thetas = {layer.theta for layer in self._layers if layer.theta is not None}
        places, head_dim = torch.arange(self.max_length), config.d_model // self.heads
        self._rotations = {t: rotation_of(places, head_dim, t, self._embedding.dtype) for t in thetas}

    def prepare_window(self, states: Tensor) -> EncodedWindow:
        """Return a window by its encoder states [positions, d]."""
        return EncodedWindow(self.model, states[None])

    @torch.inference_mode()
    def begin(self, window: EncodedWindow, ids: Sequence[int], mode_id: int) -> tuple[RowState, Tensor]:
        """Begin a row with a prompt; return it and the next scores.

        The scores are [vocabulary out].
        """
        row = RowState(window, list(ids), self._room())
        like, common = window.find_beginning(row.ids[:-1])
        if like is not None:
            row.slots[:, :, :, :, :common] = like.slots[:, :, :, :, :common]
            row.length = common
        row.pointed = window.time_keys(row.ids, mode_id)
        states = self._read(row)
        window.remember(row)
        return row, self._scores(states, [row])[0]

    @torch.inference_mode()
    def step(self, rows: Sequence[RowState], ids: Sequence[int]) -> Tensor:
        """Feed a token to each row; return the next scores.

        They are [rows, vocabulary out].
        """
        missing = max(0, self.fewest_rows - len(rows))
        places = [row.length for row in rows] + [0] * missing
        x = self._embed(torch.tensor([*ids, *[PAD_ID] * missing]), torch.tensor(places))
        turns = self._turns(places)
        views = [_RowViews(row) for row in rows]
        for number, layer in enumerate(self._layers):
            qkv = layer.qkv(layer.self_norm(x)).view(len(x), 3, 1, self.heads, 1, -1)
            if layer.theta is not None:
                qkv = _rotate(qkv, turns[layer.theta], 1)
            mixed = [v.attend_self(number, qkv[i], layer) for i, v in enumerate(views)]
            x = x + layer.self_out(self._join_heads(mixed, missing))
            queries = layer.cross_q(layer.cross_norm(x)).view(len(x), 1, self.heads, 1, -1)
            mixed = [v.attend(number, queries[i]) for i, v in enumerate(views)]
            x = x + layer.cross_out(self._join_heads(mixed, missing))
            x = x + layer.narrow(F.gelu(layer.widen(layer.norm(x))))
        for row, token_id in zip(rows, ids, strict=True):
            del row.ids[row.length :]
            row.ids.append(token_id)
            row.length += 1
        return self._scores(x, rows)

    def _room(self) -> Tensor:
        width = self._embedding.shape[1] // self.heads
        return self._embedding.new_empty(len(self._layers), 2, 1, self.heads, self.max_length, width)

    def _join_heads(self, mixed: list[Tensor], missing: int) -> Tensor:
        """Join the heads of rows to [rows + missing, d].

        Each row is [1, heads, 1, d / heads].


        Missing ones are zero.
        """
        if missing:
            mixed = [*mixed, mixed[0].new_zeros(missing, *mixed[0].shape[1:])]
        whole = mixed[0] if len(mixed) == 1 else torch.cat(mixed)
        return whole.view(len(whole), -1)

    def _embed(self, ids: Tensor, places: Tensor) -> Tensor:
        x = F.embedding(ids, self._embedding)
        return x if self._positions is None else x + F.embedding(places, self._positions)

    def _turns(self, places: list[int]) -> dict[float, Rotation]:
        """Return the rotations of one token of each row.

        They broadcast to [rows, 2, 1, heads, 1, d / heads].
        """
        return {
            theta: tuple(table[0, 0, places][:, None, None, None, None] for table in tables)
            for theta, tables in self._rotations.items()
        }

    def _read(self, row: RowState) -> Tensor:
        """Feed a row its unread ids; return the last state [1, d]."""
        first, count = row.length, len(row.ids) - row.length
        assert len(row.ids) <= self.max_length, f"a row of {self.max_length} tokens cannot hold {len(row.ids)}"
        x = self._embed(torch.tensor(row.ids[first:]), torch.arange(first, len(row.ids)))  # [n, d]
        row.length = len(row.ids)
        for number, layer in enumerate(self._layers):
            qkv = layer.qkv(layer.self_norm(x)).view(count, 3, self.heads, -1).permute(1, 2, 0, 3)[:, None]
            if layer.theta is not None:
                qkv = _rotate(qkv, tuple(table[:, :, first : row.length] for table in self._rotations[layer.theta]), 0)
            row.slots[number, :, :, :, first : row.length] = qkv[1:]
            keys, values = row.slots[number, :, :, :, : row.length]
            queries = qkv[0]  # [1, heads, n, d / heads]
            if number == len(self._layers) - 1:
                x, queries = x[-1:], queries[:, :, -1:]  # nobody asks what comes of the others
            mask = _reading_mask(queries.shape[2], row.length, layer.local_span)
            x = x + layer.self_out(_flat(F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)))
            queries = layer.cross_q(layer.cross_norm(x)).view(1, -1, self.heads, keys.shape[-1]).transpose(1, 2)
            x = x + layer.cross_out(_flat(F.scaled_dot_product_attention(queries, *row.window.cross[number])))
            x = x + layer.narrow(F.gelu(layer.widen(layer.norm(x))))
        return x

    def _scores(self, states: Tensor, rows: Sequence[RowState]) -> Tensor:
        """Return the scores of the next tokens [rows, vocabulary out].

        Args:
            states: States of the last tokens [rows or more, d].
        """
        states = self._norm(states)
        scores = self._proj_out(states)[: len(rows)]
        if self._query is None:
            return scores
        config = self.model.config
        times = slice(config.time_token_start, config.time_token_start + config.time_token_count)
        queries = self._query(states) * config.pointer_dim**-0.5
        for place, row in enumerate(rows):
            pointed = row.pointed
            scores[place, times] += torch.addmv(pointed.onsets[0], pointed.keys[0], queries[place])
        return scores


class _RowViews:
    """Slots of a row for one more token, in all layers.

    The views are made at once: making them costs more than reading them.
    """

    def __init__(self, row: RowState) -> None:
        self.new = row.slots.select(4, row.length).unbind(0)  # [2, 1, heads, d / heads] per layer
        self.past = row.slots.narrow(4, 0, row.length + 1).flatten(0, 1).unbind(0)
        self.cross = row.window.cross

    def attend_self(self, number: int, qkv: Tensor, layer: _Layer) -> Tensor:
        """Attend from the new token to all tokens of its row.

        qkv [3, 1, heads, 1, d / heads] gives [1, heads, 1, d / heads].
        """
        self.new[number].copy_(qkv[1:].squeeze(3))
        keys, values = self.past[2 * number], self.past[2 * number + 1]
        if layer.local_span is not None:
            nearest = layer.local_span + 1
            keys, values = keys[:, :, -nearest:], values[:, :, -nearest:]
        return F.scaled_dot_product_attention(qkv[0], keys, values)

    def attend(self, number: int, queries: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(queries, *self.cross[number])


def _rotate(qkv: Tensor, rotation: Rotation, dim: int) -> Tensor:
    """Rotate queries and keys at their positions.

    Values, the third along `dim`, have none.
    """
    queries_keys, values = qkv.split([2, 1], dim)
    return torch.cat([rotate(queries_keys, rotation), values], dim)


def _reading_mask(count: int, length: int, local_span: int | None) -> Tensor:
    """Return the attention mask, bool [count, length], of the last `count` tokens."""
    slots = torch.arange(length)
    behind = slots[length - count :, None] - slots
    mask = behind >= 0
    return mask if local_span is None else mask & (behind <= local_span)


def _flat(mixed: Tensor) -> Tensor:
    """Flatten [1, heads, n, d / heads] to [n, d]."""
    return mixed.transpose(1, 2).flatten(2)[0]


def _layer(layer: nn.Module) -> _Layer:
    own, cross = layer.self_attn, layer.encoder_attn
    separate = isinstance(cross, SeparateAttention)
    return _Layer(
        self_norm=_norm(layer.self_attn_layer_norm),
        qkv=kernel_of(own.Wqkv),
        self_out=kernel_of(own.Wo),
        cross_norm=_norm(layer.encoder_attn_layer_norm),
        cross_q=kernel_of(cross.q_proj if separate else cross.Wq),
        cross_out=kernel_of(cross.out_proj if separate else cross.Wo),
        norm=_norm(layer.final_layer_norm),
        widen=kernel_of(layer.fc1),
        narrow=kernel_of(layer.fc2),
        theta=own.reach.theta,
        local_span=own.reach.local_span,
    )


def _norm(norm: nn.Module) -> Kernel:
    if type(norm) is not nn.LayerNorm:
        return norm
    return partial(
        torch.layer_norm, normalized_shape=norm.normalized_shape, weight=norm.weight, bias=norm.bias, eps=norm.eps
    )
