"""Requested styles of a map."""

import numpy as np
import pytest

from osu_beatmap.beatmap import GameMode
from osuT5.objects.style_control import CONTROLLED, StyleControl, expected_value, style_controls, tilt_to_mean
from osuT5.objects.styles import Style
from osuT5.objects.tokens.fields import DISTANCES_PX, FIELD_SIZES, Field, ObjectKind


def test_the_expected_distance_becomes_the_requested_one():
    logits = np.random.default_rng(0).normal(0.0, 1.0, len(DISTANCES_PX))
    for wanted_px in (15.0, 80.0, 300.0):
        tilted = tilt_to_mean(logits, DISTANCES_PX, wanted_px)
        assert expected_value(tilted, DISTANCES_PX) == pytest.approx(wanted_px, abs=0.1)


def test_distances_outside_the_playfield_stay_impossible():
    logits = np.where(DISTANCES_PX > 100, -np.inf, 0.0)
    tilted = tilt_to_mean(logits, DISTANCES_PX, 400.0)
    assert np.isneginf(tilted[DISTANCES_PX > 100]).all()
    assert expected_value(tilted, DISTANCES_PX) <= 100


@pytest.mark.parametrize("target_px", [20.0, 80.0, 160.0])
def test_a_map_reaches_its_spacing_though_its_objects_follow_those_before(target_px):
    rng, control = np.random.default_rng(1), StyleControl(DISTANCES_PX, target_px)
    drawn_px = [80.0]
    for _ in range(400):
        # The model of this test prefers the last distances, as the network does.
        logits = -(((DISTANCES_PX - (0.7 * np.mean(drawn_px[-4:]) + 24)) / 30) ** 2)
        tilted = control.tilt(logits)
        probabilities = np.exp(tilted - tilted.max())
        drawn_px.append(rng.choice(DISTANCES_PX, p=probabilities / probabilities.sum()))
    assert np.mean(drawn_px[1:]) == pytest.approx(target_px, rel=0.15)


def test_every_style_has_a_number_for_each_value():
    for styles in CONTROLLED.values():
        for field, values in styles.values():
            assert values.shape == (FIELD_SIZES[field],)


def test_targets_are_those_of_the_mode_and_level():
    levels = {"standard": {"sliders": (0.5, -0.02, 0.1), "combos": (2.0, 0.1, 0.5)}}
    styles = {Style.SLIDERS: 1.0, Style.COMBOS: 0.0, Style.SPACING: 2.0}
    controls = style_controls(styles, GameMode.STANDARD, 5.0, levels)
    assert set(controls) == {Field.KIND, Field.NEW_COMBO}  # the corpus knows no usual spacing
    (sliders,), (combos,) = controls[Field.KIND], controls[Field.NEW_COMBO]
    assert sliders.target == pytest.approx(0.5)
    assert combos.target == pytest.approx(2**-2.5)
    logits = np.zeros(FIELD_SIZES[Field.KIND])
    assert np.argmax(sliders.tilt(logits)) == ObjectKind.SLIDER
    assert not style_controls(styles, GameMode.MANIA, 5.0, levels)
