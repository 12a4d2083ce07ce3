"""Choosing a token from scores: temperatures, top-k, top-p, and a random generator of one's own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from osu_beatmap.model import GameMode
from osuT5.events import ContextKind, EventKind
from osuT5.generation.draws import draw
from osuT5.generation.grammar import is_published
from osuT5.generation.published_rules import Temperatures
from osuT5.spec import ModelSpec
from osuT5.vocabulary import Vocabulary


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn. A temperature of 0 takes the likeliest token, whatever the other ones are.

    `temperature` holds unless the context or the kind of the likeliest token has one of its own. That of times is low:
    a time drawn from the tail skips all objects before it, and they never come back. A `time_threshold` above 0 chooses
    the times of objects as `time_choice` does. A `guidance_scale` other than 1 draws what a chart is made of away from
    its `negative` attributes.
    """

    temperature: float = 0.9
    top_p: float = 0.9
    top_k: int = 0
    time_threshold: float = 0.35
    guidance_scale: float = 1.0
    context_temperatures: dict[ContextKind, float] = field(default_factory=lambda: {ContextKind.TIMING: 0.1})
    kind_temperatures: dict[EventKind, float] = field(
        default_factory=lambda: {EventKind.TIME: 0.2, EventKind.COLUMN: 0.8}
    )


def sampling_for(spec: ModelSpec, mode: GameMode, asked: Sampling) -> Sampling:
    """What was asked for, in the way that suits a model.

    The cold times and the choice of beginnings were measured on the embedded model. A published one draws as its makers
    have it drawn: times as freely as all else, and where types come first, columns and the hits of taiko a little
    colder. Beats are drawn cold for every model: one from the tail is a false change of tempo.
    """
    if not is_published(spec.encoding):
        return asked
    makers = Temperatures(asked.temperature)
    kinds: dict[EventKind, float] = {}
    if spec.encoding.types_first:
        kinds[EventKind.COLUMN] = makers.mania_column
    if spec.encoding.types_first and mode is GameMode.TAIKO:
        kinds[EventKind.HITSOUND] = makers.taiko_hit
    contexts = {ContextKind.TIMING: makers.timing}
    return replace(asked, time_threshold=0.0, context_temperatures=contexts, kind_temperatures=kinds)


class Sampler:
    """Draws tokens for one vocabulary."""

    def __init__(self, sampling: Sampling, vocabulary: Vocabulary) -> None:
        self.sampling = sampling
        self.vocabulary = vocabulary

    def __call__(self, scores: Tensor, context: ContextKind, uniform: float) -> int:
        """A token for scores [vocabulary out]. Forbidden tokens (-inf) are never drawn.

        uniform: the random number of this token, in [0, 1)
        """
        best = int(scores.argmax())
        temperature = self.temperature_after(best, context)
        if temperature <= 0:
            return best
        uniforms = torch.tensor([uniform], dtype=torch.float64)
        return int(draw(scores[None] / temperature, uniforms, self.sampling.top_p, self.sampling.top_k))

    def temperature_after(self, best_id: int, context: ContextKind) -> float:
        """That of a draw where this token is the likeliest."""
        if self.sampling.temperature <= 0:
            return 0.0
        if context in self.sampling.context_temperatures:
            return self.sampling.context_temperatures[context]
        event = self.vocabulary.decode(best_id)
        own = self.sampling.kind_temperatures.get(event.kind) if event else None
        return self.sampling.temperature if own is None else own


def next_uniform(generator: torch.Generator) -> float:
    """The random number of a row's next token. Each token takes one, drawn or not, so that they can be drawn ahead."""
    return float(torch.rand((), generator=generator, dtype=torch.float64))
