"""Timing of a song for those who correct it by hand."""

import numpy as np
import pytest

from osu_beatmap.beatmap import TimingPoint
from osuT5.rhythm.alignment import USUAL_LEAD_MS
from osuT5.rhythm.features import FRAME_MS
from pipeline.generation.timing_analysis import RATIOS, loudness, scale_tempo, tempo_candidates

SONG_MS = 30_000.0


def beats_of(bpm: float, first_ms: float = 500.0) -> np.ndarray:
    """A peak of probability at each beat."""
    beats = np.zeros(round(SONG_MS / FRAME_MS))
    times_ms = np.arange(first_ms, SONG_MS - 100.0, 60_000.0 / bpm) + USUAL_LEAD_MS
    frames = np.rint(times_ms / FRAME_MS).astype(int)
    beats[frames] = 0.9
    beats[frames - 1] = beats[frames + 1] = 0.4
    return beats


@pytest.mark.parametrize("ratio", RATIOS)
def test_the_tempo_of_the_beats_is_the_most_likely(ratio):
    lines = [TimingPoint(500.0, 60_000.0 / (150.0 * ratio))]
    first, *_ = tempo_candidates(beats_of(150.0), lines, SONG_MS)
    assert first.ratio * ratio == pytest.approx(1.0), "where another tempo was predicted, it is proposed"
    assert first.confidence > 0.85


def test_a_song_without_beats_has_no_confidence():
    found = tempo_candidates(np.zeros(3000), [TimingPoint(0.0, 500.0)], SONG_MS)
    assert [each.confidence for each in found] == [0.0] * len(RATIOS)


def test_scaled_lines_keep_their_times():
    lines = [TimingPoint(100.0, 500.0), TimingPoint(5000.0, 400.0, meter=3)]
    scaled = scale_tempo(lines, 2.0)
    assert [(line.time_ms, line.beat_length_ms, line.meter) for line in scaled] == [
        (100.0, 250.0, 4),
        (5000.0, 200.0, 3),
    ]


def test_loudness_is_relative_to_the_loudest_step():
    samples = np.zeros(16_000, np.float32)
    samples[800], samples[8_000] = 0.1, -0.4
    levels = loudness(samples, 16_000)
    assert len(levels) == 200 and levels.max() == 1.0
    assert levels[10] == pytest.approx(0.25) and levels[100] == 1.0
    assert loudness(np.zeros(100, np.float32), 16_000).tolist() == [0.0]
