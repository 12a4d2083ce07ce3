"""Bar network: sound at the beats -> logits of downbeats."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from osuT5.bars.beat_sound import HALVES, PARTS
from osuT5.bars.config import BarConfig
from osuT5.model.attention import rotation_of
from osuT5.rhythm.features import BANDS
from osuT5.rhythm.layers import BeatLayer
from osuT5.rhythm.pitches import PITCHES

PRIOR_LOGIT = -1.1
"""Initial logit of a downbeat, for bars of four beats."""


class BarNetwork(nn.Module):
    """Network from levels and pitches at the beats to logits of downbeats.

    A convolution reads neighbouring parts of beats. Pitches are read with their change since the half beat before. Both
    become the vector of a beat, and the layers compare all beats of a window.
    """

    def __init__(self, config: BarConfig) -> None:
        super().__init__()
        self.config = config
        part_width, kernel, width = config.part_width, config.kernel, config.width
        self.register_buffer("level_mean", torch.zeros(BANDS))
        self.register_buffer("pitch_mean", torch.zeros(PITCHES))
        self.part_input = nn.Linear(BANDS, part_width)
        self.neighbours = nn.Conv1d(part_width, part_width, kernel, padding=kernel // 2)
        self.level_input = nn.Linear(PARTS * part_width, width)
        self.pitch_hidden = nn.Linear(2 * HALVES * PITCHES, config.pitch_width)
        self.pitch_input = nn.Linear(config.pitch_width, width)
        sizes = (width, config.heads, config.feed_forward, config.dropout)
        self.layers = nn.ModuleList(BeatLayer(*sizes) for _ in range(config.layers))
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, 1)
        nn.init.constant_(self.output.bias, PRIOR_LOGIT)

    def forward(self, levels: Tensor, pitches: Tensor) -> Tensor:
        """Return logits [songs, beats].

        Args:
            levels: float [songs, beats, 12, bands].
            pitches: float [songs, beats, 2, pitches].
        """
        config = self.config
        beats = self._read_levels(levels) + self._read_pitches(pitches)
        positions = torch.arange(beats.shape[1], device=beats.device)
        rotation = rotation_of(positions, config.width // config.heads, config.rotary_theta, beats.dtype)
        for layer in self.layers:
            beats = layer(beats, rotation)
        return self.output(self.norm(beats)).squeeze(-1)

    def _read_levels(self, levels: Tensor) -> Tensor:
        parts = F.relu(self.part_input(levels - self.level_mean)).flatten(1, 2).transpose(1, 2)
        parts = self._drop((parts + F.relu(self.neighbours(parts))).transpose(1, 2))
        return self.level_input(parts.unflatten(1, (-1, PARTS)).flatten(2))

    def _read_pitches(self, pitches: Tensor) -> Tensor:
        halves = (pitches - self.pitch_mean).flatten(1, 2)  # [songs, half beats, pitches]
        changes = halves - F.pad(halves[:, :-1], (0, 0, 1, 0))
        read = torch.cat([each.unflatten(1, (-1, HALVES)).flatten(2) for each in (halves, changes)], dim=-1)
        return self.pitch_input(F.relu(self.pitch_hidden(self._drop(read))))

    def _drop(self, states: Tensor) -> Tensor:
        """Drop channels of whole windows, float [songs, ..., channels]."""
        return F.dropout1d(states.transpose(1, 2), self.config.dropout, self.training).transpose(1, 2)
