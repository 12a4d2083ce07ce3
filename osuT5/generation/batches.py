"""Rows of a batch in front of a model: prompts in, scores out, step by step.

Two ways to the same scores: all rows as one tensor, as any device has it, or each at its own place, where the model was
made ready to generate on a CPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from osuT5.model.row_decoder import RowDecoder
from osuT5.model.seq2seq import MapperModel
from osuT5.vocabulary import PAD_ID


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a row begins with: its ids, the index of the window that it listens to, its game mode."""

    ids: list[int]
    window: int
    mode_id: int


class Batch(Protocol):
    """scores: of what follows in each row [rows, vocabulary out]; lengths: how many tokens each has read"""

    scores: Tensor
    lengths: list[int]

    def keep(self, places: Sequence[int]) -> None:
        """Goes on with these rows alone."""

    def step(self, ids: Sequence[int]) -> None:
        """Feeds each row a token."""


def begin(model: MapperModel, encoder_states: Tensor, prompts: Sequence[Prompt]) -> Batch:
    """encoder_states: [windows, positions, d]"""
    if model.row_decoder is not None:
        return SeparateRows(model.row_decoder, encoder_states, prompts)
    return PaddedRows(model, encoder_states, prompts)


class PaddedRows:
    """One tensor for all rows, their prompts padded on the left."""

    def __init__(self, model: MapperModel, encoder_states: Tensor, prompts: Sequence[Prompt]) -> None:
        self.model = model
        self.device = encoder_states.device
        ids, mask = (each.to(self.device) for each in _left_padded([prompt.ids for prompt in prompts]))
        windows = torch.tensor([prompt.window for prompt in prompts], device=self.device)
        modes = torch.tensor([prompt.mode_id for prompt in prompts], device=self.device)
        self.lengths = [len(prompt.ids) for prompt in prompts]
        padding = max(self.lengths) - min(self.lengths)
        self._cache = model.start(encoder_states, windows, None, modes, ids, padding)
        self.scores = model.step(ids, self._cache, mask)

    def keep(self, places: Sequence[int]) -> None:
        self.lengths = [self.lengths[place] for place in places]
        self._cache.select(torch.tensor(places, dtype=torch.long, device=self.device))

    def step(self, ids: Sequence[int]) -> None:
        self.lengths = [length + 1 for length in self.lengths]
        self.scores = self.model.step(torch.tensor(ids, device=self.device)[:, None], self._cache)


class SeparateRows:
    """Rows of a `RowDecoder`."""

    def __init__(self, decoder: RowDecoder, encoder_states: Tensor, prompts: Sequence[Prompt]) -> None:
        self.decoder = decoder
        heard = {window: decoder.hear(encoder_states[window]) for window in {prompt.window for prompt in prompts}}
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


def _left_padded(prompts: list[list[int]]) -> tuple[Tensor, Tensor]:
    longest = max(len(prompt) for prompt in prompts)
    ids = torch.full((len(prompts), longest), PAD_ID)
    mask = torch.zeros(len(prompts), longest, dtype=torch.bool)
    for index, prompt in enumerate(prompts):
        ids[index, longest - len(prompt) :] = torch.tensor(prompt)
        mask[index, longest - len(prompt) :] = True
    return ids, mask
