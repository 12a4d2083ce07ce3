"""Votes of several passes for the same beats."""

import numpy as np
import pytest

from beat_tracking.red_line_fit import Beats, fit_red_lines
from beat_tracking.votes import merge_votes

SONG_MS = 60_000.0


def beats(times_ms, is_measure=None, is_timing_point=None):
    times_ms = np.array(times_ms, dtype=np.float64)
    none = np.zeros(len(times_ms), bool)
    return Beats(
        times_ms,
        none if is_measure is None else np.array(is_measure, bool),
        none if is_timing_point is None else np.array(is_timing_point, bool),
        10.0,
    )


def test_beats_are_means_downbeats_shares_and_changes_majorities():
    merged = merge_votes([beats([1000, 1500]), beats([1006, 1500]), beats([1000]), beats([1002, 1506])], SONG_MS)
    np.testing.assert_allclose(merged.times_ms, [1002, 1502])
    np.testing.assert_allclose(merged.weights, [1.0, 0.75])
    assert merged.resolution_ms == 5.0
    passes = [beats([1000, 2000])] + [beats([1000])] * 9
    assert merge_votes(passes, SONG_MS).times_ms == pytest.approx([1000])
    assert merge_votes([beats([1000, 1100])] * 3, SONG_MS).times_ms == pytest.approx([1000, 1100])
    passes = [beats([500], [True], [True]), beats([500], [True]), beats([500]), beats([500])]
    merged = merge_votes(passes, SONG_MS)
    assert merged.is_measure == pytest.approx([0.5])
    assert merged.is_timing_point.tolist() == [False]


def test_votes_outside_the_song_and_none_at_all():
    passes = [beats([-20.0, 0.0, SONG_MS, SONG_MS + 5, np.nan])]
    assert merge_votes(passes, SONG_MS).times_ms == pytest.approx([0.0, SONG_MS])
    for nothing in ([], [beats([])], [beats([])] * 3):
        merged = merge_votes(nothing, SONG_MS)
        assert len(merged.times_ms) == len(merged.weights) == 0
        assert len(fit_red_lines(merged, SONG_MS)) == 1


def test_many_noisy_passes_are_better_than_each_of_them():
    rng = np.random.default_rng(1)
    true_ms = 700 + np.arange(120) * 400.0
    passes = [beats(np.rint((true_ms + rng.normal(0, 12, 120)) / 10) * 10) for _ in range(20)]
    merged = merge_votes(passes, SONG_MS)
    assert len(merged.times_ms) == 120
    assert np.abs(merged.times_ms - true_ms).mean() < 3.5
