"""Choice of the next token of each row on the host, and guidance by negative prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.rules.logit_rules import LogitRule
from osuT5.generation.sampling.sampler import Sampler, next_uniform
from osuT5.tokens.vocabulary import EOS_ID


class Choice(Protocol):
    """Function that chooses the next tokens of a batch."""

    def __call__(self, scores: Tensor, rows: Sequence[DecodeRow], active: Sequence[int]) -> Sequence[int]:
        """Return the next token of each active row, for its scores [active, vocabulary out] on the CPU."""


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

    def __call__(self, scores: Tensor, rows: Sequence[DecodeRow], active: Sequence[int]) -> list[int]:
        return [self.choose(scores[place], rows[index], self.generators[index]) for place, index in enumerate(active)]

    def choose(self, scores: Tensor, row: DecodeRow, generator: torch.Generator) -> int:
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

    With `inverted` they move towards them, as in Mapperatorinator, which takes one prompt for the other.
    """

    scale: float
    inverted: bool = False

    def __call__(self, scores: Tensor, negative: Tensor) -> Tensor:
        wanted, unwanted = (negative, scores) if self.inverted else (scores, negative)
        return unwanted + (wanted - unwanted) * self.scale
