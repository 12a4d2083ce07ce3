"""Beats on attacks: literal beats and attacks in, moved beats out."""

import numpy as np
import pytest

from beat_tracking.grids import Grid, Observations
from beat_tracking.onset_alignment import move_to_onsets
from beat_tracking.segments import Segment

PERIOD_MS, FIRST_MS, COUNT = 324.21, 1000.4, 24


def strengths_of(attacks_ms, song_ms=10_000):
    at_ms = np.arange(song_ms)
    return sum(np.exp(-(((at_ms - attack_ms) / 1.5) ** 2) / 2) for attack_ms in attacks_ms)


def heard(rng, deviation_ms):
    true_ms = FIRST_MS + np.arange(COUNT) * PERIOD_MS
    times_ms = true_ms + rng.normal(0, deviation_ms, COUNT)
    beats = Observations(times_ms, np.ones(COUNT), np.zeros(COUNT, bool), 3.0)
    return true_ms, beats, [Segment(0, COUNT, Grid(PERIOD_MS, FIRST_MS))]


def test_beats_move_to_their_attacks_and_keep_the_phase_of_the_listener():
    true_ms, beats, segments = heard(np.random.default_rng(0), 2.5)
    moved = move_to_onsets(beats, segments, strengths_of(true_ms + 5.0))
    errors_ms = moved.times_ms - true_ms
    assert np.ptp(errors_ms) < 0.5, "as regular as the attacks"
    assert abs(errors_ms.mean()) < 2.0, "the attacks are 5 ms late throughout"


def test_irregular_attacks_are_left_alone_and_no_beats_are_no_beats():
    rng = np.random.default_rng(1)
    true_ms, beats, segments = heard(rng, 1.0)
    moved = move_to_onsets(beats, segments, strengths_of(true_ms + rng.uniform(-9, 9, COUNT)))
    assert np.array_equal(moved.times_ms, beats.times_ms)
    none = Observations(np.zeros(0), np.zeros(0), np.zeros(0, bool), 3.0)
    assert len(move_to_onsets(none, [Segment(0, 0, Grid(500.0, 0.0))], np.ones(100)).times_ms) == 0


@pytest.mark.parametrize("strengths", [np.zeros(0), np.zeros(1), np.zeros(10_000), np.ones(500)])
def test_a_song_without_attacks_changes_nothing_much(strengths):
    _, beats, segments = heard(np.random.default_rng(2), 0.5)
    moved = move_to_onsets(beats, segments, strengths)
    assert np.abs(moved.times_ms - beats.times_ms).max() <= 15
