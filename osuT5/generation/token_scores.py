"""Scores of a token by a distribution: kind of event, and value.

A token answers two questions at once: what comes next (a position, another anchor, the end), and with which value. They
are separate here, since they mean different things to a mapper. Indistinguishable values, such as neighbouring steps of
time, count together. All surprisals are in bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from osuT5.encoding.hit_objects.hitsounds import ADDITION_VALUES, BANK_VALUES
from osuT5.generation.rules.logit_rules import FORBIDDEN
from osuT5.tokens.contract import Contract
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import EventKind

LEAST_ENTROPY_BITS = 1.0
"""Surprisals are put in relation to at least this: a model that is sure of a hundred tokens is wrong about one."""

NEAR_PX = 32
REACH_STEPS = 3
"""Neighbouring steps whose chances are those of one sound: the model is not sure of the very step."""

NEAR_VALUES = {EventKind.TIME: REACH_STEPS, EventKind.VOLUME: 5}
"""How far apart values of a kind may be and still count as the same."""


@dataclass(frozen=True, slots=True)
class Surprisal:
    """Surprisal of an answer, and its expectation, both in bits."""

    bits: float
    expected_bits: float

    def __add__(self, other: Surprisal) -> Surprisal:
        """Add the surprisals of two answers, the second given the first."""
        return Surprisal(self.bits + other.bits, self.expected_bits + other.expected_bits)

    def scale(self, share: float) -> Surprisal:
        """Return the surprisal scaled by a weight."""
        return Surprisal(share * self.bits, share * self.expected_bits)

    @property
    def relative(self) -> float:
        """Surprisal over entropy: 1 is what the model expects of itself."""
        return self.bits / max(self.expected_bits, LEAST_ENTROPY_BITS)


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to a token's question: its surprisal, and the most likely answer.

    An answer is a kind or a value.
    """

    surprise: Surprisal
    likeliest: int


@dataclass(slots=True)
class TokenScores:
    """Of tokens in a row, arrays [tokens].

    token          surprise of the very token; `likeliest` is an id
    kinds          chances of the kinds of event, [tokens, kinds] in the order of `TokenScorer.kinds`
    value          of its value given its kind; `likeliest` is an id of that kind
    probabilities  [tokens, vocabulary out]
    """

    token: list[Answer]
    kinds: np.ndarray
    value: list[Answer]
    probabilities: np.ndarray


class TokenScorer:
    """Scores tokens of one vocabulary.

    `kinds` are those of the vocabulary's output ids; None stands for marks: the end of a context above all.
    """

    def __init__(self, contract: Contract) -> None:
        self.vocabulary = vocabulary = contract.vocabulary
        encoding = contract.encoding
        self.kinds = vocabulary.output_kinds
        self._kind_of_id = torch.tensor(vocabulary.output_kind_of_id)
        self._offsets = torch.tensor(contract.score_offsets)
        self._reach = {kind: _reach(kind, encoding) for kind in self.kinds if kind is not None}
        self._position_columns = (encoding.x_high_px - encoding.x_low_px) // encoding.position_cell_px + 1

    @torch.inference_mode()
    def score(self, logits: Tensor, ids: Tensor, first_values: Tensor) -> TokenScores:
        """Score `ids` [n] by logits [n, vocabulary out].

        Times below `first_values` [n] are ruled out.
        """
        times = self.vocabulary.ids_of(EventKind.TIME)
        too_early = torch.arange(len(times), device=logits.device) < first_values[:, None]
        logits = logits.float() + self._offsets.to(logits.device)
        logits[:, times.start : times.stop].masked_fill_(too_early, FORBIDDEN)
        p = logits.softmax(-1)
        kinds = torch.zeros(len(ids), len(self.kinds), device=p.device)
        kinds.index_add_(1, self._kind_of_id.to(p.device), p)
        own_kinds = self._kind_of_id.to(ids.device)[ids]
        return TokenScores(
            token=_answers(p, p, ids),
            kinds=kinds.cpu().numpy(),
            value=self._values(p, ids, own_kinds),
            probabilities=p.cpu().numpy(),
        )

    def _values(self, p: Tensor, ids: Tensor, own_kinds: Tensor) -> list[Answer]:
        sure = Answer(Surprisal(0.0, 0.0), 0)
        answers = [sure] * len(ids)
        for index, kind in enumerate(self.kinds):
            rows = torch.nonzero(own_kinds == index).squeeze(1)
            if kind is None or not len(rows):
                continue
            of_kind = self.vocabulary.ids_of(kind)
            if len(of_kind) == 1:
                continue
            values = p[rows, of_kind.start : of_kind.stop]
            values = values / values.sum(1, keepdim=True).clamp(min=1e-12)
            near = self._add_neighbours(values, kind)
            found = _answers(values, near, ids[rows] - of_kind.start)
            for row, answer in zip(rows.tolist(), found, strict=True):
                answers[row] = Answer(answer.surprise, answer.likeliest + of_kind.start)
        return answers

    def _add_neighbours(self, values: Tensor, kind: EventKind) -> Tensor:
        """Return probabilities of values with their neighbours, [n, values]."""
        reach = self._reach[kind]
        if not reach:
            return values
        size = 2 * reach + 1
        if kind is EventKind.POSITION:
            grid = values.unflatten(1, (-1, self._position_columns))
            return (F.avg_pool2d(grid[:, None], size, 1, reach)[:, 0] * size**2).flatten(1).clamp(max=1.0)
        return (F.avg_pool1d(values[:, None], size, 1, reach)[:, 0] * size).clamp(max=1.0)


def sound_answers(probabilities: np.ndarray, value: int) -> tuple[Answer, Answer]:
    """Return the answers of a hitsound: its additions and its sample sets.

    `probabilities` [values] are those of all hitsounds.
    """
    table = probabilities[: ADDITION_VALUES * BANK_VALUES].reshape(BANK_VALUES, ADDITION_VALUES)
    table = table / max(float(table.sum()), 1e-12)
    banks, additions = divmod(min(value, table.size - 1), ADDITION_VALUES)
    return _answer(table.sum(0), additions), _answer(table.sum(1), banks)


def _answer(p: np.ndarray, actual: int) -> Answer:
    bits = -np.log2(np.maximum(p, 1e-12))
    return Answer(Surprisal(float(bits[actual]), float((p * bits).sum())), int(p.argmax()))


def _answers(p: Tensor, near: Tensor, actual: Tensor) -> list[Answer]:
    """Return the answers by their probabilities.

    Args:
        p: Probabilities of the answers [n, answers].
        near: The same, including equivalent answers.
        actual: Actual answers [n].
    """
    bits = -near.clamp(min=1e-12).log2()
    own = bits.gather(1, actual[:, None]).squeeze(1).tolist()
    expected = (p * bits).sum(1).tolist()
    best = p.argmax(1).tolist()
    return [Answer(Surprisal(*each), likeliest) for *each, likeliest in zip(own, expected, best, strict=True)]


def _reach(kind: EventKind, encoding: EncodingSpec) -> int:
    if kind in (EventKind.POSITION, EventKind.POSITION_X, EventKind.POSITION_Y):
        return math.ceil(NEAR_PX / encoding.position_cell_px)
    if kind is EventKind.DISTANCE:
        return NEAR_PX // 2
    if kind is EventKind.SCROLL_SPEED:
        return 5 // encoding.scroll_speed_step_percent
    return NEAR_VALUES.get(kind, 0)
