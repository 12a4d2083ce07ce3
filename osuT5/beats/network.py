"""Beat network: dilated convolutions over a song's spectrogram."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from osuT5.beats.config import BeatConfig
from osuT5.rhythm.features import BANDS
from osuT5.rhythm.network import FrameConvolution

OUTPUTS = ("beat", "downbeat")
PRIOR_LOGIT = -3.0


class BeatNetwork(nn.Module):
    """Network from log mel levels to logits of beats and downbeats.

    Two convolutions read the sound of each frame. Dilated layers of 40 ms a step find the period over tens of seconds;
    their output is joined with the frames again, since beats are exact to a few milliseconds.
    """

    def __init__(self, config: BeatConfig) -> None:
        super().__init__()
        self.config = config
        channels, kernel, stride, width = config.channels, config.kernel, config.stride, config.width
        self.register_buffer("feature_mean", torch.zeros(BANDS))
        self.first = FrameConvolution(BANDS, channels, kernel)
        self.second = FrameConvolution(channels, channels, kernel)
        self.shrink = nn.Linear(channels * stride, width)
        self.layers = nn.ModuleList(DilatedLayer(config, dilation) for dilation in config.dilations)
        self.norm = nn.LayerNorm(width)
        self.grow = nn.Linear(width, channels * stride)
        self.last = FrameConvolution(channels, channels, kernel)
        self.output = nn.Linear(channels, len(OUTPUTS))
        nn.init.constant_(self.output.bias, PRIOR_LOGIT)

    def forward(self, features: Tensor) -> Tensor:
        """Return logits [songs, frames, 2] of features [songs, frames, bands].

        The number of frames is a multiple of the stride.
        """
        frames = F.relu(self.first(features - self.feature_mean))
        frames = frames + F.relu(self.second(frames))
        steps = self.shrink(frames.unflatten(1, (-1, self.config.stride)).flatten(2))
        for layer in self.layers:
            steps = layer(steps)
        grown = self.grow(self.norm(steps)).unflatten(2, (self.config.stride, -1)).flatten(1, 2)
        joined = F.relu(frames + grown)
        return self.output(joined + F.relu(self.last(joined)))


class DilatedLayer(nn.Module):
    """Pre-norm dilated convolution over steps, and a linear layer.

    The connection is residual.
    """

    def __init__(self, config: BeatConfig, dilation: int) -> None:
        super().__init__()
        self.dilation, self.kernel, self.dropout = dilation, config.kernel, config.dropout
        self.norm = nn.LayerNorm(config.width)
        self.mix = nn.Linear(config.kernel * config.width, config.width)
        self.output = nn.Linear(config.width, config.width)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, steps: Tensor) -> Tensor:
        """Transform float [songs, steps, width]."""
        count, reach = steps.shape[1], self.kernel // 2 * self.dilation
        padded = F.pad(self.norm(steps), (0, 0, reach, reach))
        taps = [padded[:, tap * self.dilation : tap * self.dilation + count] for tap in range(self.kernel)]
        mixed = self.output(F.gelu(self.mix(torch.cat(taps, dim=-1))))
        if self.training:  # whole channels: single numbers take ten times as long
            mixed = mixed * F.dropout(mixed.new_ones(mixed.shape[0], 1, mixed.shape[2]), self.dropout)
        return steps + mixed
