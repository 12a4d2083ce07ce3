"""The decode loop: prompts in, tokens out, by rules and sampling, for several rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from osuT5.generation.batching.decoder_batches import Batch, Prompt, begun
from osuT5.generation.device_loop import DeviceLoop, knows
from osuT5.generation.rules.logit_rules import LogitRule, Row, ends_row
from osuT5.generation.sampling.device_choice import Chosen
from osuT5.generation.sampling.sampler import Sampler, next_uniform
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.vocabulary import EOS_ID, Vocabulary


class Choice(Protocol):
    def __call__(self, scores: Tensor, rows: Sequence[Row], active: Sequence[int]) -> Sequence[int]:
        """The next token of each active row, for its scores [active, vocabulary out] on the CPU."""


class RowByRow:
    """Chooses by rules, each row from a generator of its own, so that its tokens do not depend on its neighbours."""

    def __init__(
        self,
        rules: Sequence[LogitRule],
        sampler: Sampler,
        generators: Sequence[torch.Generator],
    ) -> None:
        self.rules = rules
        self.sampler = sampler
        self.generators = generators

    def __call__(self, scores: Tensor, rows: Sequence[Row], active: Sequence[int]) -> list[int]:
        return [self.choose(scores[place], rows[index], self.generators[index]) for place, index in enumerate(active)]

    def choose(self, scores: Tensor, row: Row, generator: torch.Generator) -> int:
        """The next token of one row."""
        uniform = next_uniform(generator)
        for rule in self.rules:
            rule(scores, row)
        if not scores.isfinite().any():
            return EOS_ID  # the rules leave nothing: no time is left for what was begun
        return self.sampler(scores, row, uniform)


@dataclass(frozen=True, slots=True)
class Guidance:
    """Classifier-free guidance: scores move away from those of the negative prompts.

    With `inverted` they move towards them, as in the published program, which takes one prompt for the other.
    """

    scale: float
    inverted: bool = False

    def __call__(self, scores: Tensor, negative: Tensor) -> Tensor:
        wanted, unwanted = (negative, scores) if self.inverted else (scores, negative)
        return unwanted + (wanted - unwanted) * self.scale


class Engine:
    """Writes rows to their end. Knows tokens and windows, but no beatmaps.

    max_length: how many tokens of a row the model may read; all that it can unless given
    guidance: for rows that have a negative prompt
    counts_padding: a row that begins with fewer tokens than another may be continued no longer than that one, as in the
        published program, where padding takes up room
    """

    def __init__(
        self,
        model: MapperModel,
        vocabulary: Vocabulary,
        max_length: int | None = None,
        guidance: Guidance | None = None,
        counts_padding: bool = False,
    ) -> None:
        self.model = model
        self.vocabulary = vocabulary
        self.max_length = max_length or model.config.max_target_positions
        self.guidance = guidance
        self.counts_padding = counts_padding

    @torch.inference_mode()
    def write(
        self,
        rows: list[Row],
        encoder_states: Tensor,
        row_window: Sequence[int],
        mode_ids: Sequence[int],
        choice: Choice,
    ) -> None:
        """Continues each row until it ends, filling `written_ids`, and `end_id` with the token that ended it.

        encoder_states: [windows, positions, d]; row_window: which of them each row listens to; mode_ids: the game mode
        of each row.
        """
        for row in rows:
            self.note_decided(row)
        texts = [row.prompt_ids for row in rows]
        copies = 1 if self.guidance is None else 2  # with guidance, the negative prompts are rows of their own
        texts += [row.negative_ids for row in rows] * (copies - 1)
        prompts = list(map(Prompt, texts, [*row_window] * copies, [*mode_ids] * copies))
        beginnings = [max(map(len, texts[index :: len(rows)])) for index in range(len(rows))]
        padding = [max(beginnings) - own if self.counts_padding else 0 for own in beginnings]
        if self.model.graphed_steps is not None and knows(choice, rows):
            left = [self.max_length - each - more for each, more in zip(beginnings, padding, strict=True)]
            loop = DeviceLoop(self.model, self.vocabulary, self.guidance)
            chosen = loop.write(rows, encoder_states, prompts, left, choice)
            if chosen is not None:
                self._take_over(rows, chosen, choice.generators)
                return
        with begun(self.model, encoder_states, prompts) as batch:
            self._write(rows, batch, copies, padding, choice)

    def _take_over(self, rows: list[Row], chosen: Sequence[Chosen], generators: Sequence[torch.Generator]) -> None:
        """Takes in what a device has chosen, and lets generators go on by as many numbers as tokens took."""
        for row, each, generator in zip(rows, chosen, generators, strict=True):
            torch.rand(len(each.ids), generator=generator, dtype=torch.float64)
            goes_on = [self.continues(row, token_id) for token_id in each.ids]
            assert goes_on == [True] * (len(goes_on) - 1) + [not each.has_ended], "where does the row end?"

    def _write(self, rows: list[Row], batch: Batch, copies: int, padding: list[int], choice: Choice) -> None:
        """padding: how much room of each row is taken up by what is not there"""
        active = list(range(len(rows)))
        while active:
            chosen = choice(self._guided(batch.scores), rows, active)
            lengths = [max(batch.lengths[place :: len(active)]) + padding[row] for place, row in enumerate(active)]
            going = [
                place
                for place, index in enumerate(active)
                if self.continues(rows[index], chosen[place]) and lengths[place] < self.max_length
            ]
            if len(going) < len(active):
                batch.keep([place + copy * len(active) for copy in range(copies) for place in going])
                active = [active[place] for place in going]
            if active:
                batch.step([chosen[place] for place in going] * copies)

    def _guided(self, scores: Tensor) -> Tensor:
        """Scores on the CPU, where random generators are: a seed gives the same map on all devices that score alike."""
        scores = scores.float().cpu()
        return scores if self.guidance is None else self.guidance(*scores.chunk(2))

    def note_decided(self, row: Row) -> None:
        """Takes in what the prompt holds of the row's own context; times of earlier contexts say nothing about it."""
        mark = self.vocabulary.context_sos(row.context)
        if mark not in row.prompt_ids:
            return
        start = len(row.prompt_ids) - row.prompt_ids[::-1].index(mark)
        for token_id in row.prompt_ids[start:]:
            row.note(token_id, self.vocabulary)
        if row.grammar is not None:
            row.grammar.start_writing()

    def continues(self, row: Row, token_id: int) -> bool:
        """Takes in a row's next token; False where that ends the row."""
        if ends_row(token_id, row, self.vocabulary):
            row.end_id = token_id
            return False
        row.note(token_id, self.vocabulary)
        row.written_ids.append(token_id)
        return True
