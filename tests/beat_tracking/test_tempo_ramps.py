"""Ramps between two known tempi, half of them silent."""

import numpy as np
import pytest

from beat_tracking.grids import Grid, Observations
from beat_tracking.segments import Segment
from beat_tracking.tempo_ramps import bridge_ramps


def song(first_bpm, last_bpm, ramp_beats, rng):
    """Beat times with a ramp from beat 40 on, as long as asked for, and 60 more beats."""
    bpms = [*[first_bpm] * 40, *np.linspace(first_bpm, last_bpm, ramp_beats + 1)[1:], *[last_bpm] * 60]
    times_ms = 1000.0 + np.r_[0.0, np.cumsum(60_000 / np.array(bpms))]
    return times_ms, times_ms + rng.normal(0, 2.0, len(times_ms))


def observed(times_ms):
    return Observations(times_ms, np.ones(len(times_ms)), np.zeros(len(times_ms), bool), 2.0)


def two_grids(true_ms, beats, change_ms):
    place = int(np.searchsorted(beats.times_ms, change_ms))
    left, right = Grid(true_ms[1] - true_ms[0], true_ms[0]), Grid(true_ms[-1] - true_ms[-2], true_ms[-1])
    return [Segment(0, place, left), Segment(place, len(beats.times_ms), right)]


@pytest.mark.parametrize(("first_bpm", "last_bpm", "ramp_beats"), [(170, 205, 24), (140, 115, 32), (120, 128, 24)])
def test_a_ramp_with_a_silence_in_it_is_found(first_bpm, last_bpm, ramp_beats):
    true_ms, heard_ms = song(first_bpm, last_bpm, ramp_beats, np.random.default_rng(3))
    silent = (np.arange(len(true_ms)) >= 48) & (np.arange(len(true_ms)) < 58)
    beats = observed(heard_ms[~silent])
    segments = bridge_ramps(beats, two_grids(true_ms, beats, true_ms[58] - 50))
    assert len(segments) == 3
    assert segments[1].grid.drift != 0
    ramp_ms = true_ms[40 : 40 + ramp_beats + 1]
    errors_ms = np.concatenate([
        segment.grid.errors_ms(ramp_ms[(ramp_ms >= beats.times_ms[segment.first] - 20)
                                       & (ramp_ms <= beats.times_ms[segment.stop - 1] + 20)])
        for segment in segments
    ])  # fmt: skip
    assert np.abs(errors_ms).max() < 15
