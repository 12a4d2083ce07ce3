"""Cross entropy and accuracy by token kind and mode.

They are over held-out batches.
"""

from __future__ import annotations

from collections import defaultdict

import torch
from torch import Tensor

from osu_beatmap.beatmap import GameMode
from osuT5.dataset.examples import context_label_kinds
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import EventKind
from osuT5.tokens.vocabulary import IGNORED_LABEL

TIME_TOLERANCE_STEPS = 2


class HeldOutTally:
    """Sums and counts of every metric.

    Those of several processes can be added.
    """

    def __init__(self, contract: Contract) -> None:
        self.kinds = context_label_kinds(contract)
        self.time_ids = contract.vocabulary.ids_of(EventKind.TIME)
        self.sums: dict[str, float] = defaultdict(float)
        self.counts: dict[str, int] = defaultdict(int)

    def add(self, label_logits: Tensor, labels: Tensor, row_mode: Tensor) -> None:
        """Add a batch.

        Args:
            label_logits: [labelled tokens, vocabulary], in reading order of the labels [rows, tokens].
        """
        known = labels != IGNORED_LABEL
        targets = labels[known]
        modes = row_mode[:, None].expand_as(labels)[known]
        losses = torch.nn.functional.cross_entropy(label_logits, targets, reduction="none")
        guesses = label_logits.argmax(-1)
        right = (guesses == targets).float()
        self.count("loss", losses)
        for mode in GameMode:
            self.count(f"loss/{mode.name.lower()}", losses[modes == int(mode)])
        for kind, ids in self.kinds.items():
            of_kind = (targets >= ids.start) & (targets < ids.stop)
            self.count(f"loss/{kind}", losses[of_kind])
            self.count(f"accuracy/{kind}", right[of_kind])
        is_time = (targets >= self.time_ids.start) & (targets < self.time_ids.stop)
        near = ((guesses - targets).abs() <= TIME_TOLERANCE_STEPS).float()
        for mode in GameMode:
            self.count(f"time_within_20ms/{mode.name.lower()}", near[is_time & (modes == int(mode))])
        self.count("time_within_20ms", near[is_time])

    def count(self, name: str, values: Tensor) -> None:
        if values.numel():
            self.sums[name] += float(values.sum())
            self.counts[name] += values.numel()

    def pairs(self) -> dict[str, tuple[float, float]]:
        """Return (sum, count) by metric name."""
        return {name: (self.sums[name], self.counts[name]) for name in self.sums}
