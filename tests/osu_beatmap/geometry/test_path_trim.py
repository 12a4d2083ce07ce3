"""Paths that end where their sliders do play as they did before."""

import numpy as np
import pytest

from osu_beatmap.beatmap import CurveKind, PathSegment
from osu_beatmap.geometry.path_trim import trim_path
from osu_beatmap.geometry.slider_path import SliderPath

B, L, P, C = CurveKind.BEZIER, CurveKind.LINEAR, CurveKind.PERFECT, CurveKind.CATMULL
BEZIER = [PathSegment(B, [(0.0, 0.0), (60.0, 120.0), (140.0, -60.0), (200.0, 40.0)])]
ARC = [PathSegment(P, [(0.0, 0.0), (100.0, 100.0), (200.0, 0.0)])]
CORNERS = [PathSegment(L, [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0)])]
TWO = [PathSegment(B, [(0.0, 0.0), (50.0, 90.0), (100.0, 0.0)]), PathSegment(B, [(100.0, 0.0), (200.0, 0.0)])]


@pytest.mark.parametrize(("segments", "length_px"), [(BEZIER, 90.0), (ARC, 200.0), (CORNERS, 130.0), (TWO, 150.0)])
def test_the_same_is_played(segments: list[PathSegment], length_px: float) -> None:
    trimmed = trim_path(segments, length_px)
    before, after = SliderPath(segments, length_px), SliderPath(trimmed, length_px)
    assert after.natural_length_px == pytest.approx(length_px, rel=2e-3)
    distances = np.linspace(0.0, length_px, 20)
    assert np.abs(before.positions(distances) - after.positions(distances)).max() < 0.4


def test_what_lies_behind_the_end_is_dropped() -> None:
    assert trim_path(TWO, 60.0)[0].kind is B
    assert len(trim_path(TWO, 60.0)) == 1
    assert trim_path(CORNERS, 40.0) == [PathSegment(L, [(0.0, 0.0), (40.0, 0.0)])]
    straight_arc = [PathSegment(P, [(0.0, 0.0), (50.0, 0.0), (100.0, 0.0)])]
    assert trim_path(straight_arc, 80.0)[0].points[-1] == (80.0, 0.0)


@pytest.mark.parametrize("length_px", [0.0, 200.0, 300.0])
def test_a_path_that_is_not_too_long_and_a_catmull_spline_are_left_alone(length_px: float) -> None:
    assert trim_path(CORNERS, length_px) == CORNERS
    spline = [PathSegment(C, [(0.0, 0.0), (50.0, 50.0), (100.0, 0.0)])]
    assert trim_path(spline, 60.0) == spline
