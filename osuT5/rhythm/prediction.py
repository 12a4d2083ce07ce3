"""Whole-song prediction from the middles of overlapping windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from osu_beatmap.beat_clock import TICKS_PER_BEAT
from osuT5.rhythm.axis import SongAxis
from osuT5.rhythm.conditions import RhythmConditions
from osuT5.rhythm.inputs import stack_conditions, stack_windows
from osuT5.rhythm.network import RhythmNetwork

WINDOWS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class RhythmPrediction:
    """Logits of a song on one axis.

    Attributes:
        objects: float32 [charts, steps]; -inf where no tick exists.
        downbeats: float32 [beats].
    """

    objects: np.ndarray
    downbeats: np.ndarray

    def probabilities(self, chart: int) -> np.ndarray:
        """Return the probability of an object at each step, float64 [steps]."""
        return 1.0 / (1.0 + np.exp(-self.objects[chart].astype(np.float64)))

    def most_likely_steps(self, chart: int, count: int) -> np.ndarray:
        """Return the `count` most likely steps in order, int64 [count]."""
        return np.sort(np.argsort(-self.objects[chart], kind="stable")[:count])

    def expected_count(self, chart: int) -> float:
        """Return the expected number of objects."""
        return float(self.probabilities(chart).sum())


@torch.inference_mode()
def predict_rhythm(
    network: RhythmNetwork,
    axis: SongAxis,
    charts: Sequence[RhythmConditions],
    bars_known: bool = True,
    shift_steps: int = 0,
) -> RhythmPrediction:
    """Predict the rhythm of maps from their conditions.

    Args:
        network: Network in evaluation mode.
        axis: Song on its clock; objects of its maps are not used.
        charts: Conditions of each map.
        bars_known: Whether places in the bar are given to the network.
        shift_steps: Steps by which the axis begins late, to try other phases; places in the bar are then not given.
            The prediction is for the shifted beats: its first step is step `shift_steps` of the clock.
    """
    config = network.config
    beats, half = len(axis.clock), config.window_beats // 2
    quarter = config.window_beats // 4
    starts = range(-quarter, beats, half)  # the middle of the first window begins at beat 0
    objects = np.empty((len(charts), len(starts) * half * TICKS_PER_BEAT), np.float32)
    downbeats = np.empty(len(starts) * half, np.float32)
    exists = np.empty(objects.shape[1], bool)
    for first in range(0, len(starts), WINDOWS_AT_ONCE):
        some = starts[first : first + WINDOWS_AT_ONCE]
        windows = [axis.window(start * TICKS_PER_BEAT + shift_steps, config.window_beats) for start in some]
        songs = stack_windows(windows)
        if shift_steps or not bars_known:
            songs = songs.without_bars()
        ticks, vectors = network.encode_songs(songs)
        middle = slice(quarter, quarter + half)
        own = slice(first * half, (first + len(some)) * half)
        own_ticks = slice(own.start * TICKS_PER_BEAT, own.stop * TICKS_PER_BEAT)
        downbeats[own] = network.downbeat_logits(vectors)[:, middle].flatten().numpy()
        exists[own_ticks] = np.concatenate(
            [w.tick_exists[middle.start * TICKS_PER_BEAT : middle.stop * TICKS_PER_BEAT] for w in windows]
        )
        for index, chart in enumerate(charts):
            rows = stack_conditions([chart] * len(some), range(len(some)))
            logits = network.decode_charts(songs, ticks, vectors, rows)
            objects[index, own_ticks] = logits[:, middle].flatten().numpy()
    objects[:, ~exists] = -np.inf
    return RhythmPrediction(objects[:, : beats * TICKS_PER_BEAT], downbeats[:beats])


def nats_per_object(prediction: RhythmPrediction, chart: int, objects: np.ndarray) -> float:
    """Return the cross entropy of all ticks in nats per object.

    Args:
        prediction: Prediction of the map's axis.
        chart: Index of the map in the prediction.
        objects: Steps with an object, int64 [objects].
    """
    logits = prediction.objects[chart].astype(np.float64)
    exists = np.isfinite(logits)
    return float((np.logaddexp(0.0, logits[exists]).sum() - logits[objects].sum()) / max(1, len(objects)))
