"""Choice of each row's next token on the host, with guidance.

Guidance uses negative prompts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.rules.logit_rules import GrammarMasks, RowFacts, default_rules
from osuT5.generation.rules.ratio_targets import TowardsRatioTargets
from osuT5.generation.sampling.sampler import Sampler, next_uniform
from osuT5.tokens.vocabulary import EOS_ID


class Choice(Protocol):
    """Function that chooses the next tokens of a batch."""

    def __call__(self, scores: Tensor, rows: Sequence[DecodeRow], active: Sequence[int]) -> Sequence[int]:
        """Return the next token of each active row.

        Args:
            scores: Of the active rows, on the CPU [active, vocabulary out].
            active: Indices of the rows that continue.
        """


class RowChoice:
    """Choice by the default rules and a sampler.

    A token takes one random number of its row. The host and a device share `draw`, which waits for no value.
    """

    def __init__(self, sampler: Sampler, device: torch.device | str = "cpu") -> None:
        self.sampler = sampler.to(device)
        self.rules = default_rules(sampler.vocabulary, device)
        self._masks = GrammarMasks(sampler.vocabulary)
        self._lean = TowardsRatioTargets(sampler.vocabulary, sampler.sampling.guidance_scale)

    def __call__(self, scores: Tensor, rows: Sequence[DecodeRow], active: Sequence[int]) -> list[int]:
        return self.choose(scores, [rows[index] for index in active])

    def choose(self, scores: Tensor, rows: Sequence[DecodeRow]) -> list[int]:
        """Return the next token of each row; scores [rows, vocabulary out] change."""
        uniforms = torch.tensor([next_uniform(row.generator) for row in rows], dtype=torch.float64)
        return self.draw(scores, self.facts(rows), uniforms, rows).tolist()

    def facts(self, rows: Sequence[DecodeRow]) -> RowFacts:
        """Return the state tensors of rows, on the CPU."""
        return RowFacts.of(rows, self._masks)

    def draw(self, scores: Tensor, facts: RowFacts, uniforms: Tensor, rows: Sequence[DecodeRow] = ()) -> Tensor:
        """Draw a token for each row [rows].

        Args:
            scores: [rows, vocabulary out]; changed in place.
            uniforms: Random numbers in [0, 1), float64 [rows].
            rows: Those whose ratios are counted, on the host alone.
        """
        for rule in self.rules:
            rule(scores, facts)
        for place, row in enumerate(rows):
            self._lean(scores[place], row)
        # Rules that leave nothing end a row: no time is left for what began.
        return torch.where(scores.isfinite().any(1), self.sampler.draw(scores, facts, uniforms), EOS_ID)


@dataclass(frozen=True, slots=True)
class Guidance:
    """Classifier-free guidance: scores move away from the negative prompts.

    With `inverted` they move towards them, as in Mapperatorinator, which takes one prompt for the other.
    """

    scale: float
    inverted: bool = False

    def __call__(self, scores: Tensor, negative: Tensor) -> Tensor:
        wanted, unwanted = (negative, scores) if self.inverted else (scores, negative)
        return unwanted + (wanted - unwanted) * self.scale
