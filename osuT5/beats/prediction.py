"""Whole-song prediction of beats."""

from __future__ import annotations

import numpy as np
import torch

from osuT5.audio.mel import window_mel
from osuT5.beats.network import BeatNetwork

FRAMES_AT_ONCE = 16_384


@torch.inference_mode()
def predict_logits(network: BeatNetwork, features: np.ndarray) -> np.ndarray:
    """Return logits of beats and downbeats, float32 [frames, 2].

    Args:
        network: Network in evaluation mode.
        features: Of the song, float [frames, bands].
    """
    stride = network.config.stride
    margin = -(-network.config.reach_frames // stride) * stride
    parts = []
    for first in range(0, len(features), FRAMES_AT_ONCE):
        count = min(FRAMES_AT_ONCE, len(features) - first)
        low, stop = first - margin, first + -(-count // stride) * stride + margin
        window = torch.from_numpy(window_mel(features, low, stop - low)).to(network.feature_mean.device)
        parts.append(network(window[None])[0][margin : margin + count].float().cpu().numpy())
    return np.concatenate(parts)
