"""Levels of semitones: harmonies change on bar lines."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from osuT5.model.spectrogram import SpectrogramSpec

SAMPLE_RATE = SpectrogramSpec().sample_rate
FFT_SAMPLES, HOP_SAMPLES = 4096, 800
PITCH_FRAME_MS = 1000.0 * HOP_SAMPLES / SAMPLE_RATE
"""Windows of 256 ms distinguish semitones from about 65 Hz on; one every 50 ms."""

LOWEST_NOTE, PITCHES = 28, 72
"""Six octaves from the lowest note of a bass guitar, as MIDI numbers."""

WIDTH_SEMITONES, LEAST_WIDTH_BINS = 0.35, 0.6
"""Standard deviation of a semitone's weights over the spectrum, and its minimum."""

GAIN = 40.0 / FFT_SAMPLES
FRAMES_AT_ONCE = 2000


@torch.inference_mode()
def compute_pitches(samples: np.ndarray) -> np.ndarray:
    """Return log1p(gain x power) of each semitone, float16 [frames, pitches].

    Args:
        samples: float32 [samples] at 16 kHz. Frame f is centred on sample 800 f.
    """
    weights, window = torch.from_numpy(_semitone_weights()), torch.hann_window(FFT_SAMPLES)
    padded = F.pad(torch.from_numpy(samples), (FFT_SAMPLES // 2, FFT_SAMPLES // 2))
    frames = padded.unfold(0, FFT_SAMPLES, HOP_SAMPLES)
    blocks = []
    for block in frames.split(FRAMES_AT_ONCE):
        power = torch.fft.rfft(block * window).abs().square()
        blocks.append(torch.log1p(GAIN * (power @ weights)).half().numpy())
    return np.concatenate(blocks)


def _semitone_weights() -> np.ndarray:
    """Return the weight of each bin for each semitone, float32 [bins, pitches]."""
    notes_hz = 440.0 * 2 ** ((LOWEST_NOTE + np.arange(PITCHES) - 69) / 12)
    bins_hz = np.arange(FFT_SAMPLES // 2 + 1)[:, None] * SAMPLE_RATE / FFT_SAMPLES
    widths_hz = np.maximum(notes_hz * (2 ** (WIDTH_SEMITONES / 12) - 1), LEAST_WIDTH_BINS * SAMPLE_RATE / FFT_SAMPLES)
    weights = np.exp(-0.5 * ((bins_hz - notes_hz) / widths_hz) ** 2)
    return (weights / weights.sum(axis=0)).astype(np.float32)
