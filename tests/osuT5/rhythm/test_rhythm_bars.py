"""Red lines on downbeats."""

from __future__ import annotations

import numpy as np
import pytest

from osu_beatmap.beatmap import TimingPoint
from osuT5.rhythm import downbeats
from osuT5.rhythm.downbeats import bar_fit, place_bars
from osuT5.rhythm.prediction import RhythmPrediction

BEAT_MS = 400.0
SONG_MS = 60_000.0


@pytest.fixture
def placed(monkeypatch: pytest.MonkeyPatch):
    """Return a function that places red lines in a song with a downbeat every `bar_beats` beats."""

    def place(lines: list[TimingPoint], first_ms: float, bar_beats: int = 4) -> list[TimingPoint]:
        def predict(network, axis, charts, bars_known) -> RhythmPrediction:
            beats = np.round((axis.clock.beat_ms - first_ms) / BEAT_MS)
            return RhythmPrediction(np.zeros((0, 1)), np.where(beats % bar_beats == 0, 2.0, -2.0))

        monkeypatch.setattr(downbeats, "predict_rhythm", predict)
        return place_bars(None, np.zeros((0, 64)), lines, SONG_MS)

    return place


def test_a_line_moves_to_the_first_downbeat_with_bars_of_four_or_three_beats(placed) -> None:
    (line,) = placed([TimingPoint(5_100.0, BEAT_MS, 4)], first_ms=9_900.0)
    assert line == TimingPoint(300.0, BEAT_MS, 4)
    (line,) = placed([TimingPoint(100.0, BEAT_MS, 4)], first_ms=900.0, bar_beats=3)
    assert line == TimingPoint(900.0, BEAT_MS, 3)


def test_later_lines_move_forward_to_a_bar_line_unless_the_tempo_changes(placed) -> None:
    lines = placed([TimingPoint(100.0, BEAT_MS, 4), TimingPoint(20_900.0, 401.0, 4)], first_ms=500.0)
    assert [line.time_ms for line in lines] == [500.0, 21_301.0]
    assert [line.beat_length_ms for line in lines] == [BEAT_MS, 401.0]
    other = TimingPoint(20_900.0, 300.0, 4)
    assert placed([TimingPoint(100.0, BEAT_MS, 4), other], first_ms=500.0)[1] == other


def test_bars_that_fit_are_likelier_and_a_moment_decides_nothing() -> None:
    lines = [TimingPoint(100.0, BEAT_MS, 4)]
    assert place_bars(None, np.zeros((0, 64)), lines, 5_000.0) == lines
    logits = np.where(np.arange(48) % 4 == 1, 2.0, -2.0)
    assert bar_fit(logits, 4) > bar_fit(logits, 3) + 0.1
