"""Red lines on downbeats."""

from __future__ import annotations

import numpy as np
import pytest

from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.timing.beat_clock import BeatClock
from osuT5.bars import placement
from osuT5.bars.placement import BROKEN_BAR, bar_places, place_bars

BEAT_MS = 400.0
SONG_MS = 60_000.0


@pytest.fixture
def placed(monkeypatch: pytest.MonkeyPatch):
    """Return a function that places red lines in a song with a downbeat every `bar_beats` beats."""

    def place(lines: list[TimingPoint], first_ms: float, bar_beats: int = 4) -> list[TimingPoint]:
        def predict(network, clock: BeatClock) -> np.ndarray:
            beats = np.round((clock.beat_ms - first_ms) / BEAT_MS)
            return np.where(beats % bar_beats == 0, 2.0, -2.0)

        monkeypatch.setattr(placement, "beat_sound", lambda features, pitches, clock: clock)
        monkeypatch.setattr(placement, "predict_downbeats", predict)
        return place_bars(None, None, None, lines, SONG_MS)

    return place


@pytest.fixture
def placed_by_beats(monkeypatch: pytest.MonkeyPatch):
    """Return a function that places red lines by which beats from the first line on are downbeats."""

    def place(lines: list[TimingPoint], is_downbeat) -> list[TimingPoint]:
        def predict(network, clock: BeatClock) -> np.ndarray:
            numbers = np.arange(len(clock)) - np.searchsorted(clock.beat_ms, lines[0].time_ms)
            return np.where(is_downbeat(numbers), 3.0, -3.0)

        monkeypatch.setattr(placement, "beat_sound", lambda features, pitches, clock: clock)
        monkeypatch.setattr(placement, "predict_downbeats", predict)
        return place_bars(None, None, None, lines, SONG_MS)

    return place


def test_a_line_moves_to_the_first_downbeat_with_bars_of_four_or_three_beats(placed) -> None:
    (line,) = placed([TimingPoint(5_100.0, BEAT_MS, 4)], first_ms=9_900.0)
    assert line == TimingPoint(300.0, BEAT_MS, 4)
    (line,) = placed([TimingPoint(100.0, BEAT_MS, 4)], first_ms=900.0, bar_beats=3)
    assert line == TimingPoint(900.0, BEAT_MS, 3)


def test_later_lines_move_forward_to_a_bar_line_if_the_tempo_is_about_the_same(placed) -> None:
    lines = placed([TimingPoint(100.0, BEAT_MS, 4), TimingPoint(20_900.0, 401.0, 4)], first_ms=500.0)
    assert [line.time_ms for line in lines] == [500.0, 21_301.0]
    assert [line.beat_length_ms for line in lines] == [BEAT_MS, 401.0]


def test_a_change_of_tempo_within_a_bar_stays_and_the_next_bar_line_has_a_line(placed_by_beats) -> None:
    def is_downbeat(numbers: np.ndarray) -> np.ndarray:
        return np.where(numbers < 52, numbers % 4 == 0, (numbers - 52) % 4 == 2)

    change_ms = 100.0 + 52 * BEAT_MS
    lines = placed_by_beats([TimingPoint(100.0, BEAT_MS, 4), TimingPoint(change_ms, 350.0, 4)], is_downbeat)
    assert [line.time_ms for line in lines] == [100.0, change_ms, change_ms + 2 * 350.0]
    assert [line.beat_length_ms for line in lines] == [BEAT_MS, 350.0, 350.0]


def test_two_beats_between_bars_get_a_line_and_a_lone_downbeat_does_not(placed_by_beats) -> None:
    def is_downbeat(numbers: np.ndarray) -> np.ndarray:
        return np.where(numbers < 50, numbers % 4 == 0, numbers % 4 == 2)

    lines = placed_by_beats([TimingPoint(100.0, BEAT_MS, 4)], is_downbeat)
    assert [line.time_ms for line in lines] == [100.0, 100.0 + 50 * BEAT_MS]
    (line,) = placed_by_beats([TimingPoint(100.0, BEAT_MS, 4)], lambda numbers: (numbers % 4 == 0) | (numbers == 50))
    assert line.time_ms == 100.0


def test_a_line_that_cuts_a_beat_late_does_not_add_one(placed_by_beats) -> None:
    late = TimingPoint(100.0 + 40 * BEAT_MS + 60.0, BEAT_MS, 4)

    def is_downbeat(numbers: np.ndarray) -> np.ndarray:
        # The cut beat 40 is not a beat of its own.
        return np.where(numbers <= 40, numbers % 4 == 0, (numbers - 1) % 4 == 0)

    lines = placed_by_beats([TimingPoint(100.0, BEAT_MS, 4), late], is_downbeat)
    assert [line.time_ms for line in lines] == [100.0, late.time_ms]


def test_a_moment_decides_nothing() -> None:
    lines = [TimingPoint(100.0, BEAT_MS, 4)]
    assert place_bars(None, None, None, lines, 5_000.0) == lines


def test_places_follow_the_evidence_and_bars_that_fit_are_likelier() -> None:
    logits, costs = np.where(np.arange(48) % 4 == 1, 2.0, -2.0), np.full(48, BROKEN_BAR)
    places, fit = bar_places(logits, np.full(48, 4), costs)
    assert places.tolist() == [(number - 1) % 4 for number in range(48)]
    assert fit > bar_places(logits, np.full(48, 3), costs)[1] + 48 * 0.1
    # Eight beats of the clock are a bar at half the tempo.
    places, _ = bar_places(logits, np.repeat([4, 8], [25, 23]), costs)
    assert places[24:34].tolist() == [3, 0, 1, 2, 3, 4, 5, 6, 7, 0]
