"""Timing of a song for manual correction.

It has red lines, other tempi, beats and loudness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from feedback.progress import Progress, silent
from osu_beatmap.beatmap import GameMode, TimingPoint
from osu_beatmap.timing.active_point import Timing
from osuT5.model.files.find import find_model
from osuT5.rhythm.alignment import USUAL_LEAD_MS
from osuT5.rhythm.features import FRAME_MS
from pipeline.generation.map_model.rhythm import SongRhythm
from pipeline.generation.models import song_writer
from pipeline.request.resolve import resolve

RATIOS = (1.0, 2.0, 0.5, 1.5, 2 / 3)
"""Tempi that are easily confused, as multiples of the predicted one."""

PEAK_PROBABILITY = 0.1
"""Probability of a beat from which on a local maximum counts as one."""

SAME_BEAT_MS = 35.0
LOUDNESS_STEP_MS = 5.0


@dataclass(frozen=True, slots=True)
class TempoCandidate:
    """The red lines with their tempo multiplied, and a confidence of 0-1."""

    ratio: float
    confidence: float


@dataclass(frozen=True, slots=True)
class TimingAnalysis:
    """Timing of a song, with what a page draws of it.

    Attributes:
        lines, confidences: Predicted red lines.
        candidates: Tempi, the most likely first.
        lead_ms: Time from a beat of the red lines to its sound.
        loudness: Highest level in each step of LOUDNESS_STEP_MS, float [steps] within 0-1.
        beats: Probability of a beat in each frame of FRAME_MS, float [frames].
    """

    song_ms: float
    lines: list[TimingPoint]
    confidences: list[float]
    candidates: list[TempoCandidate]
    lead_ms: float
    loudness: np.ndarray
    beats: np.ndarray


def analyse_timing(audio_path: Path, progress: Progress = silent) -> TimingAnalysis:
    """Predict the timing of a song with the bundled model.

    Raises:
        AudioError, ModelError, RequestError: One sentence for the user.
    """
    request = resolve({"audio_path": str(audio_path), "output_type": "[TIMING]"})
    folder = find_model(request.model.model_path, GameMode.STANDARD).root
    song = song_writer(request, folder, progress=progress)
    rhythm = SongRhythm.of(song, folder)
    assert rhythm is not None, "the bundled model has a beat network"
    timing, samples = rhythm.timing, song.audio.samples
    return TimingAnalysis(
        song.song_ms,
        timing.lines,
        timing.confidences,
        tempo_candidates(timing.beats, timing.lines, song.song_ms),
        USUAL_LEAD_MS,
        loudness(samples, song.spec.grid.sample_rate),
        timing.beats,
    )


def tempo_candidates(beats: np.ndarray, lines: Sequence[TimingPoint], song_ms: float) -> list[TempoCandidate]:
    """Return the usual confusions of a tempo with confidences.

    The most likely comes first.

    The confidence is the harmonic mean of the mean probability of a beat on the beats of the lines, and of the fraction
    of the predicted beats that are on them: half the tempo misses beats, twice the tempo has too many.

    Args:
        beats: Probability of a beat in each frame, float [frames].
    """
    peaks = np.flatnonzero((beats[1:-1] >= beats[:-2]) & (beats[1:-1] > beats[2:])) + 1
    peaks = peaks[beats[peaks] >= PEAK_PROBABILITY]
    found = [TempoCandidate(ratio, _grid_score(beats, peaks, scale_tempo(lines, ratio), song_ms)) for ratio in RATIOS]
    return sorted(found, key=lambda candidate: -candidate.confidence)


def scale_tempo(lines: Sequence[TimingPoint], ratio: float) -> list[TimingPoint]:
    """Return red lines with their tempo multiplied."""
    return [replace(line, beat_length_ms=line.beat_length_ms / ratio) for line in lines]


def loudness(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the highest level of each step, float [steps].

    It is relative to the loudest.
    """
    step = round(sample_rate * LOUDNESS_STEP_MS / 1000)
    levels = np.abs(samples[: len(samples) // step * step].reshape(-1, step)).max(axis=1, initial=0.0)
    return levels / max(1e-9, levels.max(initial=0.0))


def _grid_score(beats: np.ndarray, peaks: np.ndarray, lines: Sequence[TimingPoint], song_ms: float) -> float:
    """Return how well red lines explain the predicted beats, 0-1."""
    timing = Timing(lines)
    grid_ms = np.array([beat.time_ms for beat in timing.beats(lines[0].time_ms, song_ms)]) + USUAL_LEAD_MS
    if not len(grid_ms) or not len(peaks):
        return 0.0
    frames = np.rint(grid_ms / FRAME_MS).astype(np.int64)
    near = np.clip(frames[:, None] + np.arange(-1, 2), 0, len(beats) - 1)
    precision = float(beats[near].max(axis=1).mean())
    peaks = peaks[peaks * FRAME_MS >= grid_ms[0] - SAME_BEAT_MS]
    after = np.searchsorted(grid_ms, peaks * FRAME_MS)
    bounds_ms = np.concatenate([[-np.inf], grid_ms, [np.inf]])
    distances_ms = np.minimum(peaks * FRAME_MS - bounds_ms[after], bounds_ms[after + 1] - peaks * FRAME_MS)
    recall = float(beats[peaks][distances_ms <= SAME_BEAT_MS].sum() / max(1e-9, beats[peaks].sum()))
    return 2 * precision * recall / max(1e-9, precision + recall)
