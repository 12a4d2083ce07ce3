"""Loss of tokens: cross entropy of kind and of value, weighted.

A weight on the whole cross entropy of a label would make its kind too likely: such a loss is least where each
probability is multiplied by its weight. Here every weight stands before a cross entropy of its own, so the loss is
least at the true probabilities, whatever the weights.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from osuT5.tokens.contract import Contract
from osuT5.tokens.events import EventKind

RHYTHM_KINDS = (EventKind.TIME, EventKind.SNAPPING)
POSITION_KINDS = (EventKind.POSITION, EventKind.POSITION_X, EventKind.POSITION_Y, EventKind.DISTANCE)


def value_weights(rhythm_weight: float, position_weight: float) -> dict[EventKind, float]:
    """Return the weight of the value of each kind, by default 1.

    Times matter most. Positions, which have hundreds of near-equal answers, would dominate them.
    """
    return {**dict.fromkeys(RHYTHM_KINDS, rhythm_weight), **dict.fromkeys(POSITION_KINDS, position_weight)}


class TokenLoss:
    """Loss of the labelled tokens of one model.

    Args:
        weights: Of the values of kinds, 1 where not given.
        label_smoothing: Share of each target that is spread over all kinds, and over all values of the kind.
    """

    def __init__(self, contract: Contract, weights: Mapping[EventKind, float], label_smoothing: float = 0.0) -> None:
        kinds, self._sizes = contract.vocabulary.output_kinds, contract.vocabulary.output_kind_sizes
        self._kind_of_id = torch.tensor(contract.vocabulary.output_kind_of_id)
        self._weights = torch.tensor([1.0 if kind is None else weights.get(kind, 1.0) for kind in kinds])
        self._offsets = torch.tensor(contract.score_offsets)
        self._label_smoothing = label_smoothing

    def correct(self, logits: Tensor) -> Tensor:
        """Return logits [n, vocabulary out] in fp32 without earlier label weights.

        Those are from the model's earlier training.
        """
        return logits.float() + self._offsets.to(logits.device)

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Sum the loss of logits [n, vocabulary out] against labels [n].

        It is 0 if there are none.
        """
        logits = self.correct(logits)
        kinds = self._kind_of_id.to(labels.device)[labels]
        weights = self._weights.to(labels.device)[kinds]
        by_kind = logits.split(self._sizes, dim=1)
        kind_logits = torch.stack([part.logsumexp(1) for part in by_kind], 1)  # [n, kinds]
        own_kind = kind_logits.gather(1, kinds[:, None])[:, 0]
        values = own_kind - logits.gather(1, labels[:, None])[:, 0]
        if self._label_smoothing:
            means = torch.stack([part.mean(1) for part in by_kind], 1).gather(1, kinds[:, None])[:, 0]
            values = values + self._label_smoothing * (own_kind - means - values)
        of_kinds = F.cross_entropy(kind_logits, kinds, reduction="none", label_smoothing=self._label_smoothing)
        return (of_kinds + weights * values).sum()
