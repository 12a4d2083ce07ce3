"""Requested styles of a map."""

import numpy as np
import pytest

from osu_beatmap.beatmap import GameMode
from osuT5.objects.style_control import CONTROLLED, METRICS, StyleControl, profile_bands, style_controls
from osuT5.objects.styles import Style
from osuT5.objects.tokens.fields import DISTANCES_PX, FIELD_SIZES, TURNS, Field, ObjectKind


def _probabilities(logits):
    found = np.exp(logits - logits.max())
    return found / found.sum()


def test_distances_outside_the_playfield_stay_impossible():
    logits = np.where(DISTANCES_PX > 100, -np.inf, 0.0)
    control = StyleControl(DISTANCES_PX, 400.0)
    for _ in range(20):
        tilted = control.tilt(logits)
    assert np.isneginf(tilted[DISTANCES_PX > 100]).all()
    assert 80 < _probabilities(tilted) @ DISTANCES_PX <= 100


@pytest.mark.parametrize("target_px", [20.0, 80.0, 160.0])
def test_a_map_reaches_its_spacing_though_its_objects_follow_those_before(target_px):
    rng, control = np.random.default_rng(1), StyleControl(DISTANCES_PX, target_px)
    drawn_px = [80.0]
    for _ in range(400):
        # The model of this test prefers the last distances, as the network does.
        logits = -(((DISTANCES_PX - (0.7 * np.mean(drawn_px[-4:]) + 24)) / 30) ** 2)
        drawn_px.append(rng.choice(DISTANCES_PX, p=_probabilities(control.tilt(logits))))
    assert np.mean(drawn_px[1:]) == pytest.approx(target_px, rel=0.15)


@pytest.mark.parametrize("target", [0.2, 0.6, 0.85])
def test_a_map_reaches_its_sliders_though_some_objects_have_no_room_for_them(target):
    rng, control = np.random.default_rng(2), StyleControl(np.array([0.0, 1.0]), target)
    drawn = []
    for index in range(300):
        logits = np.array([0.0, -np.inf if index % 10 == 0 else 3.0 if index % 2 else -1.0])
        drawn.append(rng.choice(2, p=_probabilities(control.tilt(logits))))
    assert np.mean(drawn) == pytest.approx(target, abs=0.06)


def test_numbers_of_values_may_depend_on_the_object():
    rng = np.random.default_rng(3)
    control = StyleControl(np.arange(TURNS) * 10.0, 60.0)
    drawn_deg = []
    for _ in range(200):
        numbers = rng.permutation(TURNS) * 10.0
        drawn_deg.append(rng.choice(numbers, p=_probabilities(control.tilt(np.zeros(TURNS), numbers))))
    assert np.mean(drawn_deg) == pytest.approx(60.0, rel=0.2)


def test_every_style_has_a_number_for_each_value():
    for styles in CONTROLLED.values():
        for field, values in styles.values():
            assert values.shape == (FIELD_SIZES[field],)


def test_targets_of_standard_are_those_of_human_made_maps_of_the_star_rating():
    band = profile_bands().band(GameMode.STANDARD, METRICS[Style.SLIDERS], 5.0)
    for relative, expected in ((0.0, band.median), (1.645, band.high), (-1.645, band.low)):
        controls = style_controls({Style.SLIDERS: relative, Style.SPACING: 2.0}, GameMode.STANDARD, 5.0, {})
        assert set(controls) == {Field.KIND}  # the model has no usual spacing
        assert controls[Field.KIND][0].target == pytest.approx(expected)
    logits = np.zeros(FIELD_SIZES[Field.KIND])
    (more,) = style_controls({Style.SLIDERS: 2.0}, GameMode.STANDARD, 5.0, {})[Field.KIND]
    assert np.argmax(more.tilt(logits)) == ObjectKind.SLIDER
    (combos,) = style_controls({Style.COMBOS: 0.0}, GameMode.STANDARD, 5.0, {})[Field.NEW_COMBO]
    assert 0.1 < combos.target < 0.5


def test_targets_without_a_band_are_those_of_the_model():
    levels = {"taiko": {"kats": (0.5, -0.02, 0.1)}}
    (kats,) = style_controls({Style.KATS: 1.0, Style.BIGS: 1.0}, GameMode.TAIKO, 5.0, levels)[Field.KIND]
    assert kats.target == pytest.approx(0.5)
    assert not style_controls({Style.KATS: 1.0}, GameMode.MANIA, 5.0, levels)
    levels = {"catch": {"turns": (2.0, 0.1, 0.5)}}  # profiles of catch have no turns
    ((turns,),) = style_controls({Style.TURNS: 0.0}, GameMode.CATCH, 5.0, levels).values()
    assert turns.target == pytest.approx(2.5)
