"""Attacks are heard where they are, to the millisecond."""

import numpy as np
import pytest

from osuT5.audio.onset_strength import attack_strengths

RATE = 16_000


def test_clicks_and_tones_are_heard_where_they_begin():
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 1e-4, 2 * RATE)
    for begin_s, hertz in ((0.5, 200), (1.0, 1000), (1.5, 3000)):
        first = round(begin_s * RATE)
        t_s = np.arange(RATE // 4) / RATE
        samples[first : first + len(t_s)] += 0.5 * np.sin(2 * np.pi * hertz * t_s + 1) * np.exp(-t_s / 0.05)
    strengths = attack_strengths(samples.astype(np.float32), RATE)
    assert len(strengths) == 2001
    for begin_ms in (500, 1000, 1500):
        near = strengths[begin_ms - 20 : begin_ms + 20]
        assert abs(int(near.argmax()) - 20) <= 2
        assert near.max() > 3 * np.median(strengths)


def test_blocks_leave_no_seam(monkeypatch):
    samples = np.random.default_rng(1).normal(0, 0.1, RATE).astype(np.float32)
    whole = attack_strengths(samples, RATE)
    monkeypatch.setattr("osuT5.audio.onset_strength._BLOCK_STEPS", 137)
    assert np.array_equal(attack_strengths(samples, RATE), whole)


@pytest.mark.parametrize("count", [0, 1, 100])
def test_short_songs_have_few_attacks(count):
    assert len(attack_strengths(np.zeros(count, np.float32), RATE)) == count // 16 + 1
