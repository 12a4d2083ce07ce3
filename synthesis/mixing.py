"""Rendering of notes: sounds mixed, ducked by the kick, in a room."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synthesis.composition import Note, SongTruth, compose
from synthesis.instruments import DUCKED, INSTRUMENTS

STUDIO_RATE_HZ = 44_100

_REVERB_S = 0.7
_PEAK = 0.85
_TIMBRES = 4  # drum hits differ a little from one to the next, as noise does


def render_song(
    seed: int,
    bpm: float,
    offset_ms: float,
    duration_s: float,
    sample_rate: int = STUDIO_RATE_HZ,
) -> tuple[np.ndarray, SongTruth]:
    """Compose and play a song.

    Args:
        seed: decides key, harmony, drums, melody and sounds; equal arguments give equal songs.
        bpm: tempo of the first beat, which comes `offset_ms` after the first sample.
        duration_s: length of the audio; the music ends with the last whole bar before it.

    Returns (float32 [samples, 2] with a peak of 0.85, truth).
    """
    truth = compose(seed, bpm, offset_ms, duration_s)
    return play(truth.notes, duration_s, seed, sample_rate), truth


def play(notes: Sequence[Note], duration_s: float, seed: int, sample_rate: int = STUDIO_RATE_HZ) -> np.ndarray:
    """Render notes as float32 [samples, 2] with a peak of 0.85.

    Sound beyond the duration is cut off.
    """
    samples = round(duration_s * sample_rate)
    dry, ducked, reverb = (np.zeros((samples, 2)) for _ in range(3))
    sounds: dict[tuple, np.ndarray] = {}
    rng = np.random.default_rng(seed + 1)
    for index, note in enumerate(notes):
        _, gain, place, reverb_share = INSTRUMENTS[note.instrument]
        sound = _sound(sounds, note, index, sample_rate, rng)
        start = round(note.time_ms * sample_rate / 1000.0)
        length = min(len(sound), samples - start)
        # Half of the strength is loudness, so that weak notes remain audible.
        loud = gain * (0.4 + 0.6 * note.strength) * sound[:length, None]
        stereo = loud * np.array([min(1.0, 1.0 - place), min(1.0, 1.0 + place)])
        (ducked if note.instrument in DUCKED else dry)[start : start + length] += stereo
        reverb[start : start + length] += reverb_share * stereo
    mix = dry + ducked * _duck(notes, samples, sample_rate)[:, None] + _reverberate(reverb, sample_rate, rng)
    mix = np.tanh(1.2 * mix / np.abs(mix).max())
    return (mix * (_PEAK / np.abs(mix).max())).astype(np.float32)


def _sound(sounds: dict, note: Note, index: int, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    """Return the waveform of a note, computed once for equal notes."""
    duration_ms = round(note.duration_ms) if note.pitch else 0  # drums ring as long as they ring
    key = (note.instrument, note.pitch, duration_ms, 0 if note.pitch else index % _TIMBRES)
    if key not in sounds:
        play = INSTRUMENTS[note.instrument][0]
        sounds[key] = play(note.duration_ms / 1000.0, note.pitch, sample_rate, rng)
    return sounds[key]


def _duck(notes: Sequence[Note], samples: int, sample_rate: int) -> np.ndarray:
    """Return a gain [samples] that drops at each kick.

    It recovers within about 200 ms.
    """
    gain = np.ones(samples)
    dip = 1.0 - 0.65 * np.exp(-np.arange(round(0.3 * sample_rate)) / (0.08 * sample_rate))
    for note in notes:
        if note.instrument == "kick":
            start = round(note.time_ms * sample_rate / 1000.0)
            part = gain[start : start + len(dip)]
            np.minimum(part, dip[: len(part)], out=part)
    return gain


def _reverberate(send: np.ndarray, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    """Convolve with decaying noise that starts 15 ms late."""
    t_s = np.arange(round(_REVERB_S * sample_rate)) / sample_rate
    response = rng.normal(size=(len(t_s), 2)) * np.exp(-t_s / 0.16)[:, None]
    response[: round(0.015 * sample_rate)] = 0.0
    response /= np.sqrt(np.square(response).sum(axis=0))
    size = 1 << (len(send) + len(response)).bit_length()
    spectrum = np.fft.rfft(send, size, axis=0) * np.fft.rfft(response, size, axis=0)
    return np.fft.irfft(spectrum, size, axis=0)[: len(send)]
