"""Onset strength of each millisecond of a song.

It is finer than a spectrogram.
"""

from __future__ import annotations

import numpy as np

STEP_MS = 1.0

_WINDOW_S = 0.008
_LAG_STEPS = 2
_POWER_EXPONENT = 0.25
_BLOCK_STEPS = 60_000


def attack_strengths(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the onset strength of a song, float32 [milliseconds].

    It is the increase of loudness of all bands together from just before to just after each time. `samples` are float32
    [samples], mono. Spectral flux (Dixon, "Onset detection revisited", 2006) of windows of 8 ms. The fourth root of the
    power is a compromise between power, which the loudest band dominates, and its logarithm, with which the time of an
    onset depends on the loudness before it.
    """
    hop, size = round(sample_rate * STEP_MS / 1000), round(sample_rate * _WINDOW_S)
    steps = len(samples) // hop + 1
    margin = size // 2 + _LAG_STEPS * hop
    padded = np.pad(np.asarray(samples, np.float32), (margin, margin + hop))
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    strengths = np.zeros(steps, np.float32)
    for first in range(0, steps, _BLOCK_STEPS):
        count = min(_BLOCK_STEPS, steps - first)
        block = padded[first * hop : (first + count - 1 + 2 * _LAG_STEPS) * hop + size]
        frames = np.lib.stride_tricks.sliding_window_view(block, size)[::hop]
        loudness = np.abs(np.fft.rfft(frames * window, axis=1)).astype(np.float32) ** (2 * _POWER_EXPONENT)
        rise = loudness[2 * _LAG_STEPS :] - loudness[: -2 * _LAG_STEPS]
        strengths[first : first + count] = np.maximum(0.0, rise).sum(axis=1)
    return strengths
