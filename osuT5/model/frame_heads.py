"""Onsets and beats predicted from the encoder, per spectrogram frame.

They are an auxiliary task that trains the encoder on the times of events, and the evidence that the pointer term adds
to the time tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from osuT5.model.config import ModelConfig


class FrameHeads(nn.Module):
    """Encoder states [windows, positions, d] -> logits [windows, sub-frames, channels].

    Sub-frame k is centred at k * `config.ms_per_subframe` of the window's audio; with `mini`'s numbers it is
    spectrogram frame k.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.subdivisions = config.frame_subdivisions
        self.proj = nn.Linear(config.d_model, config.frame_subdivisions * len(config.frame_heads))

    def forward(self, encoder_states: Tensor) -> Tensor:
        return split_subframes(self.proj(encoder_states), self.subdivisions)


def split_subframes(per_position: Tensor, subdivisions: int) -> Tensor:
    """Split positions into sub-frames.

    [windows, positions, subdivisions * n] becomes [windows, positions * subdivisions, n].
    """
    return per_position.unflatten(-1, (subdivisions, -1)).flatten(1, 2)


def frame_loss(
    frame_logits: Tensor,
    targets: Tensor,
    positive_weight: float = 8.0,
    known: Tensor | None = None,
    total_weight: Tensor | None = None,
) -> Tensor:
    """Compute the mean binary cross-entropy of frame logits.

    Positives count `positive_weight` times.

    targets: [windows, sub-frames, channels] in 0..1 (an onset belongs to the sub-frame of its time plus
        `config.audio_lead_ms`)
    known: bool or weights, broadcast to the targets: 0 where the truth is unknown (a song without a mania chart
        says nothing about mania onsets); None: all known
    total_weight: what the sum is divided by where these frames are a part of a larger batch; None: their own number
    """
    targets = targets.to(frame_logits.dtype)
    pos_weight = frame_logits.new_full((1,), positive_weight)
    if known is None:
        return F.binary_cross_entropy_with_logits(frame_logits, targets, pos_weight=pos_weight)
    weight = known.to(frame_logits.dtype).expand_as(frame_logits)
    total = F.binary_cross_entropy_with_logits(frame_logits, targets, weight, reduction="sum", pos_weight=pos_weight)
    return total / (weight.sum() if total_weight is None else total_weight).clamp(min=1)
