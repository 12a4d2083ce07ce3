"""Scores of the rhythm benchmark on maps made by code."""

import numpy as np
import pytest

from benchmarks.bootstrap import bootstrap_interval
from benchmarks.rhythm import (
    DownbeatScore,
    RhythmScore,
    downbeat_summary,
    half_beat_steps,
    phase_summary,
    score_table,
)
from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import BeatClock


def make_score(song: str, own: float, group: str = "standard", stars: float = 2.5) -> RhythmScore:
    return RhythmScore(
        song=song,
        group=group,
        stars=stars,
        own=own,
        human_count=own,
        count_ratio=1.0,
        nats=1.0,
        half_beats=0.5,
    )


def test_half_beats_means_intervals_and_phases() -> None:
    clock = BeatClock.from_timing(Timing([TimingPoint(0.0, 500.0)]), 3000.0)
    np.testing.assert_allclose(clock.times_at(half_beat_steps(clock, 1000.0, 2000.0)), [1000, 1250, 1500, 1750, 2000])
    scores = [make_score("a", 0.2), make_score("a", 0.4), make_score("b", 0.9), make_score("b", 1.0, "taiko")]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in score_table(scores).splitlines()]
    assert rows[2][:4] == ["standard", "2", "3", "0.600"]
    assert rows[3][:4] == ["taiko", "1", "1", "1.000"]
    assert rows[4][:4] == ["standard 2-3 stars", "2", "3", "0.600"]
    assert len(rows) == 5
    low, high = bootstrap_interval([0.0, 0.5, 1.0, 0.5], np.mean)
    assert 0.0 < low < 0.5 < high < 1.0
    assert bootstrap_interval([0.7], np.mean) == (0.7, 0.7)
    assert "1 of 2 songs right; wrong: b (12)" in phase_summary({"a": 0, "b": 12})


@pytest.mark.parametrize(("right", "expected"), [(True, "2 of 2"), (False, "1 of 2")])
def test_songs_of_changing_meter_do_not_count(right: bool, expected: str) -> None:
    scores = [
        DownbeatScore("a", 4, True, 0.9, 0.75),
        DownbeatScore("b", 4, right, 0.7, 0.75),
        DownbeatScore("c", None, None, 0.7, 0.75),
    ]
    assert f"{expected} songs" in downbeat_summary(scores)
