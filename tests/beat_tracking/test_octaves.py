"""Octaves: what is heard between beats decides, and how common a tempo is where that is in doubt."""

import numpy as np
import pytest

from beat_tracking.grids import Grid, Observations
from beat_tracking.octaves import BeatEvidence, choose_octaves
from beat_tracking.segments import Segment

FRAME_MS, SONG_MS = 8.0, 60_000.0


def song(bpm, between):
    """Beats from 500 ms on, and others between them that are heard and written as far as `between`."""
    half_ms = 30_000.0 / bpm
    times_ms = np.arange(500.0, SONG_MS, half_ms)
    weights = np.where(np.arange(len(times_ms)) % 2 == 0, 1.0, between)
    at_ms = np.arange(int(SONG_MS / FRAME_MS)) * FRAME_MS
    activation = np.zeros(len(at_ms))
    for time_ms, weight in zip(times_ms, weights, strict=True):
        activation = np.maximum(activation, 0.5 * weight * np.exp(-(((at_ms - time_ms) / 12) ** 2) / 2))
    marks = np.zeros(len(times_ms), bool)
    return BeatEvidence(Observations(times_ms, weights, marks, 3.0), activation, FRAME_MS), times_ms


@pytest.mark.parametrize(
    ("bpm", "between", "counted", "first", "found"),
    [
        (140, 0.3, 140, 0, 140),
        (140, 0.3, 280, 0, 140),
        (140, 0.3, 280, 1, 140),
        (120, 0.95, 120, 0, 240),
        (90, 0.7, 90, 0, 180),
        (90, 0.2, 90, 0, 90),
        (200, 0.9, 200, 0, 200),
        (240, 0.9, 240, 0, 240),
        (60, 0.0, 60, 0, 60),
    ],
)
def test_octave(bpm, between, counted, first, found):
    heard, times_ms = song(bpm, between)
    grid = Grid(60_000 / counted, times_ms[first])
    (segment,) = choose_octaves(heard, times_ms, [Segment(0, len(times_ms), grid)])
    assert 60_000 / segment.grid.period_ms == pytest.approx(found)
    assert abs(segment.grid.errors_ms(500.0)) < 1e-6, "on the beats that are surer"


def test_two_octaves_of_one_song_and_silence_are_left_alone():
    heard, times_ms = song(140, 0.95)
    middle = len(times_ms) // 2
    segments = [
        Segment(0, middle, Grid(60_000 / 140, 500.0)),
        Segment(middle, len(times_ms), Grid(30_000 / 140, 500.0)),
    ]
    assert choose_octaves(heard, times_ms, segments) == segments
    none = Observations(np.array([100.0]), np.ones(1), np.zeros(1, bool), 3.0)
    segments = [Segment(0, 1, Grid(500.0, 100.0))]
    assert choose_octaves(BeatEvidence(none, np.zeros(0), FRAME_MS), none.times_ms, segments) == segments
