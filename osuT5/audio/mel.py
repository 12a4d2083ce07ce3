"""Spectrogram of a song, and windows of it.

The encoder reads them in training and in generation alike.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from osuT5.model.spectrogram import Spectrogram
from osuT5.tokens.contract import Contract

BLOCK_FRAMES = 65_536
"""A spectrum takes 16 times the memory of its samples: beyond this (8.7 minutes) it is made piece by piece."""


@torch.inference_mode()
def song_mel(samples: np.ndarray, contract: Contract, block_frames: int = BLOCK_FRAMES) -> np.ndarray:
    """Return the spectrogram of a song as float16 [frames, mels].

    Samples are float32 [samples] at the model's rate.
    """
    spectrogram = Spectrogram(contract.spectrogram)
    hop = contract.spectrogram.hop_length
    # Samples beyond a block that a frame at its edge depends on.
    margin_frames = math.ceil(contract.spectrogram.n_fft / 2 / hop)
    frame_count = len(samples) // hop + 1
    blocks = []
    for first in range(0, frame_count, block_frames):
        stop = min(frame_count, first + block_frames)
        low = max(0, first - margin_frames)
        block = torch.from_numpy(samples[low * hop : (stop + margin_frames) * hop])
        blocks.append(spectrogram(block[None])[0, first - low : stop - low].to(torch.float16).numpy())
    return np.concatenate(blocks)


def window_mel(mel: np.ndarray, start_frame: int, frames: int, speed: float = 1.0) -> np.ndarray:
    """Return a window of a song's spectrogram, float32 [frames, mels].

    It is silent before and after the song.

    `start_frame` may be negative. With a `speed` other than 1, frames are interpolated at `speed` times their distance:
    the music plays faster at the same pitch.
    """
    window = np.zeros((frames, mel.shape[1]), dtype=np.float32)
    places = start_frame + np.arange(frames) * speed
    inside = (places >= 0) & (places <= len(mel) - 1)
    low = places[inside].astype(np.int64)
    if speed == 1.0:
        window[inside] = mel[low]
        return window
    share = (places[inside] - low)[:, None].astype(np.float32)
    high = np.minimum(low + 1, len(mel) - 1)
    window[inside] = mel[low] * (1 - share) + mel[high] * share
    return window
