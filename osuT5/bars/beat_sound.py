"""Sound of a song at its beats: log mel levels and pitches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from osu_beatmap.timing.beat_clock import BeatClock
from osuT5.rhythm.alignment import USUAL_LEAD_MS
from osuT5.rhythm.features import FRAME_MS
from osuT5.rhythm.pitches import PITCH_FRAME_MS

PARTS, HALVES = 12, 2
"""Equal parts of a beat whose levels, and whose pitches, are read."""

LEVEL_READS, PITCH_READS = np.array([0.0, 0.5]), np.array([0.2, 0.5, 0.8])
"""Places in a part of which its sound is the mean."""


@dataclass(frozen=True, slots=True)
class BeatSound:
    """Levels, float16 [beats, 12, bands], and pitches, float16 [beats, 2, pitches]."""

    levels: np.ndarray
    pitches: np.ndarray

    def __len__(self) -> int:
        return len(self.levels)

    def select(self, beats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return levels and pitches of some beats, float32."""
        return self.levels[beats].astype(np.float32), self.pitches[beats].astype(np.float32)

    def shift(self, bands: int, semitones: int) -> BeatSound:
        """Return the sound in another key; the outermost band fills the gap."""
        levels, pitches = (
            each[..., np.clip(np.arange(each.shape[-1]) - by, 0, each.shape[-1] - 1)]
            for each, by in ((self.levels, bands), (self.pitches, semitones))
        )
        return BeatSound(levels, pitches)


def beat_sound(
    features: np.ndarray, pitches: np.ndarray, clock: BeatClock, lead_ms: float = USUAL_LEAD_MS
) -> BeatSound:
    """Return the sound at the beats of a clock.

    Args:
        features: Log mel levels of the song, float [frames, bands].
        pitches: Result of `compute_pitches`, float [frames, pitches].
        clock: Beats of the song.
        lead_ms: Time from a beat to its sound.
    """

    def read(frames: np.ndarray, frame_ms: float, parts: int, reads: np.ndarray) -> np.ndarray:
        offsets = (np.arange(parts)[:, None] + reads).ravel() / parts
        times_ms = clock.beat_ms[:, None] + offsets * clock.beat_length_ms[:, None] + lead_ms
        places = (times_ms / frame_ms).clip(0, len(frames) - 1)
        low = places.astype(np.int64)
        share = (places - low).astype(np.float32)[..., None]
        levels = frames[low] * (1 - share) + frames[np.minimum(low + 1, len(frames) - 1)] * share
        return levels.reshape(len(clock), parts, len(reads), -1).mean(axis=2).astype(np.float16)

    return BeatSound(
        read(np.asarray(features), FRAME_MS, PARTS, LEVEL_READS),
        read(pitches, PITCH_FRAME_MS, HALVES, PITCH_READS),
    )
