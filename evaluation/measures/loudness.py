"""Loudness of a song over time."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from osu_beatmap.profile.song import Loudness
from osuT5.audio.decode import AudioError, load_audio

RATE_HZ = 16_000
FRAME_SAMPLES = 1600
QUIETEST_DB = -60.0


def loudness_of(samples: np.ndarray, rate_hz: int = RATE_HZ) -> Loudness:
    """Return each frame's root mean square in dB of the loudest.

    Samples are float [n].
    """
    frames = np.asarray(samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES], np.float64).reshape(-1, FRAME_SAMPLES)
    power = (frames**2).mean(axis=1)
    loudest = max(float(power.max(initial=0.0)), 1e-12)
    levels_db = np.maximum(QUIETEST_DB, 10 * np.log10(np.maximum(power / loudest, 1e-12)))
    return Loudness((np.arange(len(frames)) + 0.5) * FRAME_SAMPLES * 1000 / rate_hz, levels_db)


@lru_cache(maxsize=8)
def load_loudness(path: Path | None) -> Loudness | None:
    """Return the loudness of an audio file, or None.

    None stands for no or an unreadable file.
    """
    if path is None or not path.is_file():
        return None
    try:
        return loudness_of(load_audio(path, RATE_HZ), RATE_HZ)
    except AudioError:
        return None
