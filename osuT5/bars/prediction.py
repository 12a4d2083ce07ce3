"""Whole-song prediction of downbeats, given the beats."""

from __future__ import annotations

import numpy as np
import torch

from osuT5.bars.beat_sound import BeatSound
from osuT5.bars.network import BarNetwork

WINDOWS_AT_ONCE = 16

SHIFTS = ((0, 0), (1, 3), (-1, -3))
"""Mel bands and semitones by which the copies of a song are shifted, whose mean logits count."""


@torch.inference_mode()
def predict_downbeats(network: BarNetwork, sound: BeatSound) -> np.ndarray:
    """Return the logit of a downbeat at each beat, float64 [beats].

    It is the mean over copies of the song in other keys.

    Args:
        network: Network in evaluation mode.
        sound: Sound at the beats of a song.
    """
    return np.mean([_predict(network, sound.shift(*shift)) for shift in SHIFTS], axis=0)


def _predict(network: BarNetwork, sound: BeatSound) -> np.ndarray:
    """Predict a song in windows that overlap by half.

    A later one decides from its second quarter on.
    """
    size, device = min(len(sound), network.config.window_beats), network.level_mean.device
    starts = np.array([*range(0, len(sound) - size, max(1, size // 2)), len(sound) - size])
    logits = np.zeros(len(sound))
    for some in np.split(starts, range(WINDOWS_AT_ONCE, len(starts), WINDOWS_AT_ONCE)):
        levels, pitches = (torch.from_numpy(each).to(device) for each in sound.select(some[:, None] + np.arange(size)))
        for start, row in zip(some, network(levels, pitches).cpu().numpy(), strict=True):
            own = size // 4 if start else 0
            logits[start + own : start + size] = row[own:]
    return logits
