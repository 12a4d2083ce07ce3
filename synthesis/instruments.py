"""Instruments by formulas: each function returns one note as float64 [samples].

The onset is at sample 0.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_ATTACK_S = 0.001


def _time_s(duration_s: float, sample_rate: int) -> np.ndarray:
    return np.arange(max(1, round(duration_s * sample_rate))) / sample_rate


def _envelope(t_s: np.ndarray, attack_s: float, decay_s: float, release_s: float) -> np.ndarray:
    """Return linear attack, exponential decay, and linear end without a click."""
    end_s = t_s[-1] + t_s[1] if len(t_s) > 1 else attack_s
    fade = np.clip((end_s - t_s) / release_s, 0.0, 1.0)
    return np.minimum(1.0, (t_s + 1e-9) / attack_s) * np.exp(-t_s / decay_s) * fade


def hertz(pitch: float) -> float:
    """Return the frequency of a MIDI pitch."""
    return 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)


def _harmonics(t_s: np.ndarray, frequency: float, weights: np.ndarray, sample_rate: int) -> np.ndarray:
    """Sum harmonics; those above 0.45 of the rate are omitted."""
    sound = np.zeros_like(t_s)
    for index, weight in enumerate(weights, start=1):
        if index * frequency < 0.45 * sample_rate:
            sound += weight * np.sin(2 * np.pi * index * frequency * t_s)
    return sound


def kick(duration_s: float, pitch: int, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    t_s = _time_s(0.28, sample_rate)
    # A sine that falls from 160 Hz to 48 Hz; the phase is the integral of that frequency.
    phase = 2 * np.pi * (48.0 * t_s + 112.0 * 0.03 * (1 - np.exp(-t_s / 0.03)))
    click = rng.normal(size=len(t_s)) * np.exp(-t_s / 0.003)
    return np.sin(phase + 0.8) * _envelope(t_s, _ATTACK_S, 0.11, 0.05) + 0.25 * click


def snare(duration_s: float, pitch: int, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    t_s = _time_s(0.22, sample_rate)
    tone = np.sin(2 * np.pi * 190 * t_s) * np.exp(-t_s / 0.05) + 0.6 * np.sin(2 * np.pi * 330 * t_s) * np.exp(
        -t_s / 0.03
    )
    noise = np.diff(rng.normal(size=len(t_s) + 1)) * np.exp(-t_s / 0.07)
    return (0.6 * tone + 0.45 * noise) * _envelope(t_s, _ATTACK_S, 1.0, 0.05)


def _cymbal(length_s: float, decay_s: float) -> Callable[..., np.ndarray]:
    def play(duration_s: float, pitch: int, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
        t_s = _time_s(length_s, sample_rate)
        noise = np.diff(rng.normal(size=len(t_s) + 2), n=2)  # twice differentiated: bright
        return 0.25 * noise * _envelope(t_s, _ATTACK_S, decay_s, 0.02)

    return play


def bass(duration_s: float, pitch: int, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    t_s = _time_s(duration_s, sample_rate)
    weights = 0.6 ** np.arange(8)
    return 0.7 * _harmonics(t_s, hertz(pitch), weights, sample_rate) * _envelope(t_s, 0.003, 0.5, 0.02)


def pluck(duration_s: float, pitch: int, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    """Synthesise a bell-like pluck.

    It is frequency modulation with a brightness that dies away.
    """
    t_s = _time_s(max(duration_s, 0.25), sample_rate)
    carrier = 2 * np.pi * hertz(pitch) * t_s
    brightness = 1.6 * np.exp(-t_s / 0.06)
    return np.sin(carrier + brightness * np.sin(2 * carrier)) * _envelope(t_s, 0.002, 0.18, 0.05)


def lead(duration_s: float, pitch: int, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    """Return two detuned sawtooth-like voices with a late vibrato.

    Its width is 8 cents between them.
    """
    t_s = _time_s(duration_s, sample_rate)
    weights = 1.0 / np.arange(1, 13) ** 1.2
    voices = sum(_harmonics(t_s, hertz(pitch + cents / 100), weights, sample_rate) for cents in (-4.0, 4.0))
    return 0.4 * voices * _envelope(t_s, 0.003, 0.7, 0.02)


def pad(duration_s: float, pitch: int, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    t_s = _time_s(duration_s + 0.25, sample_rate)
    weights = 1.0 / np.arange(1, 7) ** 1.6
    voices = sum(_harmonics(t_s, hertz(pitch + cents / 100), weights, sample_rate) for cents in (-5.0, 0.0, 6.0))
    return 0.3 * voices * _envelope(t_s, 0.08, 6.0, 0.25)


# (sound, gain, place from left -1 to right 1, share that goes into the reverb)
INSTRUMENTS: dict[str, tuple[Callable[..., np.ndarray], float, float, float]] = {
    "kick": (kick, 0.80, 0.0, 0.02),
    "snare": (snare, 0.55, 0.0, 0.15),
    "hat": (_cymbal(0.06, 0.018), 0.50, 0.3, 0.02),
    "open hat": (_cymbal(0.18, 0.06), 0.45, 0.3, 0.05),
    "crash": (_cymbal(1.4, 0.45), 0.45, -0.2, 0.2),
    "bass": (bass, 0.38, 0.0, 0.0),
    "pluck": (pluck, 0.20, -0.4, 0.3),
    "lead": (lead, 0.28, 0.1, 0.25),
    "pad": (pad, 0.10, 0.0, 0.2),
}
DUCKED = ("bass", "pad", "pluck")  # made quieter by each kick, as dance music does
