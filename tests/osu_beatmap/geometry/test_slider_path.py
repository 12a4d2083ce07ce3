"""Whole slider paths: joints, cutting, prolonging, positions; and agreement with the `slider` package."""

import math

import numpy as np
import pytest

from osu_beatmap.beatmap import CurveKind, PathSegment, Point, Slider
from osu_beatmap.errors import BeatmapError
from osu_beatmap.geometry.slider_path import SliderPath, end_of_object, end_position, flatten, scale_to_length


def segment(kind: str, *points: Point) -> PathSegment:
    return PathSegment(CurveKind(kind), list(points))


CORNER = [segment("L", (0, 0), (100, 0), (100, 100))]
HALF_CIRCLE = [segment("P", (0, 0), (100, 100), (200, 0))]


@pytest.mark.parametrize(
    ("segments", "length_px", "end"),
    [
        (CORNER, 200, (100, 100)),
        (CORNER, 100, (100, 0)),
        (CORNER, 260, (100, 160)),
        (CORNER, 0, (100, 100)),
        (HALF_CIRCLE, math.pi * 50, (100, 100)),
        (HALF_CIRCLE, math.pi * 25, (100 - 70.71, 70.71)),
        # straight "perfect" curves are lines, also where they double back
        ([segment("P", (0, 0), (50, 0), (100, 0))], 130, (130, 0)),
        ([segment("P", (0, 0), (100, 0), (50, 0))], 120, (80, 0)),
        # of four points they are Bezier curves
        ([segment("P", (0, 0), (0, 100), (100, 100), (100, 0))], 0, (100, 0)),
        ([segment("B", (0, 0), (50, 100), (100, 0))], 73.9471, (50, 50)),
        ([segment("B", (0, 0), (10, 0)), segment("B", (10, 0), (10, 30))], 25, (10, 15)),
        ([segment("B", (0, 0), (50, 0)), segment("P", (50, 0), (100, 50), (50, 100))], 50 + math.pi * 25, (100, 50)),
        # a doubled end leaves no direction to go on in
        ([segment("L", (0, 0), (50, 0), (50, 0))], 90, (50, 0)),
        ([segment("L", (0, 0), (50, 0), (50, 0))], 30, (30, 0)),
        # no extent at all
        ([segment("B", (5, 5), (5, 5), (5, 5))], 70, (5, 5)),
        ([segment("L", (5, 5))], 70, (5, 5)),
    ],
)
def test_end(segments: list[PathSegment], length_px: float, end: Point) -> None:
    # The polyline of an arc is a little shorter than the arc, so cuts come out up to 0.1 px later.
    assert SliderPath(segments, length_px).end == pytest.approx(end, abs=0.15)


def test_path_knows_its_lengths_and_positions_and_has_joints_once() -> None:
    path = SliderPath(CORNER, 150)
    assert path.natural_length_px == 200
    assert path.length_px == 150
    assert path.points.tolist() == [[0, 0], [100, 0], [100, 50]]
    assert path.cumulative_px.tolist() == [0, 100, 150]
    assert path.position_at(0.0) == (0, 0)
    assert path.position_at(0.5) == (75, 0)
    assert path.position_at(1.0) == (100, 50)
    assert path.positions(np.array([-5, 25, 125, 999])).tolist() == [[0, 0], [25, 0], [100, 25], [100, 50]]
    line = flatten([segment("L", (0, 0), (10, 0)), segment("L", (10, 0), (10, 10)), segment("L", (10, 10), (20, 10))])
    assert line.tolist() == [[0, 0], [10, 0], [10, 10], [20, 10]]


def test_slides_decide_where_the_object_ends() -> None:
    slider = Slider(0, 0, 0, segments=CORNER, slides=1, length_px=150)
    assert end_of_object(slider) == end_position(slider) == (100, 50)
    slider.slides = 2
    assert end_of_object(slider) == (0, 0)
    assert end_position(slider) == (100, 50)
    slider.slides = 3
    assert end_of_object(slider) == (100, 50)


@pytest.mark.parametrize("segments", [CORNER, HALF_CIRCLE, [segment("B", (9, 9), (70, 10), (0, 80), (90, 90))]])
def test_scaling_meets_the_length_and_keeps_the_head(segments: list[PathSegment]) -> None:
    scaled = scale_to_length(segments, 333)
    assert scaled[0].points[0] == segments[0].points[0]
    assert SliderPath(scaled).natural_length_px == pytest.approx(333, abs=0.3)


def test_bad_paths_are_refused_in_a_sentence() -> None:
    for bad in (math.nan, math.inf, 1e308):
        for kind in "LBPC":
            with pytest.raises(BeatmapError, match="coordinate"):
                SliderPath([segment(kind, (0, 0), (bad, 0), (10, 10))], 10)
    with pytest.raises(BeatmapError, match="no points"):
        SliderPath([], 10)
    with pytest.raises(BeatmapError, match="without extent"):
        scale_to_length([segment("L", (0, 0), (0, 0))], 10)
