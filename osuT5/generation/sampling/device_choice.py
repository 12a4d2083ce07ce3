"""Choice of tokens on a device, for all rows of a decoder.

It is `RowChoice` with the state of rows in tensors. The position of a row in its grammar comes from the tables of
`compiled_grammar`. All state is in tensors of fixed shapes, so a choice and the step before it are captured as one
graph. A row whose line is not learned yet waits until the host has learned it; a row that has ended does not change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.rules.compiled_grammar import UNKNOWN, CompiledGrammar
from osuT5.generation.rules.logit_rules import RowFacts, contexts_of
from osuT5.generation.sampling.row_choice import Guidance, RowChoice
from osuT5.generation.sampling.sampler import Sampler
from osuT5.model.decoding.static_decoder import StaticDecoder
from osuT5.tokens.events import EventKind
from osuT5.tokens.vocabulary import EOS_ID

FACTS = (
    "line",
    "last_value",
    "same_time_groups",
    "first_value",
    "end_value",
    "groups_at_once",
    "context",
    "end_id",
    "left",
    "count",
    "is_going",
    "is_waiting",
    "has_ended",
)
"""Of each row, whole numbers. line: of its grammar; left: tokens that may still be fed; count: tokens chosen so far;
is_waiting: for its grammar to be learned; has_ended: whether the last token that was chosen ends the row."""


@dataclass(slots=True)
class Chosen:
    """Tokens of a row, the last of which ended it if `has_ended`."""

    ids: list[int]
    has_ended: bool


class DeviceChoice:
    """Chooses tokens of the rows of one decoder.

    rows: of which the decoder has places, or half as many where each has a second one for its negative prompt
    """

    def __init__(
        self,
        decoder: StaticDecoder,
        grammar: CompiledGrammar,
        sampler: Sampler,
        guidance: Guidance | None = None,
    ) -> None:
        vocabulary, device = grammar.vocabulary, decoder.scores.device
        self.rows = decoder.shape.rows // (1 if guidance is None else 2)
        self.room = decoder.max_length + 1
        self.grammar = grammar
        self._scores, self._fed = decoder.scores, decoder.fed  # not the decoder, which keeps this
        self._choice = RowChoice(sampler, device)
        self._guidance = guidance
        self._contexts = contexts_of(vocabulary)
        self._time_ids = vocabulary.ids_of(EventKind.TIME)
        self.facts = torch.zeros(len(FACTS), self.rows, dtype=torch.long, device=device)
        self._fact = dict(zip(FACTS, self.facts, strict=True))
        self.written = torch.zeros(self.rows, self.room, dtype=torch.long, device=device)
        self.uniforms = torch.zeros(self.rows, self.room, dtype=torch.float64, device=device)
        self.state = torch.zeros(2, dtype=torch.long, device=device)
        """How many rows are going, and how many wait for the host."""

    def begin(self, rows: Sequence[DecodeRow], left: Sequence[int], uniforms: Sequence[Tensor]) -> None:
        """Begin with rows that have noted their prompts.

        Args:
            left: Number of tokens that each may be fed.
            uniforms: A random number for each token of each row.
        """
        facts = torch.zeros(self.facts.shape, dtype=torch.long)
        vocabulary = self.grammar.vocabulary
        for place, (row, room) in enumerate(zip(rows, left, strict=True)):
            values = {
                "line": self.grammar.line_of(row.context, row.grammar),
                "last_value": row.last_value,
                "same_time_groups": row.same_time_groups,
                "first_value": row.first_value,
                "end_value": row.end_value,
                "groups_at_once": row.groups_at_once,
                "context": self._contexts.index(row.context),
                "end_id": vocabulary.context_eos(row.context),
                "left": room,
                "is_going": 1,
            }
            facts[:, place] = torch.tensor([values.get(name, 0) for name in FACTS])
        self.grammar.publish()
        self.facts.copy_(facts)
        numbers = torch.zeros(len(rows), max(map(len, uniforms)), dtype=torch.float64)
        for place, own in enumerate(uniforms):
            numbers[place, : len(own)] = own
        self.uniforms[: len(rows), : numbers.shape[1]] = numbers.to(self.uniforms.device)

    @torch.inference_mode()
    def choose(self) -> None:
        """Choose the next token of each active row, and feed it."""
        fact, scores = self._fact, self._scores
        is_going = (fact["is_going"] > 0) & (fact["is_waiting"] == 0)
        scores = scores.clone() if self._guidance is None else self._guidance(*scores.chunk(2))
        uniforms = self.uniforms.gather(1, fact["count"][:, None])[:, 0]
        chosen = self._choice.draw(scores, self._row_facts(), uniforms)
        self._note(chosen, is_going)
        is_fed = is_going & (fact["is_going"] > 0)
        ids, places = self._fed.unflatten(1, (-1, self.rows)).unbind(0)  # [copies, rows] each
        ids.copy_(torch.where(is_fed, chosen, ids))
        places.add_(is_fed)
        waits = (fact["is_going"] > 0) & (fact["is_waiting"] > 0)
        self.state.copy_(torch.stack([fact["is_going"].sum() - waits.sum(), waits.sum()]))

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Pause all rows, so that a choice changes nothing."""
        going = self._fact["is_going"].clone()
        self._fact["is_going"].zero_()
        try:
            yield
        finally:
            self._fact["is_going"].copy_(going)

    def settle(self) -> bool:
        """Learn the lines that rows wait for; return whether any row continues.

        Raises:
            TableFull: No line is left.
        """
        facts = self.facts.cpu()
        fact = dict(zip(FACTS, facts, strict=True))
        waiting = torch.nonzero(fact["is_waiting"] & fact["is_going"]).flatten().tolist()
        for place in waiting:
            last = int(self.written[place, fact["count"][place] - 1])
            fact["line"][place] = self.grammar.next_line(int(fact["line"][place]), last)
            fact["is_waiting"][place] = 0
        if waiting:
            self.grammar.publish()
            self.facts.copy_(facts)
        return bool(fact["is_going"].any())

    def results(self, count: int) -> list[Chosen]:
        """Return the tokens of the first `count` rows."""
        fact = dict(zip(FACTS, self.facts.cpu().tolist(), strict=True))
        written = self.written[:count, : max(fact["count"][:count])].tolist()
        return [
            Chosen(ids[:length], bool(has_ended))
            for ids, length, has_ended in zip(written, fact["count"], fact["has_ended"], strict=False)
        ]

    def _row_facts(self) -> RowFacts:
        fact, line = self._fact, self._fact["line"]
        names = ("context", "first_value", "last_value", "same_time_groups", "groups_at_once")
        forbidden = self.grammar.masks[self.grammar.mask_of[line]]
        return RowFacts(*map(fact.get, names), self.grammar.is_open[line], forbidden)

    def _note(self, chosen: Tensor, is_going: Tensor) -> None:
        """Append as `DecodeRow.append` does, and count the room that is left."""
        fact, grammar = self._fact, self.grammar
        value = chosen - self._time_ids.start
        is_time = (value >= 0) & (value < len(self._time_ids))
        ends = (chosen == EOS_ID) | (chosen == fact["end_id"]) | (is_time & (value >= fact["end_value"]))
        place = fact["count"][:, None]
        self.written.scatter_(1, place, torch.where(is_going[:, None], chosen[:, None], self.written.gather(1, place)))
        fact["count"].add_(is_going)
        is_written = is_going & ~ends
        is_noted = is_written & is_time
        again = torch.where(value == fact["last_value"], fact["same_time_groups"] + 1, 1)
        fact["same_time_groups"].copy_(torch.where(is_noted, again, fact["same_time_groups"]))
        fact["last_value"].copy_(torch.where(is_noted, value, fact["last_value"]))
        line = grammar.following[fact["line"], grammar.class_of[chosen]]
        is_known = line != UNKNOWN
        fact["line"].copy_(torch.where(is_written & is_known, line, fact["line"]))
        fact["is_waiting"].copy_(torch.where(is_written & ~is_known, 1, fact["is_waiting"]))
        fact["has_ended"].add_(is_going & ends)
        goes_on = is_written & (fact["left"] > 0)
        fact["left"].sub_(goes_on.long())
        fact["is_going"].copy_(torch.where(is_going, goes_on.long(), fact["is_going"]))
