"""Red lines from the logits of the beat model, without a network."""

from __future__ import annotations

import numpy as np
import pytest

from osu_beatmap.beatmap import TimingPoint
from osuT5.beats import red_lines
from osuT5.beats.red_lines import SILENT_BEATS, PredictedTiming, confidences, predict_timing
from osuT5.rhythm.alignment import USUAL_LEAD_MS

SONG_MS = 60_000.0
FRAMES = 6_000


def logits_of(times_ms: np.ndarray, height: float = 2.0) -> np.ndarray:
    """Logits with a peak at each time, every fourth one a downbeat, float32 [frames, 2]."""
    logits = np.full((FRAMES, 2), -8.0, np.float32)
    for output, chosen in enumerate((times_ms, times_ms[::4])):
        for time_ms in chosen:
            distance_frames = np.arange(FRAMES) - time_ms / 10.0
            logits[:, output] += (8.0 + height) * np.exp(-(distance_frames**2) / 2)
    return logits


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch):
    """Return a function that predicts a song's timing by beats alone."""

    def predict(times_ms: np.ndarray, height: float = 2.0) -> PredictedTiming:
        monkeypatch.setattr(red_lines, "predict_logits", lambda network, features: logits_of(times_ms, height))
        monkeypatch.setattr(red_lines, "place_bars", lambda network, features, pitches, lines, song_ms: lines)
        return predict_timing(None, None, np.zeros((FRAMES, 64)), None, np.zeros(int(SONG_MS) + 1), SONG_MS)

    return predict


@pytest.mark.parametrize("bpm", [92, 128.5, 174, 200, 222])
def test_beats_become_one_line_before_their_sound(timed, bpm: float) -> None:
    beat_ms = 60_000 / bpm
    timing = timed(np.arange(1_003.0, SONG_MS, beat_ms))
    (line,) = timing.lines
    assert line.bpm == pytest.approx(bpm, abs=0.01)
    assert (line.time_ms - (1_003.0 - USUAL_LEAD_MS) + beat_ms / 2) % beat_ms - beat_ms / 2 == pytest.approx(0, abs=1.5)
    assert line.time_ms >= 0
    assert timing.confidences[0] > 0.7


def test_weaker_beats_between_the_beats_do_not_double_the_tempo(timed, monkeypatch: pytest.MonkeyPatch) -> None:
    times_ms = np.arange(1_000.0, SONG_MS, 400.0)
    both = np.maximum(logits_of(times_ms), logits_of(times_ms + 200.0, height=-1.0))
    timed(times_ms)
    monkeypatch.setattr(red_lines, "predict_logits", lambda network, features: both)
    (line,) = predict_timing(None, None, np.zeros((FRAMES, 64)), None, np.zeros(int(SONG_MS) + 1), SONG_MS).lines
    assert line.bpm == pytest.approx(150, abs=0.01)
    assert (line.time_ms + USUAL_LEAD_MS - 1_000.0 + 200.0) % 400.0 - 200.0 == pytest.approx(0, abs=1.5)


def test_weak_beats_lower_the_confidence_and_silence_has_none(timed) -> None:
    times_ms = np.arange(1_000.0, SONG_MS, 400.0)
    assert timed(times_ms, height=-1.0).confidences[0] < 0.5 * timed(times_ms).confidences[0]
    silence = timed(np.zeros(0))
    assert [line.bpm for line in silence.lines] == [pytest.approx(120)]
    assert silence.confidences == [0.0]


def test_each_line_has_the_confidence_of_its_beats() -> None:
    beat = np.zeros(FRAMES)
    beat[[round((ms + USUAL_LEAD_MS) / 10) for ms in range(0, 20_000, 500)]] = 0.8
    lines = [TimingPoint(0.0, 500.0), TimingPoint(20_000.0, 400.0)]
    assert confidences(beat, lines, 40_000.0) == [pytest.approx(0.8 * 40 / (40 + SILENT_BEATS)), 0.0]


def test_a_sound_that_begins_and_ends_is_no_steady_beat(timed) -> None:
    assert max(timed(np.array([1_000.0, 9_000.0])).confidences) < 0.1
    assert max(timed(np.arange(1_000.0, 9_000.0, 500.0)).confidences) > 0.1
