"""Phase of the beat by the certainty of the rhythm model.

Beats found in audio may be off by half a beat, which makes an easy map miss every object. Of axes that begin 0, 1/4,
1/2 and 3/4 of a beat late, the right one has the least entropy of all ticks for each expected object.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from osu_beatmap.beatmap import GameMode
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT
from osuT5.rhythm.axis import SongAxis
from osuT5.rhythm.conditions import RhythmConditions
from osuT5.rhythm.network import RhythmNetwork
from osuT5.rhythm.prediction import RhythmPrediction, predict_rhythm

QUARTERS = tuple(range(0, TICKS_PER_BEAT, TICKS_PER_BEAT // 4))


PROBES = (
    RhythmConditions(GameMode.STANDARD, 1.5),
    RhythmConditions(GameMode.STANDARD, 2.5),
    RhythmConditions(GameMode.STANDARD, 4.0),
    RhythmConditions(GameMode.TAIKO, 3.0),
    RhythmConditions(GameMode.MANIA, 2.5, 4),
)
"""Conditions under which each axis is scored."""


def axis_entropies(
    network: RhythmNetwork,
    axis: SongAxis,
    shifts: Sequence[int] = QUARTERS,
    probes: Sequence[RhythmConditions] = PROBES,
) -> np.ndarray:
    """Return the entropies of a shifted axis, float64 [shifts, probes]."""
    predictions = [predict_rhythm(network, axis, probes, bars_known=False, shift_steps=shift) for shift in shifts]
    return np.array([[entropy_per_object(each, probe) for probe in range(len(probes))] for each in predictions])


def most_likely_shift(network: RhythmNetwork, axis: SongAxis, shifts: Sequence[int] = QUARTERS) -> int:
    """Return the shift in steps of the most likely phase."""
    # A logarithm, so that a sparse probe with many nats per object counts no more than a dense one.
    return shifts[int(np.log(axis_entropies(network, axis, shifts)).mean(axis=1).argmin())]


def entropy_per_object(prediction: RhythmPrediction, chart: int) -> float:
    """Return the entropy of all ticks in nats per expected object."""
    logits = prediction.objects[chart].astype(np.float64)
    logits = logits[np.isfinite(logits)]
    probabilities = 1.0 / (1.0 + np.exp(-logits))
    entropy = np.logaddexp(0.0, logits) - probabilities * logits
    return float(entropy.sum() / max(probabilities.sum(), 1e-9))
