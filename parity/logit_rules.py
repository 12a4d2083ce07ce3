"""Rules on scores before sampling, as in the original.

They process whole batches, in its order of tensors.

Every rule is called with ids [rows, length] and scores [rows, vocabulary out] and gives new scores. They do what the
original does, quirks included:

- `ConditionalTemperature` looks at the first row only, and divides the scores of all rows alike.
- `Lookback` remembers the scores of the token before, whichever sequence they belonged to.
- `eos_ids` counts the lookahead in whole steps from the end of the time tokens, so that the window decides a step more
  than `osuT5.tokens.windows` gives it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from osuT5.encoding.groups import ANCHOR_KINDS
from osuT5.generation.rules.logit_rules import FORBIDDEN
from osuT5.generation.sampling.sampler import Temperatures
from osuT5.tokens.events import SUSTAIN_KINDS, TYPE_KINDS, ContextKind, EventKind
from osuT5.tokens.vocabulary import EOS_ID, SOS_ID, Vocabulary

TIME_STEP_MS = 10

BEAT_KINDS = (EventKind.BEAT, EventKind.MEASURE, EventKind.TIMING_POINT)
COLUMN_OWNERS = (EventKind.CIRCLE, EventKind.HOLD_NOTE, EventKind.HOLD_NOTE_END)
COLUMN_DISTANCE = 3
"""A column comes so many tokens after the type of its group."""


def eos_ids(
    vocabulary: Vocabulary, context: ContextKind | None, lookback_ms: float = 0.0, lookahead_ms: float = 0.0
) -> list[int]:
    """Return the ids that end a sequence.

    They are the marks, and the times that other windows decide.
    """
    ids = [EOS_ID]
    if context in vocabulary.contexts:
        ids.append(vocabulary.context_eos(context))
    times = vocabulary.ids_of(EventKind.TIME)
    if lookback_ms > 0:
        ids += times[: int(lookback_ms / TIME_STEP_MS)]
    if lookahead_ms > 0:
        ids += range(times.stop - int(lookahead_ms / TIME_STEP_MS), times.stop)
    return ids


class MonotonicTimes:
    """No time before the last one since the last start mark."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._times = vocabulary.ids_of(EventKind.TIME)
        self._starts = torch.tensor([SOS_ID, *map(vocabulary.context_sos, vocabulary.contexts)])

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        places = torch.arange(ids.shape[1], device=ids.device)
        is_time = (ids >= self._times.start) & (ids < self._times.stop)
        last_time = torch.where(is_time, places, -1).amax(1)  # [rows]
        last_start = torch.where(torch.isin(ids, self._starts.to(ids.device)), places, -1).amax(1)
        value = ids.gather(1, last_time.clamp(min=0)[:, None]) - self._times.start  # [rows, 1]
        all_values = torch.arange(len(self._times), device=ids.device)
        forbidden = (all_values < value) & ((last_time >= 0) & (last_time > last_start))[:, None]
        scores = scores.clone()
        scores[:, self._times.start : self._times.stop].masked_fill_(forbidden, FORBIDDEN)
        return scores


class TimeBias:
    """Adds to the scores of all times."""

    def __init__(self, vocabulary: Vocabulary, bias: float) -> None:
        self._times = vocabulary.ids_of(EventKind.TIME)
        self._bias = bias

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        scores = scores.clone()
        scores[:, self._times.start : self._times.stop] += self._bias
        return scores


class ConditionalTemperature:
    """Rule that divides scores by a temperature of the last tokens.

    The general one applies if types come last.
    """

    def __init__(self, vocabulary: Vocabulary, temperatures: Temperatures, types_first: bool) -> None:
        self._general = temperatures.general
        cases = (
            (temperatures.timing, _starts_of(vocabulary, BEAT_KINDS), 1),
            (temperatures.mania_column, _starts_of(vocabulary, COLUMN_OWNERS), COLUMN_DISTANCE),
            (temperatures.taiko_hit, frozenset(vocabulary.ids_of(EventKind.SCROLL_SPEED)), 1),
        )
        if EventKind.HOLD_NOTE_END not in vocabulary:
            cases = (cases[0], cases[2])
        self._cases = [case for case in cases if types_first and case[0] != temperatures.general and case[1]]

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        last = ids[0, -COLUMN_DISTANCE:].tolist()
        for temperature, tokens, distance in self._cases:
            if len(last) >= distance and last[-distance] in tokens:
                return scores / temperature
        return scores / self._general


class Lookback:
    """Rule that forbids times decided by earlier windows.

    Where types come first, the chance that the model gives to such a time is taken for a chance that the sequence
    should have ended a token earlier; what of it cannot be made up for goes to the first time, which ends the sequence
    as well.
    """

    def __init__(self, vocabulary: Vocabulary, lookback_ms: float, types_first: bool) -> None:
        times = vocabulary.ids_of(EventKind.TIME)
        self._first = times.start
        self._decided = torch.zeros(vocabulary.size_out, dtype=torch.bool)
        self._decided[times.start : times.start + int(lookback_ms / TIME_STEP_MS)] = True
        self._ends = torch.tensor([EOS_ID, *map(vocabulary.context_eos, vocabulary.contexts)])
        timed = TYPE_KINDS - ANCHOR_KINDS - SUSTAIN_KINDS
        self._timed_types = torch.tensor([token for kind in timed for token in vocabulary.ids_of(kind)])
        self._types_first = types_first
        self._last_scores: Tensor | None = None

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        decided = self._decided.to(scores.device)
        if not self._types_first:
            return scores.masked_fill(decided, FORBIDDEN)
        last_scores, self._last_scores = self._last_scores, scores
        if ids.shape[1] == 0 or last_scores is None:
            return scores
        follows_type = torch.isin(ids[:, -1], self._timed_types.to(ids.device))
        if not follows_type.any():
            return scores
        adjusted = self._remove_decided(scores, last_scores, decided)
        return torch.where(follows_type[:, None], adjusted, scores)

    def _remove_decided(self, scores: Tensor, last_scores: Tensor, decided: Tensor) -> Tensor:
        shares = scores.softmax(-1)
        ended = last_scores.softmax(-1)[:, self._ends.to(scores.device)].sum(-1)  # [rows]
        went_on = 1 - ended
        factor = 1 / (shares[:, ~decided].sum(-1) * went_on + ended)
        shares = torch.where(decided, 0.0, shares * factor[:, None])
        shares[:, self._first] = torch.clip((factor - 1) * ended / went_on, 0, 1)
        return shares.log()


def keep_top_k(scores: Tensor, count: int) -> Tensor:
    """Forbid all but the `count` best scores of each row.

    Scores equal to the worst of them stay.
    """
    worst = scores.topk(min(count, scores.shape[-1])).values[..., -1:]
    return scores.masked_fill(scores < worst, FORBIDDEN)


def keep_top_p(scores: Tensor, share: float) -> Tensor:
    """Forbid the least likely tokens of each row.

    Together they have at most 1 - `share`; the best one stays.
    """
    ascending, order = scores.sort(dim=-1)
    out = ascending.softmax(-1).cumsum(-1) <= 1 - share
    out[..., -1:] = False
    return scores.masked_fill(out.scatter(-1, order, out), FORBIDDEN)


def _starts_of(vocabulary: Vocabulary, kinds: tuple[EventKind, ...]) -> frozenset[int]:
    return frozenset(vocabulary.ids_of(kind).start for kind in kinds if kind in vocabulary)
