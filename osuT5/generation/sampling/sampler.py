"""Sampling of tokens from scores: kinds, then values.

The next token answers two questions. Its kind is drawn first, from the model's own probabilities of the kinds. Its
value is then drawn within the kind, at a temperature and a nucleus of its own. Drawn together, a kind with many values
(positions) would lose to one with few (times) whenever the tail is cut off.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from osu_beatmap.beatmap import GameMode
from osuT5.generation.rules.grammar import is_published
from osuT5.generation.rules.logit_rules import RowFacts, contexts_of
from osuT5.generation.sampling.draws import draw, draw_kind
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind, EventKind


@dataclass(frozen=True)
class Temperatures:
    """Temperatures of all published checkpoints.

    Attributes:
        general: Of all other tokens.
        timing: Of beats.
        taiko_hit: Of hitsounds in taiko.
    """

    general: float
    timing: float = 0.1
    mania_column: float = 0.8
    taiko_hit: float = 0.8


@dataclass(frozen=True)
class Sampling:
    """Options of sampling.

    Attributes:
        temperature: Of values; 0 takes the most likely kind and value everywhere.
        top_p: Only the smallest set of values whose share reaches it takes part.
        top_k: Only so many of the most likely values take part; 0 for all.
        kind_first: Whether the kind of a token is drawn before its value. Published models were tuned without it.
        guidance_scale: Other than 1, scores move away from those of a chart's `negative` attributes.
        context_temperatures: Of kinds and values in a context. Timing is cold: a beat from the tail is a false change
            of tempo.
        kind_temperatures: Of the values of a kind, in contexts without a temperature of their own.
    """

    temperature: float = 0.9
    top_p: float = 0.9
    top_k: int = 0
    kind_first: bool = True
    guidance_scale: float = 1.0
    context_temperatures: dict[ContextKind, float] = field(default_factory=lambda: {ContextKind.TIMING: 0.1})
    kind_temperatures: dict[EventKind, float] = field(
        default_factory=lambda: {EventKind.TIME: 0.2, EventKind.COLUMN: 0.8}
    )


def adapt_sampling(contract: Contract, mode: GameMode, requested: Sampling) -> Sampling:
    """Adapt the requested sampling to a model.

    Cold times, and kinds before values, were measured on the bundled model. A published one is
    sampled as its authors do: all tokens in one draw, times as freely as all else, and where types come first, columns
    and the hits of taiko a little colder.
    """
    if not is_published(contract.encoding):
        return requested
    makers = Temperatures(requested.temperature)
    kinds: dict[EventKind, float] = {}
    if contract.encoding.types_first:
        kinds[EventKind.COLUMN] = makers.mania_column
    if contract.encoding.types_first and mode is GameMode.TAIKO:
        kinds[EventKind.HITSOUND] = makers.taiko_hit
    contexts = {ContextKind.TIMING: makers.timing}
    return replace(requested, kind_first=False, context_temperatures=contexts, kind_temperatures=kinds)


class Sampler:
    """Sampler of tokens for one model, for several rows at once.

    It is on the CPU until `to` is called, and waits for no value.
    """

    def __init__(self, sampling: Sampling, contract: Contract) -> None:
        self.sampling = sampling
        vocabulary = contract.vocabulary
        self.vocabulary = vocabulary
        self._contexts = contexts_of(vocabulary)
        self._kinds = vocabulary.output_kinds
        self._kind_of_id = torch.tensor(vocabulary.output_kind_of_id)
        self._members = torch.eye(len(self._kinds), dtype=torch.float64)[self._kind_of_id]  # [vocabulary out, kinds]
        self._offsets = torch.tensor(contract.score_offsets)
        temperatures = [[self._temperature(kind, context) for kind in self._kinds] for context in self._contexts]
        self._value_temperatures = torch.tensor(temperatures)  # [contexts, kinds]
        self._kind_temperatures = torch.tensor([self._kind_temperature(context) for context in self._contexts])
        self.is_greedy = bool((self._value_temperatures <= 0).all())

    def to(self, device: torch.device) -> Sampler:
        """Return this sampler with its tensors on a device."""
        other = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(other, name, value.to(device))
        return other

    def draw(self, scores: Tensor, facts: RowFacts, uniforms: Tensor) -> Tensor:
        """Draw a token for each row [rows]; any if none is allowed.

        Args:
            scores: [rows, vocabulary out], -inf where forbidden.
            uniforms: Random numbers in [0, 1), float64 [rows].
        """
        scores = scores + self._offsets
        if not self.sampling.kind_first:
            return self._draw_value(scores, facts.context, self._kind_of_id[scores.argmax(1)], uniforms)
        shares = scores.softmax(1).double() @ self._members
        kinds, uniforms = draw_kind(shares, uniforms, self._kind_temperatures[facts.context])
        of_kind = scores.masked_fill(self._kind_of_id != kinds[:, None], -torch.inf)
        return self._draw_value(of_kind, facts.context, kinds, uniforms)

    def _draw_value(self, scores: Tensor, contexts: Tensor, kinds: Tensor, uniforms: Tensor) -> Tensor:
        """Draw a token for each row at the temperature of a kind."""
        best = scores.argmax(1)
        if self.is_greedy:
            return best
        temperatures = self._value_temperatures[contexts, kinds]
        is_drawn = temperatures > 0
        scaled = scores / torch.where(is_drawn, temperatures, 1.0)[:, None]
        return torch.where(is_drawn, draw(scaled, uniforms, self.sampling.top_p, self.sampling.top_k), best)

    def _temperature(self, kind: EventKind | None, context: ContextKind) -> float:
        """Return the temperature of the values of a kind in a context."""
        sampling = self.sampling
        if sampling.temperature <= 0:
            return 0.0
        if context in sampling.context_temperatures:
            return sampling.context_temperatures[context]
        return sampling.kind_temperatures.get(kind, sampling.temperature)

    def _kind_temperature(self, context: ContextKind) -> float:
        is_greedy = self.sampling.temperature <= 0
        return 0.0 if is_greedy else self.sampling.context_temperatures.get(context, 1.0)


def next_uniform(generator: torch.Generator) -> float:
    """Return the random number of a row's next token.

    Each token takes one, so that they can be drawn ahead.
    """
    return float(torch.rand((), generator=generator, dtype=torch.float64))
