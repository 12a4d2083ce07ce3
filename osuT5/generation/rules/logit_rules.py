"""Rules on what the model may write next: small objects that each forbid some tokens.

A rule sees the scores of one row and what the row has written so far, and sets forbidden scores to -inf in place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import torch
from torch import Tensor

from osuT5.generation.decode_row import DecodeRow
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


class LogitRule(Protocol):
    def __call__(self, scores: Tensor, row: DecodeRow) -> None:
        """Forbids tokens in `scores` [vocabulary out], on the CPU, in place."""


class TimeRunsForward:
    """No time before the last one that was written, and no object where an earlier window has decided.

    What was begun there and left open may still end there.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.time_ids = vocabulary.ids_of(EventKind.TIME)

    def __call__(self, scores: Tensor, row: DecodeRow) -> None:
        first_allowed = row.last_value if row.is_open else max(row.first_value, row.last_value)
        scores[self.time_ids.start : self.time_ids.start + first_allowed] = FORBIDDEN


class FewGroupsAtOnce:
    """A time is used up after some groups, so that no loop of objects on a spot can begin."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.time_ids = vocabulary.ids_of(EventKind.TIME)

    def __call__(self, scores: Tensor, row: DecodeRow) -> None:
        if row.same_time_groups >= row.groups_at_once:
            scores[self.time_ids.start + row.last_value] = FORBIDDEN


class OnlyItsContext:
    """Only tokens that the context can hold, and its own end."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        # Without contexts of their own, beats stand in the map.
        contexts = vocabulary.contexts or (ContextKind.MAP,)
        self.forbidden = {context: self._mask(vocabulary, context) for context in contexts}

    @staticmethod
    def _mask(vocabulary: Vocabulary, context: ContextKind) -> Tensor:
        forbidden = torch.ones(vocabulary.size_out, dtype=torch.bool)
        for event_range in vocabulary.output_ranges:
            allowed = KINDS_OF_CONTEXT.get(context)
            elsewhere = _NOT_IN_A_MAP if vocabulary.contexts else frozenset()
            if (event_range.kind in allowed) if allowed else event_range.kind not in elsewhere:
                ids = vocabulary.ids_of(event_range.kind)
                forbidden[ids.start : ids.stop] = False
        forbidden[vocabulary.context_eos(context)] = False
        return forbidden

    def __call__(self, scores: Tensor, row: DecodeRow) -> None:
        scores.masked_fill_(self.forbidden[row.context], FORBIDDEN)


class WholeGroups:
    """Only what the grammar allows in a map, and only columns that it has."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._masks: dict[tuple, Tensor] = {}

    def __call__(self, scores: Tensor, row: DecodeRow) -> None:
        state = row.grammar
        if state is None:
            return
        key = (row.context, state.allowed(), state.may_end, state.columns())
        if key not in self._masks:
            self._masks[key] = self._forbidden(*key)
        scores.masked_fill_(self._masks[key], FORBIDDEN)

    def _forbidden(
        self, context: ContextKind, allowed: Iterable[EventKind], may_end: bool, columns: Iterable[int]
    ) -> Tensor:
        forbidden = torch.ones(self.vocabulary.size_out, dtype=torch.bool)
        for kind in allowed:
            if kind not in self.vocabulary:
                continue
            ids = self.vocabulary.ids_of(kind)
            forbidden[ids.start : ids.stop] = False
            if kind is EventKind.COLUMN:
                forbidden[ids.start : ids.stop] = True
                forbidden[[ids.start + column for column in columns if column < len(ids)]] = False
        forbidden[self.vocabulary.context_eos(context)] = not may_end
        return forbidden


def default_rules(vocabulary: Vocabulary) -> list[LogitRule]:
    """The rules of ordinary generation."""
    return [
        TimeRunsForward(vocabulary),
        FewGroupsAtOnce(vocabulary),
        OnlyItsContext(vocabulary),
        WholeGroups(vocabulary),
    ]
