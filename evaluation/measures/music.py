"""Sound of a song, for comparing its sections with each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from evaluation.baselines import band_levels
from osuT5.audio.decode import AudioError, load_audio

RATE_HZ = 16_000


@dataclass(frozen=True)
class Music:
    """Levels of spectrogram bands.

    `levels` are [frames, bands] in log units, at `times_ms` [frames].
    """

    times_ms: np.ndarray
    levels: np.ndarray

    def mean_levels(self, edges_ms: np.ndarray) -> np.ndarray:
        """Return mean levels [n, bands] between neighbours of `edges_ms` [n + 1].

        Every span has at least a frame.
        """
        places = np.clip(np.searchsorted(self.times_ms, edges_ms), 0, len(self.times_ms) - 1)
        first, stop = places[:-1], np.maximum(places[1:], places[:-1] + 1)
        return (self._sums[stop] - self._sums[first]) / (stop - first)[:, None]

    @cached_property
    def _sums(self) -> np.ndarray:
        """Sums of all frames before each [frames + 1, bands].

        Every chart of a song needs them.
        """
        return np.concatenate([np.zeros((1, self.levels.shape[1])), np.cumsum(self.levels, axis=0, dtype=np.float64)])


@lru_cache(maxsize=8)
def load_music(path: Path | None) -> Music | None:
    """Load the sound of an audio file, or None.

    None stands for no or an unreadable file.
    """
    if path is None or not path.is_file():
        return None
    try:
        return Music(*band_levels(load_audio(path, RATE_HZ), RATE_HZ))
    except AudioError:
        return None
