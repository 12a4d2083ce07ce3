"""The next interval given the ones before it: a small recurrent network.

Knows nothing of charts.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

SCALED_MS = 250.0
"""Lengths are told as doublings of this."""


@dataclass(frozen=True, slots=True)
class RhythmConfig:
    """Sizes of a network: embeddings, state, and numbers of classes."""

    interval_count: int
    phase_count: int
    beat_count: int
    embedding: int = 24
    width: int = 96
    dropout: float = 0.1


@dataclass(frozen=True, slots=True)
class RhythmInputs:
    """Known facts before each interval, [rows, intervals] each.

    Attributes:
        previous: Class of the interval before, `interval_count` if there is none.
        phases: Position in the beat at which the interval begins.
        beats: Position in the bar.
        lengths_ms: Length of the interval before, 0 if there is none.
        beat_ms: Length of a beat.
    """

    previous: Tensor
    phases: Tensor
    beats: Tensor
    lengths_ms: Tensor
    beat_ms: Tensor

    def to(self, device: torch.device | str) -> RhythmInputs:
        return RhythmInputs(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


class RhythmModel(nn.Module):
    """Inputs -> logits of each interval [rows, intervals, interval_count]."""

    def __init__(self, config: RhythmConfig) -> None:
        super().__init__()
        self.config = config
        d = config.embedding
        self.interval_embedder = nn.Embedding(config.interval_count + 1, d)
        self.phase_embedder = nn.Embedding(config.phase_count, d)
        self.beat_embedder = nn.Embedding(config.beat_count, d)
        self.gru = nn.GRU(3 * d + 2, config.width, batch_first=True)
        self.dropout = nn.Dropout(config.dropout)
        self.out = nn.Linear(config.width, config.interval_count)

    def forward(self, inputs: RhythmInputs) -> Tensor:
        lengths = torch.stack([_doublings(inputs.lengths_ms), _doublings(inputs.beat_ms)], dim=-1)
        embedded = [
            self.interval_embedder(inputs.previous),
            self.phase_embedder(inputs.phases),
            self.beat_embedder(inputs.beats),
            lengths.to(self.out.weight.dtype),
        ]
        states, _ = self.gru(torch.cat(embedded, dim=-1))  # [rows, intervals, width]
        return self.out(self.dropout(states))


def _doublings(lengths_ms: Tensor) -> Tensor:
    """Return the doublings from SCALED_MS to each length; 0 without a length."""
    known = lengths_ms > 0
    return torch.where(known, torch.log2(lengths_ms.clamp(min=1.0) / SCALED_MS), 0.0)
