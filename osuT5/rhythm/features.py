"""Features of a song: cached log mel levels, and onset strength."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from osuT5.audio.decode import load_audio
from osuT5.audio.onset_strength import attack_strengths
from osuT5.model.spectrogram import Spectrogram, SpectrogramSpec
from osuT5.rhythm.pitches import compute_pitches

if TYPE_CHECKING:
    from osuT5.dataset.files.sources import Song

FEATURE_SPEC = SpectrogramSpec(hop_length=160)
"""Spectrogram of the rhythm model: 64 HTK mel bands, one frame every 10 ms."""

FRAME_MS = FEATURE_SPEC.ms_per_frame
BANDS = FEATURE_SPEC.n_mels

_BLOCK_FRAMES = 30_000
_MARGIN_FRAMES = 4  # a frame covers 512 samples on either side, 3.2 hops


@torch.inference_mode()
def compute_features(samples: np.ndarray) -> np.ndarray:
    """Return log1p(100 x power) of a song as float16 [frames, bands].

    Args:
        samples: float32 [samples] at 16 kHz. Frame f is centred on sample 160 f.
    """
    spectrogram = Spectrogram(FEATURE_SPEC)
    hop = FEATURE_SPEC.hop_length
    frame_count = len(samples) // hop + 1
    blocks = []
    for first in range(0, frame_count, _BLOCK_FRAMES):
        stop = min(frame_count, first + _BLOCK_FRAMES)
        low = max(0, first - _MARGIN_FRAMES)
        block = torch.from_numpy(samples[low * hop : (stop + _MARGIN_FRAMES) * hop])
        blocks.append(spectrogram(block[None])[0, first - low : stop - low].to(torch.float16).numpy())
    return np.concatenate(blocks)


class SongAudio:
    """A song, with features that are computed when they are first used.

    Args:
        samples: float32 [samples], mono.
        sample_rate: The features of the rhythm model need 16 kHz.
    """

    def __init__(self, samples: np.ndarray, sample_rate: int = FEATURE_SPEC.sample_rate) -> None:
        self.samples, self.sample_rate = samples, sample_rate

    @classmethod
    def load(cls, path: Path) -> SongAudio:
        """Decode a song.

        Raises:
            AudioError: It cannot be read.
        """
        return cls(load_audio(path, FEATURE_SPEC.sample_rate))

    @property
    def song_ms(self) -> float:
        return 1000.0 * len(self.samples) / self.sample_rate

    @cached_property
    def attack_strengths(self) -> np.ndarray:
        """Onset strength, float32 [milliseconds]."""
        return attack_strengths(self.samples, self.sample_rate)

    @cached_property
    def rhythm_features(self) -> np.ndarray:
        """Features of the song for the rhythm model, float16 [frames, bands]."""
        return compute_features(self.samples)

    @cached_property
    def pitches(self) -> np.ndarray:
        """Levels of semitones for the bar model, float16 [frames, pitches]."""
        return compute_pitches(self.samples)


def load_features(song: Song, cache_file: Path) -> np.ndarray:
    """Return the features of a song, float16 [frames, bands].

    They are memory-mapped from the cache file, which is written if it does not exist.

    Raises:
        AudioError, OSError: The song cannot be read.
    """
    return _load_cached(song, cache_file, compute_features)


def load_pitches(song: Song, cache_file: Path) -> np.ndarray:
    """Return the pitches of a song, float16 [frames, pitches], as `load_features` does."""
    return _load_cached(song, cache_file, compute_pitches)


def _load_cached(song: Song, cache_file: Path, compute: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    if not cache_file.is_file():
        with song.audio_file() as audio_path:
            values = compute(load_audio(audio_path, FEATURE_SPEC.sample_rate))
        cache_file.parent.mkdir(parents=True, exist_ok=True)
        temporary = cache_file.with_name(f"{cache_file.stem}.{os.getpid()}.tmp.npy")
        np.save(temporary, values)
        os.replace(temporary, cache_file)
    return np.load(cache_file, mmap_mode="r")
