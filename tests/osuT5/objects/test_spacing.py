"""Requested spacing of a map."""

import numpy as np
import pytest

from osuT5.objects.spacing import SpacingControl, expected_px, tilt_to_mean
from osuT5.objects.tokens.fields import DISTANCES_PX


def test_the_expected_distance_becomes_the_requested_one():
    logits = np.random.default_rng(0).normal(0.0, 1.0, len(DISTANCES_PX))
    for wanted_px in (15.0, 80.0, 300.0):
        assert expected_px(tilt_to_mean(logits, wanted_px)) == pytest.approx(wanted_px, abs=0.1)


def test_distances_outside_the_playfield_stay_impossible():
    logits = np.where(DISTANCES_PX > 100, -np.inf, 0.0)
    tilted = tilt_to_mean(logits, 400.0)
    assert np.isneginf(tilted[DISTANCES_PX > 100]).all()
    assert expected_px(tilted) <= 100


@pytest.mark.parametrize("target_px", [20.0, 80.0, 160.0])
def test_a_map_reaches_its_spacing_though_its_objects_follow_those_before(target_px):
    rng, control = np.random.default_rng(1), SpacingControl(target_px)
    drawn_px = [80.0]
    for _ in range(400):
        # The model of this test prefers the last distances, as the network does.
        logits = -(((DISTANCES_PX - (0.7 * np.mean(drawn_px[-4:]) + 24)) / 30) ** 2)
        tilted = control.tilt(logits)
        probabilities = np.exp(tilted - tilted.max())
        drawn_px.append(rng.choice(DISTANCES_PX, p=probabilities / probabilities.sum()))
    assert np.mean(drawn_px[1:]) == pytest.approx(target_px, rel=0.15)
