"""Cross entropy of the fields and columns of objects, in nats."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from osuT5.objects.batches import ObjectBatch
from osuT5.objects.model.network import ObjectNetwork
from osuT5.objects.tokens.fields import CHAIN, NONE

COLUMNS, HOLD_DURATIONS = "columns", "hold_durations"
"""Names of the parts of a mania row in reports; the other parts are named like fields."""


def nats_by_part(network: ObjectNetwork, batch: ObjectBatch) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Yield each part's name, its nats [n], and their rows [n]."""
    beats, conditions = network.encode(batch.beats)
    states = network.decode(beats, conditions, batch.objects, batch.fields_before, batch.columns_before)
    rows = torch.arange(len(states), device=states.device)[:, None].expand(states.shape[:2])
    yield from _of_columns(network, batch, states, rows)
    for field in CHAIN:
        values = batch.fields[..., field]
        is_known = values != NONE
        if is_known.any():
            logits = network.fields(states[is_known], field).float()
            yield field.name.lower(), F.cross_entropy(logits, values[is_known], reduction="none"), rows[is_known]
        states = network.fields.with_field(states, field, values)


def _of_columns(
    network: ObjectNetwork, batch: ObjectBatch, states: Tensor, rows: Tensor
) -> Iterator[tuple[str, Tensor, Tensor]]:
    for keys in sorted(set(batch.keys.tolist()) - {0}):
        chosen = batch.keys == keys
        logits, durations = network.columns(states[chosen], batch.known_columns[chosen], keys)
        for name, scores, targets in (
            (COLUMNS, logits, batch.columns[chosen][..., :keys]),
            (HOLD_DURATIONS, durations, batch.hold_durations[chosen][..., :keys]),
        ):
            is_known = targets != NONE
            if is_known.any():
                nats = F.cross_entropy(scores[is_known].float(), targets[is_known], reduction="none")
                yield name, nats, rows[chosen].unsqueeze(-1).expand(targets.shape)[is_known]
