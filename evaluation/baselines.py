"""Baselines: two guesses of object times without knowledge of mapping.

A model has to be better than both. Each gets data that a generator lacks: the number of human-made objects and the best
constant shift, or the human-made timing, first and last object and the best divisor.
"""

from __future__ import annotations

import math

import numpy as np

from evaluation.measures.object_metrics import F1Result, best_shift, match_times
from osu_beatmap.timing.active_point import Timing

TICK_DIVISORS = (1, 2, 4)

_FFT_SIZE = 1024
_HOP_SIZE = 128
_BANDS = 64
_LOWEST_HZ, _HIGHEST_HZ = 30.0, 8_000.0
_LOG_GAIN = 100.0
_BLOCK_FRAMES = 4096
_LOCAL_MEAN_FRAMES = 61
_PEAK_REACH_FRAMES = 3


def band_levels(audio: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the levels of spectrogram bands.

    They are (times_ms [frames] of the frames' centres, log levels [frames, bands]). `audio` is float [samples].
    """
    padded = np.pad(np.asarray(audio, np.float32), _FFT_SIZE // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT_SIZE)[::_HOP_SIZE]
    window, bands = np.hanning(_FFT_SIZE).astype(np.float32), _band_matrix(sample_rate)
    levels = np.concatenate(
        [
            np.log1p(_LOG_GAIN * (np.abs(np.fft.rfft(frames[start : start + _BLOCK_FRAMES] * window)) @ bands))
            for start in range(0, len(frames), _BLOCK_FRAMES)
        ]
    )
    return np.arange(len(levels)) * _HOP_SIZE * 1000.0 / sample_rate, levels


def spectral_flux(audio: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the spectral flux of a song: the increase between frames.

    `audio` is float [samples]. Returns (times_ms, flux), float [frames] each; a frame's time is that of its centre.
    """
    times_ms, levels = band_levels(audio, sample_rate)
    # Two frames apart, since the window spans eight hops and blurs an onset over neighbouring frames.
    flux = np.zeros(len(levels))
    flux[2:] = np.maximum(levels[2:] - levels[:-2], 0.0).sum(axis=1)
    return times_ms, flux


def strongest_onsets_ms(audio: np.ndarray, sample_rate: int, count: int) -> np.ndarray:
    """Return the times of the `count` highest peaks of the spectral flux.

    They are over its local mean, in order: float [<= count].
    """
    times_ms, flux = spectral_flux(audio, sample_rate)
    mean = np.convolve(flux, np.full(_LOCAL_MEAN_FRAMES, 1 / _LOCAL_MEAN_FRAMES), mode="same")[: len(flux)]
    around = np.lib.stride_tricks.sliding_window_view(np.pad(flux, _PEAK_REACH_FRAMES), 2 * _PEAK_REACH_FRAMES + 1)
    peaks = np.flatnonzero((flux > 0) & (flux >= around.max(axis=1)))
    strength = (flux - mean)[peaks]
    strongest = peaks[np.argsort(-strength, kind="stable")[:count]]
    return np.sort(times_ms[strongest])


def onset_baseline(reference_ms: np.ndarray, audio: np.ndarray, sample_rate: int) -> tuple[float, F1Result]:
    """Score as many onsets as the human-made map has objects.

    The constant shift is the best one: (shift in ms, result).
    """
    return best_shift(reference_ms, strongest_onsets_ms(audio, sample_rate, len(reference_ms)))


def ticks_ms(timing: Timing, divisor: int, start_ms: float, end_ms: float) -> np.ndarray:
    """Return all ticks of 1/divisor from start to end inclusive.

    They are in order; the first red line also applies before it.
    """
    ticks = []
    for index, red in enumerate(timing.reds):
        from_ms = start_ms if index == 0 else max(start_ms, red.time_ms)
        next_ms = timing.reds[index + 1].time_ms if index + 1 < len(timing.reds) else math.inf
        step_ms = timing.beat_length_at(red.time_ms) / divisor
        first = math.ceil((from_ms - red.time_ms) / step_ms - 1e-6)
        stop = math.floor((min(end_ms, next_ms) - red.time_ms) / step_ms + 1e-6) + 1
        of_line_ms = red.time_ms + np.arange(first, max(first, stop)) * step_ms
        ticks.append(of_line_ms[of_line_ms < next_ms - 1.0])
    return np.concatenate(ticks)


def tick_baseline(reference_ms: np.ndarray, timing: Timing) -> tuple[int, F1Result]:
    """Score all ticks from the first to the last object.

    The divisor is the best one: (divisor, result).
    """
    first_ms, last_ms = float(np.min(reference_ms)), float(np.max(reference_ms))
    results = {
        # A human's times are whole milliseconds, so the outermost ticks may lie just outside.
        divisor: match_times(reference_ms, ticks_ms(timing, divisor, first_ms - 2.0, last_ms + 2.0))
        for divisor in TICK_DIVISORS
    }
    best = max(results, key=lambda divisor: results[divisor].f1)
    return best, results[best]


def _band_matrix(sample_rate: int) -> np.ndarray:
    """Return triangular bands, float32 [fft bins, bands].

    They are evenly spaced on the mel scale (2595 log10(1 + f/700)).
    """
    mel = 2595.0 * np.log10(1.0 + np.array([_LOWEST_HZ, min(_HIGHEST_HZ, sample_rate / 2)]) / 700.0)
    edges_hz = 700.0 * (10.0 ** (np.linspace(mel[0], mel[1], _BANDS + 2) / 2595.0) - 1.0)
    bins_hz = np.fft.rfftfreq(_FFT_SIZE, 1.0 / sample_rate)[:, None]
    low, centre, high = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    rising, falling = (bins_hz - low) / (centre - low), (high - bins_hz) / (high - centre)
    return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
