"""Rules that forbid tokens in the scores of all rows.

A rule reads the state tensors of the rows (`RowFacts`) and sets forbidden scores to -inf in place. It waits for no
value, so host and device share it. The grammar itself is Python state on the host; a device has its tables
(`compiled_grammar`). Both give the mask of `GrammarMasks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.rules.grammar import GrammarState
from osuT5.tokens.events import ContextKind, EventKind
from osuT5.tokens.vocabulary import Vocabulary

FORBIDDEN = float("-inf")

KINDS_OF_CONTEXT: dict[ContextKind, frozenset[EventKind]] = {
    ContextKind.TIMING: frozenset({EventKind.TIME, EventKind.BEAT, EventKind.MEASURE, EventKind.TIMING_POINT}),
    ContextKind.KIAI: frozenset({EventKind.TIME, EventKind.SNAPPING, EventKind.KIAI}),
    ContextKind.SV: frozenset(
        {EventKind.TIME, EventKind.SNAPPING, EventKind.SCROLL_SPEED, EventKind.SCROLL_SPEED_CHANGE}
    ),
}
_NOT_IN_A_MAP = frozenset(
    {EventKind.BEAT, EventKind.MEASURE, EventKind.TIMING_POINT, EventKind.KIAI, EventKind.SCROLL_SPEED_CHANGE}
)


@dataclass(frozen=True, slots=True)
class RowFacts:
    """State tensors of rows that are decoded together, on one device.

    Attributes:
        context: Index of the row's context in `contexts_of`, int64 [rows].
        first_value: As in `DecodeRow`, like the next three; int64 [rows].
        is_open: Whether an object waits for its end, bool [rows].
        forbidden: Tokens that the context and its grammar forbid, bool [rows, vocabulary out].
    """

    context: Tensor
    first_value: Tensor
    last_value: Tensor
    same_time_groups: Tensor
    groups_at_once: Tensor
    is_open: Tensor
    forbidden: Tensor

    @classmethod
    def of(cls, rows: Sequence[DecodeRow], masks: GrammarMasks) -> RowFacts:
        """Return the facts of rows, on the CPU."""
        numbers = [
            (
                masks.contexts.index(row.context),
                row.first_value,
                row.last_value,
                row.same_time_groups,
                row.groups_at_once,
                row.is_open,
            )
            for row in rows
        ]
        *values, is_open = torch.tensor(numbers).unbind(1)
        forbidden = torch.stack([masks.forbidden_tokens(row.context, row.grammar) for row in rows])
        return cls(*values, is_open.bool(), forbidden)


class LogitRule(Protocol):
    """Rule that forbids tokens."""

    def __call__(self, scores: Tensor, facts: RowFacts) -> None:
        """Forbid tokens in `scores` [rows, vocabulary out] in place."""


class TimeRule:
    """Rule on times.

    Args:
        vocabulary: Of the model.
        device: Of the scores.
    """

    def __init__(self, vocabulary: Vocabulary, device: torch.device | str = "cpu") -> None:
        time_ids = vocabulary.ids_of(EventKind.TIME)
        self.times = slice(time_ids.start, time_ids.stop)
        self.values = torch.arange(len(time_ids), device=device)

    def __call__(self, scores: Tensor, facts: RowFacts) -> None:
        scores[:, self.times].masked_fill_(self.forbidden_times(facts), FORBIDDEN)

    def forbidden_times(self, facts: RowFacts) -> Tensor:
        """Return which times are forbidden, bool [rows, times]."""
        raise NotImplementedError


class TimeRunsForward(TimeRule):
    """Rule that time never runs backward, nor into an earlier window's span.

    An object that began there may still end there.
    """

    def forbidden_times(self, facts: RowFacts) -> Tensor:
        first = torch.maximum(facts.first_value, facts.last_value)
        return self.values < torch.where(facts.is_open, facts.last_value, first)[:, None]


class FewGroupsAtOnce(TimeRule):
    """Rule that only some groups share a time, which prevents endless loops."""

    def forbidden_times(self, facts: RowFacts) -> Tensor:
        is_used_up = facts.same_time_groups >= facts.groups_at_once
        return (self.values == facts.last_value[:, None]) & is_used_up[:, None]


def forbid_by_grammar(scores: Tensor, facts: RowFacts) -> None:
    """Forbid what the context and its grammar do not allow; a `LogitRule`."""
    scores.masked_fill_(facts.forbidden, FORBIDDEN)


def default_rules(vocabulary: Vocabulary, device: torch.device | str = "cpu") -> list[LogitRule]:
    """Return the rules of ordinary generation."""
    return [
        forbid_by_grammar,
        TimeRunsForward(vocabulary, device),
        FewGroupsAtOnce(vocabulary, device),
    ]


def contexts_of(vocabulary: Vocabulary) -> tuple[ContextKind, ...]:
    """Return the contexts of a vocabulary, by default the map alone."""
    return vocabulary.contexts or (ContextKind.MAP,)


class GrammarMasks:
    """Masks of tokens that contexts and grammars forbid.

    Each is bool [vocabulary out], and computed once.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.contexts = contexts_of(vocabulary)
        self._by_context = {context: self._context_mask(context) for context in self.contexts}
        self._masks: dict[tuple, Tensor] = {}

    def forbidden_tokens(self, context: ContextKind, grammar: GrammarState | None) -> Tensor:
        """Return the mask of a state, or else of the context.

        The latter applies without a grammar.
        """
        if grammar is None:
            return self._by_context[context]
        key = (context, grammar.allowed_kinds(), grammar.may_end, grammar.columns())
        if key not in self._masks:
            self._masks[key] = self._by_context[context] | self._grammar_mask(*key)
        return self._masks[key]

    def _context_mask(self, context: ContextKind) -> Tensor:
        elsewhere = _NOT_IN_A_MAP if self.vocabulary.contexts else frozenset()
        every = frozenset(event_range.kind for event_range in self.vocabulary.output_ranges)
        return self._mask(context, KINDS_OF_CONTEXT.get(context, every - elsewhere), may_end=True)

    def _grammar_mask(
        self, context: ContextKind, allowed: frozenset[EventKind], may_end: bool, columns: frozenset[int]
    ) -> Tensor:
        forbidden = self._mask(context, allowed, may_end)
        if EventKind.COLUMN in allowed:
            ids = self.vocabulary.ids_of(EventKind.COLUMN)
            forbidden[ids.start : ids.stop] = True
            forbidden[[ids.start + column for column in columns if column < len(ids)]] = False
        return forbidden

    def _mask(self, context: ContextKind, allowed: frozenset[EventKind], may_end: bool) -> Tensor:
        forbidden = torch.ones(self.vocabulary.size_out, dtype=torch.bool)
        for kind in allowed:
            ids = self.vocabulary.ids_of(kind)
            forbidden[ids.start : ids.stop] = False
        forbidden[self.vocabulary.context_eos(context)] = not may_end
        return forbidden
