"""Measures of places against literal values."""

import numpy as np
import pytest

from evaluation.measures.placement_metrics import (
    cut_shares,
    object_starts,
    slider_turns_deg,
    spacings_px,
    stack_pairs,
    turning_angles_deg,
    wasserstein,
)
from osu_beatmap.beatmap import Circle
from osu_diffusion.points import sequence_of
from tests.osu_diffusion.point_maps import beatmap_of, line, slider

CORNER = sequence_of(
    beatmap_of(
        Circle(0.0, 0.0, 0.0),
        slider(250.0, line((100.0, 0.0), (200.0, 0.0), (200.0, 100.0)), length_px=200.0),
        Circle(1500.0, 200.0, 130.0),
        Circle(1750.0, 200.0, 130.0),
    )
)


def test_measures_of_a_corner() -> None:
    assert object_starts(CORNER).tolist() == [0, 1, 5, 6]
    assert spacings_px(CORNER, CORNER.positions) == pytest.approx([100.0, 30.0, 0.0])
    assert turning_angles_deg(CORNER, CORNER.positions) == pytest.approx([np.degrees(np.arctan2(130.0, 100.0))])
    assert slider_turns_deg(CORNER, CORNER.positions) == pytest.approx([90.0], abs=1e-6)
    assert cut_shares(CORNER, CORNER.positions).tolist() == [False]
    assert cut_shares(CORNER, CORNER.positions * 1.2).tolist() == [True]
    pairs = stack_pairs(CORNER, CORNER.positions)
    assert len(pairs) == 3 + 2 + 1
    assert pairs.sum() == 1


def test_wasserstein() -> None:
    assert wasserstein(np.array([0.0, 1.0]), np.array([2.0, 3.0])) == pytest.approx(2.0)
    assert wasserstein(np.array([0.0, 0.0, 3.0]), np.array([0.0, 3.0])) == pytest.approx(0.5)
    assert wasserstein(np.array([5.0, 1.0]), np.array([1.0, 5.0])) == 0.0
    assert np.isnan(wasserstein(np.zeros(0), np.ones(2)))
