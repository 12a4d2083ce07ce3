import numpy as np
import pytest

from evaluation.baselines import onset_baseline, strongest_onsets_ms, tick_baseline, ticks_ms
from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.timing.active_point import Timing

RATE = 16_000


def clicks(times_ms, levels, length_ms=10_000):
    """Decaying noise bursts over a soft noise floor."""
    rng = np.random.default_rng(0)
    audio = rng.normal(0, 1e-3, round(length_ms * RATE / 1000))
    burst = rng.normal(0, 1, 800) * np.exp(-np.arange(800) / 150)
    for time_ms, level in zip(times_ms, levels, strict=True):
        start = round(time_ms * RATE / 1000)
        audio[start : start + 800] += level * burst
    return audio.astype(np.float32)


def test_strongest_onsets_are_the_loud_clicks_and_a_constant_lead_is_undone():
    times_ms = np.arange(500, 9500, 450.0)
    levels = np.where(np.arange(len(times_ms)) % 2, 0.02, 1.0)
    loud_ms = times_ms[::2]
    onsets_ms = strongest_onsets_ms(clicks(times_ms, levels), RATE, len(loud_ms))
    assert len(onsets_ms) == len(loud_ms)
    # The flux rises as soon as the window touches the click: early by up to half its length, but always alike.
    assert np.ptp(onsets_ms - loud_ms) <= 8
    assert np.abs(onsets_ms - loud_ms).max() <= 32
    assert len(strongest_onsets_ms(np.zeros(RATE, np.float32), RATE, 5)) == 0
    times_ms = np.arange(500, 9500, 450.0)
    shift_ms, result = onset_baseline(times_ms - 50, clicks(times_ms, np.ones(len(times_ms))), RATE)
    assert result.f1 == 1.0
    assert shift_ms < 0


def test_ticks_follow_every_line():
    timing = Timing([TimingPoint(1000, 500), TimingPoint(2200, 300)])
    assert ticks_ms(timing, 1, 0, 2800).tolist() == [0, 500, 1000, 1500, 2000, 2200, 2500, 2800]
    assert ticks_ms(timing, 2, 1900, 2400).tolist() == [2000, 2200, 2350]


@pytest.mark.parametrize("divisor", [1, 2, 4])
def test_tick_baseline_finds_the_divisor(divisor):
    objects_ms = 1000 + np.arange(40) * 500 / divisor
    best, result = tick_baseline(np.rint(objects_ms), Timing([TimingPoint(0, 500)]))
    assert (best, result.f1) == (divisor, 1.0)
