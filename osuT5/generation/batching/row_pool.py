"""Continuous batching on a CPU: rows join and leave at any step.

A step reads all weights once, however many rows share it. So the contexts of a chart, the charts of a song and the
songs of several users share their steps. A row scores the same in any company, and has a random generator of its own:
its tokens do not depend on its neighbours.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.sampling.row_choice import Guidance, RowChoice
from osuT5.model.decoding.row_decoder import EncodedWindow, RowDecoder, RowState
from osuT5.tokens.vocabulary import Vocabulary

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel


class Writer(Protocol):
    """Source of rows that are decoded one after the other."""

    @property
    def is_done(self) -> bool: ...

    def begin_row(self) -> PooledRow | None:
        """Return the next row; None if there is none, or none yet."""

    def take(self, row: DecodeRow) -> None:
        """Take back a row that has ended."""


@dataclass(slots=True)
class PooledRow:
    """Row in a pool, with its states and scores in the decoder.

    Guidance adds a second state, that of the negative prompt.
    """

    writer: Writer
    row: DecodeRow
    guidance: Guidance | None
    states: Sequence[RowState]
    scores: Sequence[Tensor]

    @classmethod
    def begin(
        cls, writer: Writer, row: DecodeRow, guidance: Guidance | None, window: EncodedWindow, mode_id: int
    ) -> PooledRow:
        """Return a row whose prompts have been read."""
        prompts = [row.prompt_ids] if guidance is None else [row.prompt_ids, row.negative_ids]
        decoder = window.model.row_decoder
        states, scores = zip(*(decoder.begin(window, prompt, mode_id) for prompt in prompts), strict=True)
        return cls(writer, row, guidance, states, scores)

    def guided_scores(self) -> Tensor:
        """Return scores of the next token [vocabulary out]."""
        return (self.scores[0] if self.guidance is None else self.guidance(*self.scores)).float()

    @property
    def length(self) -> int:
        return max(state.length for state in self.states)


class Order:
    """Writers that one caller waits for, and their rows in the pool.

    Its errors end no other order.
    """

    def __init__(self, writers: Sequence[Writer], choice: RowChoice) -> None:
        self.writers = writers
        self.rows: list[PooledRow] = []
        self.is_left = False
        self.error: Exception | None = None
        self.ended = threading.Event()
        self._choice = choice

    @property
    def is_over(self) -> bool:
        return self.is_left or self.error is not None or all(writer.is_done for writer in self.writers)

    def advance(self, vocabulary: Vocabulary, max_length: int) -> None:
        """Begin rows, choose their next tokens, and keep unfinished ones."""
        try:
            self._begin()
            assert self.rows or self.is_over, "writers wait for each other"
            if self.rows:
                self._choose(vocabulary, max_length)
        except Exception as error:
            self.error = error

    def _begin(self) -> None:
        """Begin rows in order: a later one reads an earlier one's results."""
        busy = [id(each.writer) for each in self.rows]
        for writer in self.writers:
            if id(writer) not in busy and (begun := writer.begin_row()) is not None:
                self.rows.append(begun)

    def _choose(self, vocabulary: Vocabulary, max_length: int) -> None:
        scores = torch.stack([each.guided_scores() for each in self.rows])
        chosen = self._choice.choose(scores, [each.row for each in self.rows])
        going = []
        for each, token_id in zip(self.rows, chosen, strict=True):
            if each.row.append(token_id, vocabulary) and each.length < max_length:
                going.append(each)
            else:
                each.writer.take(each.row)
        self.rows = going


class RowPool:
    """Steps of one model for the rows of all orders."""

    def __init__(self, model: MapperModel, vocabulary: Vocabulary) -> None:
        decoder = model.row_decoder
        assert decoder is not None, "rows are pooled if the model is prepared to generate on a CPU"
        self.decoder: RowDecoder = decoder
        self.arrived: list[Order] = []
        self.orders: list[Order] = []
        self._vocabulary = vocabulary
        self._max_length = model.config.max_target_positions

    def run(self, order: Order) -> None:
        """Decode all rows of an order; raise its error."""
        self.orders.append(order)
        while self.orders:
            self.turn()
        if order.error is not None:
            raise order.error

    @torch.inference_mode()
    def turn(self) -> None:
        """Decode a token of each row, and release orders that are over."""
        for order in self.orders:
            if not order.is_over:
                order.advance(self._vocabulary, self._max_length)
        over = [order for order in self.orders if order.is_over]
        self.orders = [order for order in self.orders if order not in over]
        for order in over:
            order.ended.set()
        try:
            self._step([row for order in self.orders for row in order.rows])
        except Exception as error:  # such as too little memory for so many rows
            for order in self.orders:
                order.error = error

    def _step(self, rows: Sequence[PooledRow]) -> None:
        if not rows:
            return
        states = [state for each in rows for state in each.states]
        fed = [each.row.written_ids[-1] for each in rows for _ in each.states]
        scores = iter(self.decoder.step(states, fed))
        for each in rows:
            each.scores = [next(scores) for _ in each.states]
