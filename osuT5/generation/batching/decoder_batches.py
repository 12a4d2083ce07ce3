"""Batches of a model: prompts in, scores out, step by step.

Two classes give the same scores: `SeparateRows` for models that are prepared for a CPU, and `StaticRows` for all
others. On a GPU the steps of the latter are captured as graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

from osuT5.model.decoding.row_decoder import RowDecoder
from osuT5.model.decoding.static_decoder import Shape
from osuT5.model.decoding.step_graphs import GraphedSteps, skip_capture
from osuT5.tokens.vocabulary import PAD_ID

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel


@dataclass(frozen=True, slots=True)
class Prompt:
    """Beginning of a row: ids, index of its window, game mode."""

    ids: list[int]
    window: int
    mode_id: int


class Batch(Protocol):
    """Rows in front of a model.

    Attributes:
        scores: Of the next token of each row [rows, vocabulary out].
        lengths: Number of tokens that each row has read.
    """

    scores: Tensor
    lengths: list[int]

    def keep(self, places: Sequence[int]) -> None:
        """Continue with these rows alone."""

    def step(self, ids: Sequence[int]) -> None:
        """Feed each row a token."""


@contextmanager
def begin_batch(model: MapperModel, encoder_states: Tensor, prompts: Sequence[Prompt]) -> Iterator[Batch]:
    """Yield a batch that has read its prompts.

    Encoder states are [windows, positions, d].
    """
    if model.row_decoder is not None:
        yield SeparateRows(model.row_decoder, encoder_states, prompts)
        return
    with (model.graphed_steps or GraphedSteps(skip_capture)).borrow() as steps:
        yield StaticRows(steps, model, encoder_states, prompts)


class SeparateRows:
    """Batch of a `RowDecoder`."""

    def __init__(self, decoder: RowDecoder, encoder_states: Tensor, prompts: Sequence[Prompt]) -> None:
        self.decoder = decoder
        heard = {
            window: decoder.prepare_window(encoder_states[window]) for window in {prompt.window for prompt in prompts}
        }
        begun = [decoder.begin(heard[prompt.window], prompt.ids, prompt.mode_id) for prompt in prompts]
        self._rows = [row for row, _ in begun]
        self.scores = torch.stack([scores for _, scores in begun])

    @property
    def lengths(self) -> list[int]:
        return [row.length for row in self._rows]

    def keep(self, places: Sequence[int]) -> None:
        self._rows = [self._rows[place] for place in places]

    def step(self, ids: Sequence[int]) -> None:
        self.scores = self.decoder.step(self._rows, ids)


class StaticRows:
    """Batch of a `StaticDecoder`.

    If a step cannot be captured, or memory is short, its rows begin again with plain steps.
    """

    def __init__(
        self, steps: GraphedSteps, model: MapperModel, encoder_states: Tensor, prompts: Sequence[Prompt]
    ) -> None:
        self._steps = steps
        self._beginning = (model, encoder_states)
        self._prompts = [replace(prompt, ids=list(prompt.ids)) for prompt in prompts]
        self._or_plainly(self._begin)

    @property
    def lengths(self) -> list[int]:
        return [len(prompt.ids) for prompt in self._prompts]

    def keep(self, places: Sequence[int]) -> None:
        self._prompts = [self._prompts[place] for place in places]
        self._places = [self._places[place] for place in places]

    def step(self, ids: Sequence[int]) -> None:
        for prompt, token_id in zip(self._prompts, ids, strict=True):
            prompt.ids.append(token_id)
        self._or_plainly(self._step)

    def _or_plainly(self, way: Callable[[], None]) -> None:
        try:
            way()
        except RuntimeError as error:
            if self._steps.problem is not None:
                raise
            self._decoder = None
            self._steps.give_up(error)
            self._begin()

    def _begin(self) -> None:
        windows = [prompt.window for prompt in self._prompts]
        model, states = self._beginning
        self._decoder = self._steps.decoder(model, Shape.of(windows, states.shape[1]))
        self._places = list(range(len(windows)))  # of the rows in the decoder
        modes = [prompt.mode_id for prompt in self._prompts]
        self._decoder.begin(model, states, windows, modes, [prompt.ids for prompt in self._prompts])
        self.scores = self._decoder.scores[: len(windows)]

    def _step(self) -> None:
        decoder = self._decoder
        fed = [[PAD_ID, 0]] * decoder.shape.rows
        for place, prompt in zip(self._places, self._prompts, strict=True):
            fed[place] = [prompt.ids[-1], len(prompt.ids) - 1]
        decoder.fed.copy_(torch.tensor(fed).T.contiguous())
        length = decoder.length_for(max(self.lengths) - 1)
        decoder.run(length, partial(decoder.step, length))
        self.scores = decoder.scores[torch.tensor(self._places, device=decoder.scores.device)]
