"""Sampling of tokens as in the original: a batch at a time.

It uses the original's rules and one generator. The random numbers are those of transformers' sampling. A batch takes as
many as it has rows, also for rows that have ended, and the numbers go to the tokens in the order of their ids. A seed
therefore gives the original's tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from osuT5.generation.decode_row import DecodeRow
from osuT5.tokens.vocabulary import PAD_ID, Vocabulary
from parity.logit_rules import (
    ConditionalTemperature,
    Lookback,
    MonotonicTimes,
    Temperatures,
    TimeBias,
    keep_top_k,
    keep_top_p,
)

BatchRule = Callable[[Tensor, Tensor], Tensor]
"""Ids [rows, length] and scores [rows, vocabulary out] -> new scores."""


@dataclass(frozen=True, slots=True)
class OriginalSampling:
    """The published program's options.

    Without `draws` the likeliest token is taken; a `top_k` of 0 keeps all.
    """

    temperatures: Temperatures
    draws: bool = True
    top_p: float = 0.9
    top_k: int = 0
    time_bias: float = 0.0


def published_rules(
    vocabulary: Vocabulary, types_first: bool, sampling: OriginalSampling, lookback_ms: float
) -> list[BatchRule]:
    """Return the rules for one batch of windows, in order."""
    rules: list[BatchRule] = [MonotonicTimes(vocabulary)]
    if sampling.time_bias:
        rules.append(TimeBias(vocabulary, sampling.time_bias))
    rules.append(ConditionalTemperature(vocabulary, sampling.temperatures, types_first))
    if lookback_ms > 0:
        rules.append(Lookback(vocabulary, lookback_ms, types_first))
    return rules


class OriginalChoice:
    """Choice of the tokens of one batch, from first to last.

    Rules have state, so each batch needs its own.
    """

    def __init__(self, rules: Sequence[BatchRule], sampling: OriginalSampling, generator: torch.Generator) -> None:
        self.rules = rules
        self.sampling = sampling
        self.generator = generator

    def __call__(self, scores: Tensor, rows: Sequence[DecodeRow], active: Sequence[int]) -> list[int]:
        everyone = scores.new_zeros(len(rows), scores.shape[1])  # rows that have ended take part in the draw
        everyone[list(active)] = scores
        ids = _collect_tokens(rows)
        for rule in self.rules:
            everyone = rule(ids, everyone)
        chosen = self._draw(everyone) if self.sampling.draws else everyone.argmax(-1)
        return chosen[list(active)].tolist()

    def _draw(self, scores: Tensor) -> Tensor:
        if self.sampling.top_k:
            scores = keep_top_k(scores, self.sampling.top_k)
        if self.sampling.top_p < 1:
            scores = keep_top_p(scores, self.sampling.top_p)
        return torch.multinomial(scores.softmax(-1), 1, generator=self.generator)[:, 0]


def _collect_tokens(rows: Sequence[DecodeRow]) -> Tensor:
    """Return all tokens read and generated [rows, length].

    Prompts are padded on the left, rows that have ended on the right.
    """
    read = max(len(row.prompt_ids) for row in rows)
    written = [row.written_ids if row.end_id is None else [*row.written_ids, row.end_id] for row in rows]
    steps = max(map(len, written))
    return torch.tensor(
        [
            [PAD_ID] * (read - len(row.prompt_ids)) + row.prompt_ids + own + [PAD_ID] * (steps - len(own))
            for row, own in zip(rows, written, strict=True)
        ]
    )
