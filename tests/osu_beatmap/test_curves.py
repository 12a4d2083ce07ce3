"""Polylines of single curves against literal and analytic cases."""

from __future__ import annotations

import math

import numpy as np
import pytest

from osu_beatmap.curves import flatten_arc, flatten_bezier, flatten_catmull


def points(*pairs: tuple[float, float]) -> np.ndarray:
    return np.array(pairs, dtype=np.float64)


def length_px(line: np.ndarray) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def de_casteljau(control: np.ndarray, t: float) -> np.ndarray:
    while len(control) > 1:
        control = control[:-1] * (1 - t) + control[1:] * t
    return control[0]


@pytest.mark.parametrize("degree", [2, 3, 4, 9, 40, 300])
def test_bezier_points_lie_on_the_curve(degree: int) -> None:
    control = np.random.default_rng(degree).uniform(0, 400, (degree + 1, 2))
    line = flatten_bezier(control, 0.1)
    steps = len(line) - 1
    for index in (0, 1, steps // 3, steps - 1, steps):
        assert line[index] == pytest.approx(de_casteljau(control, index / steps), abs=1e-6)


@pytest.mark.parametrize("tolerance_px", [0.01, 0.1, 1.0])
def test_bezier_lines_stay_within_the_tolerance(tolerance_px: float) -> None:
    control = points((0, 0), (400, 0), (-200, 300), (300, 300))
    line = flatten_bezier(control, tolerance_px)
    steps = len(line) - 1
    for index in range(steps):
        chord = line[index + 1] - line[index]
        offset = de_casteljau(control, (index + 0.5) / steps) - line[index]
        distance_px = abs(chord[0] * offset[1] - chord[1] * offset[0]) / np.hypot(*chord)
        assert distance_px <= tolerance_px


def test_bezier_of_a_parabola_has_its_closed_form_length() -> None:
    # y = x (100 - x) / 50 over 0..100 has slope 2 at both ends.
    line = flatten_bezier(points((0, 0), (50, 100), (100, 0)), 0.001)
    assert length_px(line) == pytest.approx(25 * (2 * math.sqrt(5) + math.asinh(2)), abs=0.01)


def test_short_bezier_is_its_control_points() -> None:
    assert flatten_bezier(points((1, 2), (3, 4)), 0.1).tolist() == [[1, 2], [3, 4]]
    assert flatten_bezier(points((1, 2)), 0.1).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("control", "length", "middle"),
    [
        (points((0, 0), (100, 100), (200, 0)), math.pi * 100, (100, 100)),
        (points((0, 0), (100, -100), (200, 0)), math.pi * 100, (100, -100)),
        (points((200, 0), (100, 100), (0, 0)), math.pi * 100, (100, 100)),
        # three quarters of a circle about the origin
        (points((50, 0), (-50, 0), (0, -50)), math.pi * 75, (50 * math.cos(2.356194), 50 * math.sin(2.356194))),
        # its other quarter
        (points((50, 0), (35.355339, -35.355339), (0, -50)), math.pi * 25, (35.355339, -35.355339)),
    ],
)
def test_arc(control: np.ndarray, length: float, middle: tuple[float, float]) -> None:
    line = flatten_arc(control, 0.0001)
    assert line is not None
    assert line[0].tolist() == control[0].tolist()
    assert line[-1].tolist() == control[2].tolist()
    assert length_px(line) == pytest.approx(length, abs=0.02)
    distance_px = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    half_px = distance_px[-1] / 2
    assert np.interp(half_px, distance_px, line[:, 0]) == pytest.approx(middle[0], abs=0.05)
    assert np.interp(half_px, distance_px, line[:, 1]) == pytest.approx(middle[1], abs=0.05)


def test_points_on_one_line_or_a_giant_circle_have_no_arc() -> None:
    assert flatten_arc(points((0, 0), (50, 50), (100, 100)), 0.1) is None
    assert flatten_arc(points((0, 0), (100, 100), (50, 50)), 0.1) is None
    assert flatten_arc(points((7, 7), (7, 7), (7, 7)), 0.1) is None
    assert flatten_arc(points((100_000, 0), (-100_000, 0), (0, -100_000)), 0.1) is None


def test_arc_that_is_almost_straight_stays_near_its_points() -> None:
    line = flatten_arc(points((0, 0), (200, 1), (400, 0)), 0.1)
    assert line is not None
    assert line[:, 1].min() >= 0
    assert line[:, 1].max() <= 1.0 + 1e-9


def test_catmull_goes_through_its_points_with_its_literal_values() -> None:
    control = points((0, 0), (100, 0), (100, 100))
    line = flatten_catmull(control)
    assert len(line) == 2 * 50 + 1
    assert line[[0, 50, 100]].tolist() == control.tolist()
    # Halves of the pieces: (9 (start + end) - before - after) / 16, with (0, 0) before and (100, 200) after.
    assert line[25].tolist() == pytest.approx([50, -6.25])
    assert line[75].tolist() == pytest.approx([106.25, 43.75])


def test_catmull_of_two_points_is_straight() -> None:
    line = flatten_catmull(points((0, 0), (100, 50)))
    assert line[:, 0] == pytest.approx(2 * line[:, 1])
    assert line[-1].tolist() == [100, 50]
