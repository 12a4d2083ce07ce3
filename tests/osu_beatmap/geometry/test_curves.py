"""Polylines of single curves against literal and analytic cases."""

import math

import numpy as np
import pytest

from osu_beatmap.geometry.curves import flatten_arc, flatten_bezier, flatten_catmull


def points(*pairs: tuple[float, float]) -> np.ndarray:
    return np.array(pairs, dtype=np.float64)


def length_px(line: np.ndarray) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def distance_px(point: np.ndarray, line: np.ndarray) -> float:
    """From a point to the nearest point of a polyline."""
    chords, offsets = np.diff(line, axis=0), point - line[:-1]
    share = np.clip((chords * offsets).sum(axis=1) / np.maximum((chords**2).sum(axis=1), 1e-12), 0, 1)
    return float(np.hypot(*(offsets - share[:, None] * chords).T).min())


def de_casteljau(control: np.ndarray, t: float) -> np.ndarray:
    while len(control) > 1:
        control = control[:-1] * (1 - t) + control[1:] * t
    return control[0]


@pytest.mark.parametrize("degree", [2, 3, 4, 9, 40, 300])
def test_bezier_of_any_degree_follows_the_curve(degree: int) -> None:
    control = np.random.default_rng(degree).uniform(0, 400, (degree + 1, 2))
    line = flatten_bezier(control)
    assert line[0] == pytest.approx(control[0])
    assert line[-1] == pytest.approx(control[-1])
    for t in np.linspace(0, 1, 41):
        # The game's smoothing of pieces of high degree strays a little beyond its tolerance.
        assert distance_px(de_casteljau(control, t), line) < (0.25 if degree < 100 else 0.5)


@pytest.mark.parametrize("tolerance_px", [0.01, 0.1, 1.0])
def test_bezier_lines_stay_within_the_tolerance(tolerance_px: float) -> None:
    control = points((0, 0), (400, 0), (-200, 300), (300, 300))
    line = flatten_bezier(control, tolerance_px)
    assert max(distance_px(de_casteljau(control, t), line) for t in np.linspace(0, 1, 201)) <= tolerance_px


def test_bezier_has_the_lines_of_the_games_subdivision() -> None:
    # Second difference 0.5 px, flat at once: start, the middle smoothed by its neighbours, end.
    assert flatten_bezier(points((0, 0), (50, 0.25), (100, 0))).tolist() == [[0, 0], [50, 0.125], [100, 0]]
    # Second difference 2 px: halved once, which leaves 0.5 px each.
    line = flatten_bezier(points((0, 0), (50, 1), (100, 0)))
    assert line.tolist() == [[0, 0], [25, 0.375], [50, 0.5], [75, 0.375], [100, 0]]
    assert flatten_bezier(points((1, 2), (3, 4))).tolist() == [[1, 2], [3, 4]], "a short one is its control points"


@pytest.mark.parametrize(
    ("control", "length", "middle"),
    [
        (points((0, 0), (100, 100), (200, 0)), math.pi * 100, (100, 100)),
        (points((0, 0), (100, -100), (200, 0)), math.pi * 100, (100, -100)),
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
    assert distance_px(np.array(middle), line) < 0.01


def test_points_on_one_line_have_no_arc_and_nearly_straight_ones_stay_near() -> None:
    assert flatten_arc(points((0, 0), (50, 50), (100, 100)), 0.1) is None
    assert flatten_arc(points((0, 0), (100, 100), (50, 50)), 0.1) is None
    assert flatten_arc(points((7, 7), (7, 7), (7, 7)), 0.1) is None
    assert flatten_arc(points((100_000, 0), (-100_000, 0), (0, -100_000)), 0.1) is None
    line = flatten_arc(points((0, 0), (200, 1), (400, 0)), 0.1)
    assert line is not None
    assert line[:, 1].min() >= 0
    assert line[:, 1].max() <= 1.0 + 1e-9


def test_catmull_goes_through_its_points_and_of_two_is_straight() -> None:
    control = points((0, 0), (100, 0), (100, 100))
    line = flatten_catmull(control)
    assert len(line) == 2 * 50 + 1
    assert line[[0, 50, 100]].tolist() == control.tolist()
    # Halves of the pieces: (9 (start + end) - before - after) / 16, with (0, 0) before and (100, 200) after.
    assert line[25].tolist() == pytest.approx([50, -6.25])
    assert line[75].tolist() == pytest.approx([106.25, 43.75])
    line = flatten_catmull(points((0, 0), (100, 50)))
    assert line[:, 0] == pytest.approx(2 * line[:, 1])
    assert line[-1].tolist() == [100, 50]
