"""Rhythms drawn from logits."""

from __future__ import annotations

import numpy as np

from osuT5.rhythm.drawing import draw_rhythm, without_quiet_passages, without_rests


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


def test_beats_and_quarters_get_as_many_objects_as_their_probabilities_add_up_to() -> None:
    logits = np.full((64, 24), -9.0)
    logits[:, 0], logits[:, 12], logits[:, [6, 18]] = 2.0, 0.0, -2.0
    steps = draw_rhythm(logits.ravel(), seed=1)
    on_beats, on_halves = (int((steps % 24 == tick).sum()) for tick in (0, 12))
    assert (on_beats, on_halves, len(steps) - on_beats - on_halves) == (57, 32, 15)


def test_a_song_without_triplets_gets_none() -> None:
    logits = np.full((64, 24), -9.0)
    logits[:, 0], logits[:, 12], logits[:, [8, 16]] = 2.0, 0.0, -4.0  # 2.3 objects expected on thirds
    steps = draw_rhythm(logits.ravel(), seed=1)
    assert not np.isin(steps % 24, (8, 16)).any()


def test_quarters_gain_from_other_places() -> None:
    logits = np.random.default_rng(1).normal(0.0, 1.0, 24 * 64)
    plain, more = draw_rhythm(logits, 1), draw_rhythm(logits, 1, quarter_logits=1.5)
    assert len(plain) == len(more)
    assert np.isin(more % 24, (6, 18)).sum() > np.isin(plain % 24, (6, 18)).sum() + 10


def test_only_a_gap_in_which_objects_are_possible_is_filled():
    logits = np.full(24 * 24, -9.0)
    steps = np.array([0, 24 * 2, 24 * 10, 24 * 18])
    logits[24 * 5 : 24 * 8 : 24] = -1.0
    logits[24 * 6] = -0.5
    filled = without_rests(steps, logits)
    assert filled.tolist() == [0, 24 * 2, 24 * 6, 24 * 10, 24 * 18]
    logits[24 * 5 : 24 * 8 : 24] = -9.0
    assert without_rests(steps, logits).tolist() == steps.tolist()


def test_quiet_passages_between_others_stay_empty():
    logits = make_logits(80).reshape(80, 24)
    logits[30:50] -= 6.0
    logits[60:64] -= 6.0  # too short
    logits[74:] -= 6.0  # the end of the song
    found = without_quiet_passages(logits.ravel()).reshape(80, 24)
    is_empty = np.isneginf(found).all(axis=1)
    assert is_empty[34:46].all()
    assert not is_empty[:28].any() and not is_empty[52:].any()
    steps = draw_rhythm(found.ravel(), seed=1)
    assert len(steps) and not np.isin(steps // 24, np.flatnonzero(is_empty)).any()
    np.testing.assert_array_equal(without_quiet_passages(make_logits(4)), make_logits(4))
