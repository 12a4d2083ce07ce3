"""Decode loop on a GPU whose steps never await the host.

A step and the choice after it are one graph. The host starts the next graph before it has the last result: the number
of rows that continue arrives a step late. A graph that is started in vain changes nothing. Tokens are those of
`DecodeLoop.write` with the same scores, since each token takes one random number, and these are drawn ahead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from osuT5.generation.batching.decoder_batches import Prompt
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.rules.compiled_grammar import CompiledGrammar, TableFull
from osuT5.generation.sampling.device_choice import Chosen, DeviceChoice
from osuT5.generation.sampling.row_choice import Guidance, RowChoice
from osuT5.model.decoding.static_decoder import Shape
from osuT5.model.decoding.step_graphs import GraphedDecoder, Step, is_out_of_memory
from osuT5.tokens.vocabulary import PAD_ID, Vocabulary

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel

STEPS_LATE = 1
"""Number of steps under way while the host reads the result before them."""


class Looks:
    """Numbers of the device after each step, read `late` steps later."""

    def __init__(self, device: torch.device, late: int) -> None:
        self._late = late
        self._sent = 0
        self._device = device
        self._is_cuda = device.type == "cuda"
        self._seen = torch.zeros(late + 1, 2, dtype=torch.long, pin_memory=self._is_cuda)
        self._events = [torch.cuda.Event() if self._is_cuda else None for _ in range(late + 1)]

    def send(self, state: Tensor) -> None:
        place = self._sent % len(self._events)
        self._seen[place].copy_(state, non_blocking=True)
        if self._is_cuda:
            self._events[place].record(torch.cuda.current_stream(self._device))
        self._sent += 1

    def look(self) -> list[int] | None:
        """Return the result sent `late` times before the last, or None."""
        place = self._sent - 1 - self._late
        if place < 0:
            return None
        if self._is_cuda:
            self._events[place % len(self._events)].synchronize()
        return self._seen[place % len(self._events)].tolist()

    def restart(self) -> None:
        self._sent = 0


@dataclass(frozen=True, slots=True)
class _PromptedRow:
    """Row with its prompts and its maximum number of input tokens."""

    row: DecodeRow
    prompts: Sequence[Prompt]
    room: int


class DeviceLoop:
    """Loop of one model on its device."""

    def __init__(self, model: MapperModel, vocabulary: Vocabulary, guidance: Guidance | None) -> None:
        self._model = model
        self._steps = model.graphed_steps
        self._vocabulary = vocabulary
        self._guidance = guidance

    def write(
        self,
        rows: Sequence[DecodeRow],
        encoder_states: Tensor,
        prompts: Sequence[Prompt],
        left: Sequence[int],
        choice: RowChoice,
    ) -> list[Chosen] | None:
        """Return the tokens of rows, which stay unchanged.

        They are None if the device cannot decode the rows.

        Args:
            prompts: Of the rows; with guidance, followed by the negative ones.
            left: Number of tokens that each row may be fed.
        """
        copies = len(prompts) // len(rows)
        asked = [
            _PromptedRow(row, prompts[place :: len(rows)], room)
            for place, (row, room) in enumerate(zip(rows, left, strict=True))
        ]
        assert copies == (1 if self._guidance is None else 2)
        with self._steps.borrow() as steps:
            try:
                return None if steps.problem is not None else self._decode_parts(asked, encoder_states, choice)
            except TableFull:
                steps.kept[CompiledGrammar].forget()
            except RuntimeError as error:
                steps.give_up(error)
        return None

    def _decode_parts(self, rows: list[_PromptedRow], encoder_states: Tensor, choice: RowChoice) -> list[Chosen]:
        """Decode fewer rows at once if there is no memory for all."""
        most = self._steps.most_rows or len(rows)
        if len(rows) <= most:
            try:
                return self._write(rows, encoder_states, choice)
            except RuntimeError as error:
                if len(rows) == 1 or not is_out_of_memory(error):
                    raise
                most = self._steps.most_rows = (len(rows) + 1) // 2
                self._steps.free()
        parts = [rows[first : first + most] for first in range(0, len(rows), most)]
        return [chosen for part in parts for chosen in self._decode_parts(part, encoder_states, choice)]

    def _write(self, rows: list[_PromptedRow], encoder_states: Tensor, choice: RowChoice) -> list[Chosen]:
        prompts = self._arrange_prompts(rows)
        windows = [prompt.window for prompt in prompts]
        decoder = self._steps.decoder(self._model, Shape.of(windows, encoder_states.shape[1]))
        way = self._way(decoder, choice)
        modes, ids = [prompt.mode_id for prompt in prompts], [prompt.ids for prompt in prompts]
        decoder.begin(self._model, encoder_states, windows, modes, ids)
        rooms = [each.room for each in rows]
        uniforms = [_ahead(each.row.generator, max(each.room, 0) + 1) for each in rows]
        way.begin([each.row for each in rows], rooms, uniforms)
        self._go(decoder, way, max(map(len, ids)))
        return way.results(len(rows))

    def _go(self, decoder: GraphedDecoder, way: DeviceChoice, place: int) -> None:
        """Run until no row continues.

        `place` is that of the longest row's next token.
        """
        looks = Looks(decoder.scores.device, STEPS_LATE)
        self._run(decoder, way, (way, 0), way.choose)
        looks.send(way.state)
        while True:
            seen = looks.look()
            if seen is not None and (seen[0] == 0 or seen[1] > 0):
                if not way.settle():
                    return
                looks.restart()
            length = decoder.length_for(min(place, decoder.max_length - 1))
            self._run(decoder, way, (way, length), partial(_step_and_choose, decoder, way, length))
            looks.send(way.state)
            place += 1

    def _run(self, decoder: GraphedDecoder, way: DeviceChoice, key: tuple, step: Step) -> None:
        if not decoder.has(key):
            with way.pause():
                decoder.capture(key, step)
        decoder.run(key, step)

    def _way(self, decoder: GraphedDecoder, choice: RowChoice) -> DeviceChoice:
        kept = self._steps.kept
        if CompiledGrammar not in kept:
            kept[CompiledGrammar] = CompiledGrammar(self._vocabulary, decoder.scores.device)
        grammar = kept[CompiledGrammar]
        if grammar.is_half_full:
            grammar.forget()
        key = repr(choice.sampler.sampling), repr(self._guidance)
        return decoder.keep(key, lambda: DeviceChoice(decoder, grammar, choice.sampler, self._guidance))

    def _arrange_prompts(self, rows: Sequence[_PromptedRow]) -> list[Prompt]:
        """Return the prompts.

        With guidance they are padded, so that the second half is negative.
        """
        if self._guidance is None:
            return [prompt for each in rows for prompt in each.prompts]
        missing = (1 << (len(rows) - 1).bit_length()) - len(rows)
        nobody = [replace(rows[0].prompts[0], ids=[PAD_ID])] * missing
        halves = zip(*(each.prompts for each in rows), strict=True)
        return [prompt for half in halves for prompt in (*half, *nobody)]


def can_choose(choice: object, rows: Sequence[DecodeRow]) -> bool:
    """Return whether a device can choose the tokens.

    Ratios are counted on the host.
    """
    return isinstance(choice, RowChoice) and not any(row.shares for row in rows)


def _step_and_choose(decoder: GraphedDecoder, way: DeviceChoice, length: int) -> None:
    decoder.step(length)
    way.choose()


def _ahead(generator: torch.Generator, count: int) -> Tensor:
    """Return the next numbers of a generator, without advancing it."""
    other = torch.Generator()
    other.set_state(generator.get_state())
    return torch.rand(count, generator=other, dtype=torch.float64)
