"""Beats of many passes, peak by peak."""

import numpy as np
import pytest

from beat_tracking.red_line_fit import Beats
from parity.super_timing import beats_of_passes_as_published, pass_offsets_ms

SONG_MS = 20_000


def beats(times_ms, first_downbeat=0, starts_tempo=False):
    numbers = np.arange(len(times_ms))
    announced = (numbers == 0) & starts_tempo
    return Beats(np.array(times_ms, float), (numbers % 4 == first_downbeat) | announced, announced)


def passes(times_ms, count=5, jitter_ms=5, **kinds):
    rng = np.random.default_rng(0)
    return [beats(np.rint(times_ms + rng.uniform(-jitter_ms, jitter_ms, len(times_ms))), **kinds) for _ in range(count)]


def test_beats_that_passes_agree_on_come_out_with_their_bars():
    times_ms = 600 + 400.0 * np.arange(45)
    found = beats_of_passes_as_published(passes(times_ms, starts_tempo=True), SONG_MS)
    inside = found.times_ms[(found.times_ms >= 590) & (found.times_ms <= times_ms[-1] + 10)]
    assert np.abs(inside - times_ms).max() <= 5
    assert found.is_timing_point.sum() == 1
    at = np.flatnonzero(found.times_ms >= 590)[0]
    assert found.is_timing_point[at]
    assert found.is_measure[at + 4 :: 4].all()
    assert not found.is_measure[at + 1 : at + 4].any()


def test_gaps_missing_bars_and_offsets_of_passes():
    times_ms = 600 + 400.0 * np.arange(45)
    times_ms = np.delete(times_ms, np.arange(20, 24))
    found = beats_of_passes_as_published(passes(times_ms), SONG_MS)
    assert np.diff(found.times_ms).max() < 840  # but for the beat where two walks meet
    times_ms = 600 + 400.0 * np.arange(40)
    plain = [Beats(times_ms, np.zeros(40, bool), np.zeros(40, bool))] * 3
    found = beats_of_passes_as_published(plain, SONG_MS)
    assert (np.diff(np.flatnonzero(found.is_measure)) == 4).all()
    offsets = pass_offsets_ms(np.random.RandomState(11), 200, 8184.0)
    assert min(offsets) >= -4092
    assert max(offsets) < 4092
    assert offsets == pass_offsets_ms(np.random.RandomState(11), 200, 8184.0)


@pytest.mark.parametrize("times_ms", [[], [500], [500, 9000]])
def test_without_a_tempo_there_are_no_beats(times_ms):
    found = beats_of_passes_as_published([beats(times_ms)], SONG_MS)
    assert len(found.times_ms) == len(found.is_measure) == 0
