"""Sequences that are being decoded, and the ratios counted on them.

Rules and sampling are outside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from osuT5.generation.rules.grammar import GrammarState
from osuT5.tokens.events import ContextKind, Event, EventKind
from osuT5.tokens.vocabulary import EOS_ID, Vocabulary


class RatioTarget(Protocol):
    """Ratio requested of a chart's objects, for those decoded so far."""

    def read(self, event: Event) -> None:
        """Count an event."""

    def lean(self, scores: Tensor, vocabulary: Vocabulary, strength: float) -> None:
        """Change `scores` [vocabulary out] in place towards the requested ratio.

        The change is `strength` (log odds) for each missing object. Only the odds among the answers to one question
        change, never the probability of the question: more hold notes make no more objects.
        """


@dataclass(slots=True)
class DecodeRow:
    """Sequence being decoded, one of a batch.

    Time values count the steps of its window.

    Attributes:
        prompt_ids: Tokens that the sequence begins with.
        first_value: Time values below it were decided by earlier windows.
        end_value: Time values from it on belong to later windows.
        groups_at_once: Number of groups that may share a time.
        last_value: Last time of the row's own context, in the prompt or decoded.
        same_time_groups: Number of groups at that time.
        written_ids: Tokens decoded so far, without the one that ended the row.
        end_ids: Tokens that end the row; None for the end marks and times from `end_value` on.
        negative_ids: Prompt that guidance leads away from.
        end_id: Token that ended the row.
        shares: Ratios that are counted.
        generator: Source of the row's random numbers, so that its tokens do not depend on its neighbours.
    """

    context: ContextKind
    prompt_ids: list[int]
    first_value: int = 0
    end_value: int = 0
    groups_at_once: int = 1
    last_value: int = 0
    same_time_groups: int = 0
    written_ids: list[int] = field(default_factory=list)
    grammar: GrammarState | None = None
    end_ids: frozenset[int] | None = None
    negative_ids: list[int] = field(default_factory=list)
    end_id: int | None = None
    shares: tuple[RatioTarget, ...] = ()
    generator: torch.Generator | None = None

    @property
    def is_open(self) -> bool:
        """Return whether an object waits for its end."""
        return self.grammar is not None and self.grammar.waiting is not None

    def note_prompt(self, vocabulary: Vocabulary) -> None:
        """Take the prompt's part of the row's own context into account.

        Times of earlier contexts are not its own.
        """
        mark = vocabulary.context_sos(self.context)
        if mark not in self.prompt_ids:
            return
        start = len(self.prompt_ids) - self.prompt_ids[::-1].index(mark)
        for token_id in self.prompt_ids[start:]:
            self.note(token_id, vocabulary)
        if self.grammar is not None:
            self.grammar.start_writing()

    def append(self, token_id: int, vocabulary: Vocabulary) -> bool:
        """Append or end with the next token; return whether the row continues."""
        if self.is_ended_by(token_id, vocabulary):
            self.end_id = token_id
            return False
        self.note(token_id, vocabulary)
        self.written_ids.append(token_id)
        return True

    def is_ended_by(self, token_id: int, vocabulary: Vocabulary) -> bool:
        """Return whether a token ends a row.

        It is an end mark, or the time of a later window.
        """
        if self.end_ids is not None:
            return token_id in self.end_ids
        if token_id in (EOS_ID, vocabulary.context_eos(self.context)):
            return True
        time_ids = vocabulary.ids_of(EventKind.TIME)
        return token_id in time_ids and token_id - time_ids.start >= self.end_value

    def note(self, token_id: int, vocabulary: Vocabulary) -> None:
        """Take a token of the row's context into account, read or decoded."""
        event = vocabulary.decode(token_id)
        if event is None:
            return
        if self.grammar is not None:
            self.grammar.read(event)
        for share in self.shares:
            share.read(event)
        if event.kind is EventKind.TIME:
            self._note_time(event.value)

    def _note_time(self, value: int) -> None:
        self.same_time_groups = self.same_time_groups + 1 if value == self.last_value else 1
        self.last_value = value
