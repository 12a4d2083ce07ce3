"""The frame heads' view of a whole song, put together from its windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from osuT5.model.seq2seq import MapperModel
from osuT5.spec import ModelSpec
from osuT5.windows import Window


@torch.inference_mode()
def song_activations(
    model: MapperModel, spec: ModelSpec, encoder_states: Tensor, windows: Sequence[Window], song_ms: float
) -> np.ndarray | None:
    """Probabilities [frames, channels] of the song, channels as in the model's frame heads; None without heads.

    Where windows overlap, each counts the more the nearer the frame is to its middle. Frame i stands for the object
    time i * frame_ms - audio_lead_ms.
    """
    if model.frame_heads is None:
        return None
    frames = spec.grid.frames
    lead_in = -windows[0].start_frame
    total = lead_in + int(song_ms / spec.grid.frame_ms) + frames + 1
    channels = len(model.config.frame_heads)
    sums, weights = np.zeros((total, channels)), np.zeros((total, 1))
    middle = (frames - 1) / 2
    weight = (1.0 - np.abs(np.arange(frames) - middle) / (middle + 1))[:, None]
    for window in windows:
        logits = model.frame_logits(encoder_states[window.index][None])[0, :frames].float()
        first = lead_in + window.start_frame
        span = slice(first, first + len(logits))
        sums[span] += weight[: len(logits)] * logits.sigmoid().cpu().numpy()
        weights[span] += weight[: len(logits)]
    song_frames = int(song_ms / spec.grid.frame_ms) + 1
    return (sums / np.maximum(weights, 1e-9))[lead_in : lead_in + song_frames]
