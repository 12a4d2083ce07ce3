"""Rhythms drawn from logits."""

from __future__ import annotations

import numpy as np

from osuT5.rhythm.drawing import draw_rhythm


def make_logits(beats: int = 40) -> np.ndarray:
    """Logits of a song whose beats are certain, half beats likely and other ticks not."""
    logits = np.full((beats, 24), -4.0)
    logits[:, 0], logits[:, 12], logits[:, 5] = 4.0, 0.5, 9.0
    return logits.ravel()


def test_a_rhythm_has_as_many_objects_as_are_likely_in_order_on_ticks_of_editors() -> None:
    logits = make_logits()
    expected = (1 / (1 + np.exp(-logits))).sum()
    assert len(draw_rhythm(logits, seed=1)) == round(expected)
    steps = draw_rhythm(make_logits(), seed=1)
    assert (np.diff(steps) > 0).all()
    assert not (steps % 24 == 5).any()


def test_likely_ticks_are_taken_missing_ones_are_not_and_the_seed_decides() -> None:
    logits = make_logits()
    logits[24 * 20 :] -= 6.0
    beats = np.arange(0, 24 * 20, 24)
    assert set(beats) <= set(draw_rhythm(logits, seed=1, noise=0.0))
    logits = make_logits()
    logits[:480] = -np.inf
    assert draw_rhythm(logits, seed=1).min() >= 480
    one, again, other = (draw_rhythm(make_logits(), seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert set(one) != set(other)


def test_favoured_steps_come_first_and_change_no_count():
    logits = np.full(240, -1.0)
    plain, favoured = draw_rhythm(logits, 1), draw_rhythm(logits, 1, favoured=np.arange(0, 240, 12))
    assert len(plain) == len(favoured)
    assert np.isin(favoured, np.arange(0, 240, 12)).sum() > np.isin(plain, np.arange(0, 240, 12)).sum()


def test_fewer_objects_are_on_the_beat_where_it_loses() -> None:
    logits = np.random.default_rng(1).normal(0.0, 1.0, 24 * 64)
    plain, fewer = draw_rhythm(logits, 1), draw_rhythm(logits, 1, beat_logits=-2.0)
    assert len(plain) == len(fewer)
    assert (fewer % 24 == 0).sum() < (plain % 24 == 0).sum()
