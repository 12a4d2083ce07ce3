"""Onsets of the requested chart, by decoder row instead of window.

The frame heads predict what the charts of a mode share; an easy chart omits most of it.

The frame heads tell what the charts of a mode share; an easy chart leaves out most of it. This head reads the
conditions in a row's prompt (mode, stars, ...) and moves those onsets to what such a chart has. It learns from every
frame of a window at once, where the decoder learns from one object after another, so it is ahead of it for long; the
pointer adds what it finds to the time tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import Tensor, nn

from osuT5.model.frame_heads import split_subframes

if TYPE_CHECKING:
    from osuT5.model.config import ModelConfig

KERNEL_POSITIONS = 9
DILATIONS = (1, 3, 9)
"""One layer each; together they see 52 positions to either side, 1.7 s in `mini`: a few beats."""


class ConditionedLayer(nn.Module):
    """Residual layer: x + MLP(depthwise convolution(norm(x))).

    The conditions scale and shift its hidden units. FiLM, Perez et al. 2018, "Visual reasoning with a general
    conditioning layer".
    """

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        reach = dilation * (KERNEL_POSITIONS // 2)
        self.norm = nn.LayerNorm(width)
        self.conv = nn.Conv1d(width, width, KERNEL_POSITIONS, padding=reach, dilation=dilation, groups=width)
        self.widen = nn.Linear(width, 2 * width)
        self.film = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(2 * width, width)

    def forward(self, x: Tensor, wishes: Tensor) -> Tensor:
        """Transform x [rows, positions, width] by conditions [rows, width]."""
        scale, shift = self.film(wishes)[:, None].chunk(2, dim=-1)  # [rows, 1, 2 width] each
        near = self.conv(self.norm(x).transpose(1, 2)).transpose(1, 2)
        return x + self.narrow(F.gelu(self.widen(near) * (1 + scale) + shift))


class Correction(nn.Linear):
    """Linear layer that starts at zero.

    An untrained head thus predicts what the mode's charts share.
    """


class ChartOnsets(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.chart_onset_dim
        self.subdivisions = config.frame_subdivisions
        self.wish_norm = nn.LayerNorm(config.d_model)
        self.wish = nn.Linear(config.d_model, width)
        self.audio = nn.Linear(config.d_model, width)
        self.layers = nn.ModuleList(ConditionedLayer(width, dilation) for dilation in DILATIONS)
        self.norm = nn.LayerNorm(width)
        self.correction = Correction(width, config.frame_subdivisions)

    def forward(self, states: Tensor, row_window: Tensor, conditions: Tensor, mode_onsets: Tensor) -> Tensor:
        """Return the onset logits of each row [rows, sub-frames].

        states: encoder states [windows, positions, d]; row_window: window of each row [rows]
        conditions: embedded conditions of each row, summed [rows, d]
        mode_onsets: logits of the frame head of each row's mode [rows, sub-frames], which this corrects
        """
        wishes = F.gelu(self.wish(self.wish_norm(conditions)))
        x = self.audio(states).index_select(0, row_window)
        for layer in self.layers:
            x = layer(x, wishes)
        return mode_onsets + split_subframes(self.correction(self.norm(x)), self.subdivisions).squeeze(-1)
