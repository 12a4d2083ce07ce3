"""Whole-song prediction from the middles of overlapping windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT
from osuT5.rhythm.axis import SongAxis
from osuT5.rhythm.conditions import RhythmConditions
from osuT5.rhythm.inputs import SongInputs, stack_conditions, stack_windows
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
    beats, half = len(axis.clock), network.config.window_beats // 2
    starts = range(-half // 2, beats, half)  # the middle of the first window begins at beat 0
    parts = []
    for first in range(0, len(starts), WINDOWS_AT_ONCE):
        steps = [start * TICKS_PER_BEAT + shift_steps for start in starts[first : first + WINDOWS_AT_ONCE]]
        windows = [axis.window(step, network.config.window_beats) for step in steps]
        songs = stack_windows(windows)
        logits = _predict_windows(network, songs if bars_known and not shift_steps else songs.without_bars(), charts)
        exists = _middles(np.stack([window.tick_exists for window in windows]))
        parts.append((np.where(exists, logits.objects, -np.inf), logits.downbeats))
    objects, downbeats = (np.concatenate(columns, axis=-1) for columns in zip(*parts, strict=True))
    return RhythmPrediction(objects[:, : beats * TICKS_PER_BEAT], downbeats[:beats])


@torch.inference_mode()
def encode_axis(network: RhythmNetwork, axis: SongAxis) -> tuple[np.ndarray, np.ndarray]:
    """Return the sound of a song on its clock, without conditions of maps.

    Returns:
        Sound of each tick, float16 [beats, 24, tick width], and vectors of beats, float16 [beats, width].
    """
    beats, window, half = len(axis.clock), network.config.window_beats, network.config.window_beats // 2
    starts = range(-half // 2, beats, half)
    parts = []
    for first in range(0, len(starts), WINDOWS_AT_ONCE):
        windows = [axis.window(start * TICKS_PER_BEAT, window) for start in starts[first : first + WINDOWS_AT_ONCE]]
        parts.append([_middles(sound.half().numpy()) for sound in network.encode_songs(stack_windows(windows))])
    ticks, vectors = (np.concatenate(columns)[:beats] for columns in zip(*parts, strict=True))
    return ticks, vectors


def _predict_windows(network: RhythmNetwork, songs: SongInputs, charts: Sequence[RhythmConditions]) -> RhythmPrediction:
    """Return the logits of the middles of windows, one after the other."""
    ticks, beats = network.encode_songs(songs)
    objects = []
    for chart in charts:
        rows = stack_conditions([chart] * len(beats), range(len(beats)))
        objects.append(_middles(network.decode_charts(songs, ticks, beats, rows).flatten(1).numpy()))
    downbeats = _middles(network.downbeat_logits(beats).numpy())
    return RhythmPrediction(
        np.array(objects, np.float32).reshape(len(charts), TICKS_PER_BEAT * len(downbeats)), downbeats
    )


def _middles(values: np.ndarray) -> np.ndarray:
    """Return the middle halves of [windows, length, ...] in one row, [windows * length / 2, ...]."""
    quarter = values.shape[1] // 4
    return values[:, quarter : 3 * quarter].reshape(-1, *values.shape[2:])


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
