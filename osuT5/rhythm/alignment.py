"""Constant error between the times of a song's maps and its audio.

Objects usually lead the sound in decoded audio by about 25 ms. Some converted maps were synchronised to another
encoding of the song and are off by up to 100 ms; reading the sound where it is keeps them usable.
"""

from __future__ import annotations

import numpy as np

from osuT5.rhythm.features import FRAME_MS

USUAL_LEAD_MS = 25.0
FLUX_PEAK_MS = 15.0
"""Delay of the strongest spectral flux after an object in a song of the usual lead, in steps of a frame."""

MAX_DELAY_MS = 110.0
USUAL_DELAYS_MS = (-10.0, 50.0)
CLEAR_PEAK = 0.5
"""Height of a peak over the median, as a fraction of the mean flux, from which it is significant."""

CLEAR_RATIO = 2.0
"""Factor by which a peak elsewhere must exceed all peaks at usual delays."""


def measure_lead_ms(features: np.ndarray, times_ms: np.ndarray) -> float:
    """Return the time from objects to their sound, in ms.

    It is USUAL_LEAD_MS unless another lead is clear.

    Args:
        features: Log mel levels, float [frames, bands].
        times_ms: Object times of all maps that share a clock, float [objects].
    """
    delays_ms = np.arange(-MAX_DELAY_MS, MAX_DELAY_MS + 1, FRAME_MS / 2)
    flux = spectral_flux(features)
    frames = (times_ms + delays_ms[:, None]) / FRAME_MS  # [delays, objects]
    strengths = np.interp(frames, np.arange(len(flux)), flux).mean(axis=1)
    heights = (strengths - np.median(strengths)) / max(float(strengths.mean()), 1e-9)
    is_usual = (delays_ms >= USUAL_DELAYS_MS[0]) & (delays_ms <= USUAL_DELAYS_MS[1])
    best = int(heights.argmax())
    if is_usual[best] or heights[best] < max(CLEAR_PEAK, CLEAR_RATIO * heights[is_usual].max()):
        return USUAL_LEAD_MS
    return float(delays_ms[best]) + USUAL_LEAD_MS - FLUX_PEAK_MS


def spectral_flux(features: np.ndarray) -> np.ndarray:
    """Return how much louder the bands become around each frame, float32 [frames]."""
    levels = np.asarray(features, np.float32)
    flux = np.zeros(len(levels), np.float32)
    flux[1:-1] = np.maximum(levels[2:] - levels[:-2], 0.0).sum(axis=1)
    return flux
