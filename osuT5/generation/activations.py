"""The frame heads' view of a whole song, put together from windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from osuT5.tokens.contract import Contract
from osuT5.tokens.windows import Window

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel


class SongActivations:
    """Average activations of all windows of a song.

    A window counts more for frames near its middle.

    Frame i stands for the object time i * frame_ms - audio_lead_ms. `mean` is None for a model without frame heads.
    """

    def __init__(self, model: MapperModel, contract: Contract, song_ms: float) -> None:
        self.model = model
        self.frames = contract.grid.frames
        self.song_frames = int(song_ms / contract.grid.frame_ms) + 1
        # Windows may begin before the song and end after it.
        total = self.song_frames + 2 * self.frames
        channels = len(model.config.frame_heads) if model.frame_heads is not None else 0
        self._sums = np.zeros((total, channels))
        self._weights = np.zeros((total, 1))
        middle = (self.frames - 1) / 2
        self._window_weights = (1.0 - np.abs(np.arange(self.frames) - middle) / (middle + 1))[:, None]

    @torch.inference_mode()
    def add(self, encoder_states: Tensor, windows: Sequence[Window]) -> None:
        """Add windows that reach into the song.

        `encoder_states` are [windows, positions, d].
        """
        if self.model.frame_heads is None:
            return
        for states, window in zip(encoder_states, windows, strict=True):
            heard = self.model.frame_logits(states[None])[0, : self.frames].float().sigmoid().cpu().numpy()
            first = self.frames + window.start_frame
            span = slice(first, first + len(heard))
            self._sums[span] += self._window_weights[: len(heard)] * heard
            self._weights[span] += self._window_weights[: len(heard)]

    def mean(self) -> np.ndarray | None:
        """Return the probabilities of the song [frames, channels].

        The channels are those of the model's frame heads.
        """
        if self.model.frame_heads is None:
            return None
        song = slice(self.frames, self.frames + self.song_frames)
        return self._sums[song] / np.maximum(self._weights[song], 1e-9)


def song_activations(
    model: MapperModel, contract: Contract, encoder_states: Tensor, windows: Sequence[Window], song_ms: float
) -> np.ndarray | None:
    """Return a song's probabilities [frames, channels] from windows that cover it once."""
    activations = SongActivations(model, contract, song_ms)
    activations.add(encoder_states, windows)
    return activations.mean()
