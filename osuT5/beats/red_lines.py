"""Red lines of a song from its predicted beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from beat_tracking.activation import fit_from_activation
from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.timing.active_point import Timing
from osuT5.bars.network import BarNetwork
from osuT5.bars.placement import place_bars
from osuT5.beats.network import BeatNetwork
from osuT5.beats.prediction import predict_logits
from osuT5.rhythm.alignment import USUAL_LEAD_MS
from osuT5.rhythm.features import FRAME_MS

QUIET = 0.05
"""Probability of a beat below which a frame has none: without any, the tempo is a default."""

SILENT_BEATS = 16
"""Beats without probability in each mean: the start and the end of a sound alone are no steady beat."""


@dataclass(frozen=True, slots=True)
class PredictedTiming:
    """Red lines of a song, and a confidence of 0-1 for each.

    Attributes:
        beats: Probability of a beat in each frame, float [frames].
    """

    lines: list[TimingPoint]
    confidences: list[float]
    beats: np.ndarray = field(default_factory=lambda: np.zeros(0))


def predict_timing(
    beats: BeatNetwork,
    bars: BarNetwork,
    features: np.ndarray,
    pitches: np.ndarray,
    attack_strengths: np.ndarray,
    song_ms: float,
) -> PredictedTiming:
    """Predict the red lines of a song, on downbeats.

    Args:
        beats, bars: Networks in evaluation mode.
        features: Of the song, float [frames, bands].
        pitches: Of the song, float [frames, pitches].
        attack_strengths: Onset strength at each millisecond, float [milliseconds].
        song_ms: Length of the song.
    """
    beat, downbeat = beat_probabilities(beats, features)
    heard = fit_from_activation(beat, downbeat, FRAME_MS, attack_strengths=attack_strengths)
    lines = place_bars(bars, features, pitches, [_move_to_objects(line) for line in heard], song_ms)
    return PredictedTiming(lines, confidences(beat, lines, song_ms), beat)


def beat_probabilities(beats: BeatNetwork, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities of beats and downbeats, float64 [frames] each.

    A quiet beat has probability 0.
    """
    beat, downbeat = (1 / (1 + np.exp(-predict_logits(beats, features).astype(np.float64)))).T
    return np.where(beat < QUIET, 0.0, beat), downbeat


def confidences(beat: np.ndarray, lines: Sequence[TimingPoint], song_ms: float) -> list[float]:
    """Return the mean beat probability of each red line.

    It is over the beats of the line and SILENT_BEATS more.
    """
    timing = Timing(lines)
    ends_ms = [*(line.time_ms for line in lines[1:]), song_ms]
    found = []
    for line, end_ms in zip(lines, ends_ms, strict=True):
        times_ms = np.array([each.time_ms for each in timing.beats(line.time_ms, end_ms)])
        places = np.rint((times_ms + USUAL_LEAD_MS) / FRAME_MS).astype(np.int64)
        near = np.clip(places[:, None] + np.arange(-1, 2), 0, len(beat) - 1)
        found.append(float(beat[near].max(axis=1).sum()) / (len(times_ms) + SILENT_BEATS))
    return found


def _move_to_objects(line: TimingPoint) -> TimingPoint:
    """Move a red line from the sound to its objects.

    It moves a bar later rather than before 0 ms.
    """
    time_ms = round(line.time_ms - USUAL_LEAD_MS)
    if time_ms < 0:
        time_ms = round(line.time_ms - USUAL_LEAD_MS + line.meter * line.beat_length_ms)
    return replace(line, time_ms=float(time_ms))
