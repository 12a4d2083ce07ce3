"""Context templates: inputs and targets of a row, with their weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from osu_beatmap.beatmap import GameMode
from osuT5.dataset.errors import CorpusError
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind

ARROW = "->"


@dataclass(frozen=True, slots=True)
class ContextTemplate:
    """A kind of row.

    Without `written` it writes all of a mode's contexts that are not given.

    A given context that the model writes before the others stands where the model would have written it, as generation
    has it when a user gives the timing; any other stands before the conditions, as an input.
    """

    given: tuple[ContextKind, ...] = ()
    written: tuple[ContextKind, ...] = ()

    def make_plan(self, order: Sequence[ContextKind]) -> ContextPlan:
        """Return the plan for a mode with contexts decoded in `order`."""
        written = tuple(c for c in order if c not in self.given and (not self.written or c in self.written))
        if not written:
            # A template for another mode, such as one for scroll speeds: teach the map as a whole.
            return ContextPlan((), (), tuple(order))
        before = order[: order.index(written[0])]
        in_place = tuple(c for c in before if c in self.given)
        inputs = tuple(c for c in self.given if c not in in_place and c is not ContextKind.NONE)
        return ContextPlan(inputs, in_place, written)


@dataclass(frozen=True, slots=True)
class ContextPlan:
    """Contexts of a row.

    `inputs` come before the conditions. `in_place` contexts are given, and `written` ones learned, one after the other.
    """

    inputs: tuple[ContextKind, ...]
    in_place: tuple[ContextKind, ...]
    written: tuple[ContextKind, ...]


@dataclass(frozen=True)
class ContextMix:
    """Templates with the share of each."""

    templates: tuple[ContextTemplate, ...]
    shares: tuple[float, ...]

    def draw(self, mode: GameMode, contract: Contract, rng: np.random.Generator) -> ContextPlan:
        place = rng.choice(len(self.templates), p=self.shares) if len(self.templates) > 1 else 0
        return self.templates[place].make_plan(contract.contexts_of(mode))

    @property
    def given(self) -> frozenset[ContextKind]:
        """Everything that some template gives."""
        return frozenset(context for template in self.templates for context in template.given)


def context_mix(contexts: Mapping[str, float], contract: Contract) -> ContextMix:
    """Parse the templates of `batch.contexts`.

    An example is {"none": 4, "no_hs, gd -> map": 1}; a weight of 0 disables a template.

    Raises:
        CorpusError: A text is not a template, or the model lacks a context.
    """
    wanted = {text: weight for text, given in contexts.items() if (weight := _weight(text, given))}
    weights = {_template(text, contract): weight for text, weight in wanted.items()} or {ContextTemplate(): 1.0}
    total = sum(weights.values())
    return ContextMix(tuple(weights), tuple(weight / total for weight in weights.values()))


def _weight(text: str, weight: object) -> float:
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < float("inf"):
        raise CorpusError(f"batch.contexts: the weight of {text!r} must be a number from 0 on, got {weight!r}.")
    return float(weight)


def _template(text: str, contract: Contract) -> ContextTemplate:
    given, arrow, written = text.partition(ARROW)
    template = ContextTemplate(_kinds(given, text, contract), _kinds(written, text, contract))
    writable = {context for mode in GameMode for context in contract.contexts_of(mode)}
    for context in template.written:
        if context not in writable:
            raise CorpusError(f"batch.contexts: this model does not generate {context.value}, which {text!r} requests.")
    if (arrow and not template.written) or (not arrow and not template.given):
        raise CorpusError(
            f"batch.contexts: {text!r} is not a template; write it as 'none', 'gd' or 'timing -> map sv'."
        )
    return template


def _kinds(text: str, whole: str, contract: Contract) -> tuple[ContextKind, ...]:
    known = {context.value: context for context in ContextKind}
    names = text.replace(",", " ").split()
    for name in names:
        if name not in known:
            raise CorpusError(f"batch.contexts: {whole!r} names {name}, but contexts are {', '.join(known)}.")
        is_here = known[name] in contract.vocabulary.contexts or known[name] is ContextKind.NONE
        if not is_here and not (known[name] is ContextKind.MAP and not contract.vocabulary.contexts):
            raise CorpusError(f"batch.contexts: this model has no context {name}, which {whole!r} names.")
    return tuple(dict.fromkeys(known[name] for name in names))
