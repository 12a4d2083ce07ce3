"""Hitsounds of mania rows."""

import numpy as np
import pytest

from osuT5.encoding.hit_objects.hitsounds import ADDITION_VALUES, BANK_VALUES
from osuT5.objects.row_sounds import ADDITION_SHARES, draw_row_sounds, shift_to_shares

ROWS, PLACES = 1600, 16
WHISTLE, CLAP = 1, 4
SAMPLE_SET = 5


@pytest.fixture(scope="module")
def logits():
    """Logits of a network that prefers whistles, and claps at one place of the bar."""
    scores = np.random.default_rng(0).normal(0.0, 0.5, (ROWS, BANK_VALUES, ADDITION_VALUES))
    scores[:, SAMPLE_SET] += 3
    scores[:, :, WHISTLE] += 2
    scores[4::PLACES, :, CLAP] += 5
    return scores.reshape(ROWS, -1)


def _draw(scores, rng):
    probabilities = np.exp(scores - scores.max())
    return int(rng.choice(len(scores), p=probabilities / probabilities.sum()))


def test_mean_probabilities_become_the_shares(logits):
    shifted = shift_to_shares(logits[:, :ADDITION_VALUES], ADDITION_SHARES / ADDITION_SHARES.sum())
    probabilities = np.exp(shifted - np.logaddexp.reduce(shifted, axis=1, keepdims=True))
    np.testing.assert_allclose(probabilities.mean(0), ADDITION_SHARES / ADDITION_SHARES.sum(), atol=1e-3)


def test_whistles_do_not_take_over_and_claps_come_at_their_place(logits):
    places = list(range(PLACES)) * (ROWS // PLACES)
    whistles, claps = [], []
    for seed in range(20):
        sounds = np.array(draw_row_sounds(logits, places, True, _draw, seed))
        assert set(sounds // ADDITION_VALUES) == {SAMPLE_SET}
        additions = sounds % ADDITION_VALUES
        whistles.append((additions == WHISTLE).mean())
        claps.append((additions[4::PLACES] == CLAP).mean())
    assert np.mean(claps) > 0.5
    assert 0.1 < np.mean(whistles) < 0.35


def test_the_same_place_of_a_bar_has_the_same_sound():
    same = np.tile(np.random.default_rng(1).normal(0.0, 1.0, (PLACES, BANK_VALUES * ADDITION_VALUES)), (4, 1))
    sounds = draw_row_sounds(same, list(range(PLACES)) * 4, True, _draw, 3)
    assert sounds[:PLACES] * 4 == sounds
    assert len(set(sounds)) > 1


def test_a_map_without_hitsounds_has_none(logits):
    assert set(draw_row_sounds(logits, [0] * ROWS, False, _draw, 1)) == {SAMPLE_SET * ADDITION_VALUES}
