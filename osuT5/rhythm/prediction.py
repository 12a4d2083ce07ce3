"""Whole-song prediction from the middles of overlapping windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT
from osuT5.rhythm.axis import SongAxis
from osuT5.rhythm.conditions import RhythmConditions
from osuT5.rhythm.drawing import expected_count, probabilities_of
from osuT5.rhythm.inputs import SongInputs, stack_conditions, stack_windows
from osuT5.rhythm.network import RhythmNetwork
from training.devices import move_batch

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
        return probabilities_of(self.objects[chart])

    def most_likely_steps(self, chart: int, count: int) -> np.ndarray:
        """Return the `count` most likely steps in order, int64 [count]."""
        return np.sort(np.argsort(-self.objects[chart], kind="stable")[:count])

    def expected_count(self, chart: int) -> float:
        """Return the expected number of objects."""
        return expected_count(self.objects[chart])


class SongEncoding:
    """Sound of a song on its clock, encoded once for all maps.

    Args:
        network: Network in evaluation mode.
        axis: Song on its clock; objects of its maps are not used.
        shift_steps: Steps by which the axis begins late, to try other phases; places in the bar are then not given.
    """

    @torch.inference_mode()
    def __init__(self, network: RhythmNetwork, axis: SongAxis, shift_steps: int = 0) -> None:
        self.network, self.clock, self.shift_steps = network, axis.clock, shift_steps
        beats, window_beats = len(axis.clock), network.config.window_beats
        device = network.feature_mean.device
        starts = range(-window_beats // 4, beats, window_beats // 2)  # the middle of the first begins at beat 0
        self._parts: list[tuple[SongInputs, np.ndarray, Tensor, Tensor]] = []
        for first in range(0, len(starts), WINDOWS_AT_ONCE):
            steps = [start * TICKS_PER_BEAT + shift_steps for start in starts[first : first + WINDOWS_AT_ONCE]]
            windows = [axis.window(step, window_beats) for step in steps]
            songs = move_batch(stack_windows(windows), device)
            exists = _middles(np.stack([window.tick_exists for window in windows]))
            self._parts.append((songs, exists, *network.encode_songs(songs)))

    @torch.inference_mode()
    def predict(self, charts: Sequence[RhythmConditions], bars_known: bool = True) -> RhythmPrediction:
        """Predict the rhythm of maps from their conditions.

        A prediction of a shifted axis is for the shifted beats: its first step is step `shift_steps` of the clock.

        Args:
            bars_known: Whether places in the bar are given to the network.
        """
        beats = len(self.clock)
        parts = []
        for songs, exists, ticks, vectors in self._parts:
            known = songs if bars_known and not self.shift_steps else songs.without_bars()
            objects = [self._objects(known, ticks, vectors, chart) for chart in charts]
            stacked = np.array(objects, np.float32).reshape(len(charts), len(exists))
            downbeats = _middles(_numpy(self.network.downbeat_logits(vectors)))
            parts.append((np.where(exists, stacked, -np.inf), downbeats))
        objects, downbeats = (np.concatenate(columns, axis=-1) for columns in zip(*parts, strict=True))
        return RhythmPrediction(objects[:, : beats * TICKS_PER_BEAT], downbeats[:beats])

    @cached_property
    def sound(self) -> tuple[np.ndarray, np.ndarray]:
        """Sound of ticks and vectors of beats.

        The shapes are float16 [beats, 24, tick width] and float16 [beats, width].
        """
        ticks, vectors = (
            np.concatenate([_middles(part[place].half().cpu().numpy()) for part in self._parts])[: len(self.clock)]
            for place in (2, 3)
        )
        return ticks, vectors

    def _objects(self, songs: SongInputs, ticks: Tensor, vectors: Tensor, chart: RhythmConditions) -> np.ndarray:
        """Return the logits of the middles of windows, one after the other."""
        rows = move_batch(stack_conditions([chart] * len(vectors), range(len(vectors))), vectors.device)
        return _middles(_numpy(self.network.decode_charts(songs, ticks, vectors, rows).flatten(1)))


def predict_rhythm(
    network: RhythmNetwork,
    axis: SongAxis,
    charts: Sequence[RhythmConditions],
    bars_known: bool = True,
    shift_steps: int = 0,
) -> RhythmPrediction:
    """Predict the rhythm of maps of one song."""
    return SongEncoding(network, axis, shift_steps).predict(charts, bars_known)


def _numpy(values: Tensor) -> np.ndarray:
    return values.float().cpu().numpy()


def _middles(values: np.ndarray) -> np.ndarray:
    """Join the middle halves of windows.

    [windows, length, ...] becomes [windows * length / 2, ...].
    """
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
