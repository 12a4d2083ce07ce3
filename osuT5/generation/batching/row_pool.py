"""Rows of several writers side by side: each begins when it can and ends when it does, and none waits for another.

A step reads all weights once, however many rows share it. So the contexts of a chart, its windows some way apart, the
charts of a song and the songs of several users are all written by the same steps. What a row holds does not depend on
its neighbours: each has a random generator of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from osuT5.generation.decode_loop import DecodeLoop
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.sampling.row_choice import Guidance
from osuT5.model.decoding.row_decoder import EncodedWindow, RowDecoder, RowState


@dataclass(frozen=True, slots=True)
class PendingRow:
    """A row that is to be written, and the window that it listens to."""

    row: DecodeRow
    heard: EncodedWindow
    mode_id: int


class Writer(Protocol):
    """Something that has rows written, one after the other."""

    guidance: Guidance | None
    choice: object  # rows of writers with the same one are chosen together

    @property
    def is_done(self) -> bool: ...

    def ask(self) -> PendingRow | None:
        """The next row; None where there is none, or none yet."""

    def choose(self, scores: Tensor, rows: Sequence[DecodeRow]) -> list[int]:
        """Return the next token of each row with this choice, for scores [rows, vocabulary out] that may change."""

    def take(self, row: DecodeRow) -> None:
        """Takes back a row that has ended."""


@dataclass(slots=True)
class _Active:
    """A row at work. With guidance it has a second state, which reads the negative prompt."""

    writer: Writer
    row: DecodeRow
    states: list[RowState]
    scores: list[Tensor]
    token_id: int = 0

    def guided_scores(self) -> Tensor:
        guidance = self.writer.guidance
        return (self.scores[0] if guidance is None else guidance(*self.scores)).float()

    @property
    def length(self) -> int:
        return max(state.length for state in self.states)


class RowPool:
    """Writes rows with one model, on a CPU."""

    def __init__(self, decoder: RowDecoder, engine: DecodeLoop) -> None:
        self.decoder = decoder
        self.engine = engine
        self._idle: list[Writer] = []
        self._active: list[_Active] = []

    def add(self, writers: Iterable[Writer]) -> None:
        self._idle += writers

    def remove(self, writers: Iterable[Writer]) -> None:
        """Drops writers with the rows that they are at."""
        gone = set(map(id, writers))
        self._idle = [writer for writer in self._idle if id(writer) not in gone]
        self._active = [each for each in self._active if id(each.writer) not in gone]

    def run(self, writers: Iterable[Writer]) -> None:
        """Writes all rows of some writers, and of those that are there already."""
        self.add(writers)
        while self.turn():
            pass

    @torch.inference_mode()
    def turn(self) -> bool:
        """A token for each row; False where there was none to write."""
        self._begin()
        self._choose()
        going = [each for each in self._active if self._goes_on(each)]
        had_rows = bool(self._active)
        self._active = going
        if going:
            states = [state for each in going for state in each.states]
            scores = iter(self.decoder.step(states, [each.token_id for each in going for _ in each.states]))
            for each in going:
                each.scores = [next(scores) for _ in each.states]
        return had_rows

    def _begin(self) -> None:
        """Writers are asked in order, so that a later one sees what an earlier one has just been given back."""
        waiting = []
        for writer in self._idle:
            asked = writer.ask()
            if asked is None and not writer.is_done:
                waiting.append(writer)
            elif asked is not None:
                self._active.append(self._begun(writer, asked))
        self._idle = waiting

    def _begun(self, writer: Writer, asked: PendingRow) -> _Active:
        row = asked.row
        row.note_prompt(self.engine.vocabulary)
        prompts = [row.prompt_ids] if writer.guidance is None else [row.prompt_ids, row.negative_ids]
        begun = [self.decoder.begin(asked.heard, prompt, asked.mode_id) for prompt in prompts]
        return _Active(writer, row, [state for state, _ in begun], [scores for _, scores in begun])

    def _choose(self) -> None:
        by_choice: defaultdict[int, list[_Active]] = defaultdict(list)
        for each in self._active:
            by_choice[id(each.writer.choice)].append(each)
        for part in by_choice.values():
            scores = torch.stack([each.guided_scores() for each in part])
            for each, token_id in zip(part, part[0].writer.choose(scores, [each.row for each in part]), strict=True):
                each.token_id = token_id

    def _goes_on(self, each: _Active) -> bool:
        if each.row.append(each.token_id, self.engine.vocabulary) and each.length < self.engine.max_length:
            return True
        each.writer.take(each.row)
        self._idle.append(each.writer)
        return False
