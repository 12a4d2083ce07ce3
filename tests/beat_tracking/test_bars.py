"""Meter and downbeats by vote."""

import numpy as np
import pytest

from beat_tracking.bars import vote_bars


def marks(numbers, meter, first, wrong=0.1, seed=0):
    rng = np.random.default_rng(seed)
    return ((numbers % meter == first) ^ (rng.random(len(numbers)) < wrong)).astype(float)


@pytest.mark.parametrize("meter", [3, 4, 5, 7])
def test_a_clear_meter_is_found(meter):
    numbers = np.arange(1000, 1200)
    (bars,) = vote_bars([numbers], [marks(numbers, meter, 2)])
    assert (bars.meter, bars.first) == (meter, 2)
    assert bars.lead > 6


@pytest.mark.parametrize("downbeats", [np.zeros(100), np.ones(60), np.zeros(0)])
def test_no_marks_every_beat_marked_and_no_beats_give_four_beats(downbeats):
    (bars,) = vote_bars([np.arange(len(downbeats))], [downbeats])
    assert bars.meter == 4
    assert bars.lead == pytest.approx(0.0)


def test_a_short_stretch_has_the_meter_of_the_song():
    long, short = np.arange(200), np.arange(15)
    odd = np.isin(short, [0, 5, 10]).astype(float)
    assert [bars.meter for bars in vote_bars([long, short], [marks(long, 4, 0), odd])] == [4, 4]
    assert [bars.meter for bars in vote_bars([long, long], [marks(long, 4, 0), marks(long, 3, 1)])] == [4, 3]
