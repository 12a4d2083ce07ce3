"""Places of drafts: sliders on the screen, stacks, jumps, catch within reach."""

import math

import pytest

from osu_beatmap.beatmap import Circle, CurveKind, Difficulty, GameMode, PathSegment, Slider, Spinner, TimingPoint
from osu_beatmap.geometry.slider_path import SliderPath
from osu_beatmap.rules import Severity
from osu_beatmap.rules.catch import hyperdashes
from osu_beatmap.rules.chart import Chart
from osu_beatmap.rules.spacing import spacing
from pipeline.finishing.catch_distances import shorten_low_hyperdashes
from pipeline.finishing.positions import even_spacing, place_objects
from pipeline.finishing.report import FinishReport
from pipeline.finishing.slider_shapes import fit_slider, fold_path, screen_area
from pipeline.finishing.working_map import WorkingMap, compose
from tests.support.finish_drafts import RED, steady_circles, work_of
from tests.support.sliders import line_slider


def placed(work: WorkingMap) -> FinishReport:
    report = FinishReport()
    place_objects(work, report)
    return report


def path_of_first(work: WorkingMap) -> SliderPath:
    return SliderPath(work.pieces[0].obj.segments, work.slide_px(work.pieces[0]))


def assert_fits(work: WorkingMap) -> None:
    slider = work.pieces[0].obj
    assert isinstance(slider, Slider)
    assert screen_area(work).holds(path_of_first(work).points)
    assert all(value == int(value) for segment in slider.segments for point in segment.points for value in point)
    assert slider.segments[0].points[0] == (slider.x, slider.y)


@pytest.mark.parametrize(
    ("objects", "options", "places"),
    [
        pytest.param([Circle(1000.0, -40.0, 500.0)], {}, [(0.0, 384.0)], id="within the playfield"),
        pytest.param([Circle(1000.0, 100.4, 99.6)], {}, [(100.0, 100.0)], id="whole pixels"),
        pytest.param(
            [Circle(1000.0, 300.0, 384.0)],
            {"difficulty": Difficulty(circle_size=0.0)},
            [(300.0, 373.0)],  # radius 54.4, screen to 428
            id="a large circle within the screen",
        ),
        pytest.param([Spinner(1000.0, 3, 3, end_ms=3000.0)], {}, [(256.0, 192.0)], id="a spinner"),
        pytest.param([Circle(1000.0, 3, 3)], {"mode": GameMode.TAIKO}, [(256.0, 192.0)], id="a note of taiko"),
        pytest.param(
            [Circle(1000.0, 100, 100), Circle(1250.0, 103, 101), Circle(1500.0, 120, 100), Circle(9000.0, 121, 100)],
            {},
            [(100, 100), (100, 100), (120, 100), (121, 100)],
            id="near neighbours are stacked",
        ),
    ],
)
def test_objects_without_a_path_have_their_places(objects: list, options: dict, places: list):
    work = work_of(*objects, **options)
    assert placed(work).repairs["objects off the playfield"] == (objects[0].x < 0 or places[0][1] == 373.0)
    assert [(piece.obj.x, piece.obj.y) for piece in work.pieces] == places


def test_a_drum_roll_gets_a_path_of_its_length_however_short():
    roll = line_slider(1000.0, (9, 9), (10, 9), length_px=140.0)
    work = work_of(roll, mode=GameMode.TAIKO)
    placed(work)
    assert path_of_first(work).natural_length_px == pytest.approx(140.0)
    assert work.pieces[0].obj.y == 192.0
    slow = (RED, TimingPoint(0.0, -1000.0, uninherited=False))
    work = work_of(line_slider(1000.0, (9, 9), (10, 9), length_px=0.4), lines=slow, mode=GameMode.TAIKO)
    placed(work)
    assert_fits(work)


@pytest.mark.parametrize(
    ("start", "end"), [((100, 100), (200, 100)), ((100, 192), (100, 192))], ids=["too short", "without extent"]
)
def test_a_path_is_as_long_as_the_slider_travels(start: tuple, end: tuple):
    work = work_of(line_slider(1000.0, start, end, length_px=140.0))
    placed(work)
    assert work.pieces[0].obj.segments[0].points == [(100.0, start[1]), (240.0, start[1])]


def test_a_path_that_fits_stays_and_one_a_little_off_the_screen_is_moved():
    arc = PathSegment(CurveKind.PERFECT, [(100.0, 100.0), (170.0, 130.0), (235.0, 100.0)])
    work = work_of(Slider(1000.0, 100, 100, segments=[arc], length_px=153.0))
    assert not placed(work).repairs
    assert work.pieces[0].obj.segments == [arc]
    work = work_of(line_slider(1000.0, (420, 100), (560, 100), length_px=140.0))
    assert placed(work).repairs == {"moved or turned sliders": 1}
    assert_fits(work)
    (x, y), (end_x, _) = work.pieces[0].obj.segments[0].points
    assert (x, y, end_x) == (400.0, 100.0, 540.0)


def test_a_path_far_off_the_screen_turns_about_its_head():
    work = work_of(line_slider(1000.0, (500, 200), (760, 200), length_px=280.0))
    placed(work)
    assert_fits(work)
    assert (work.pieces[0].obj.x, work.pieces[0].obj.y) == (500.0, 200.0)


def test_a_path_too_long_for_the_screen_is_slower_and_keeps_its_time():
    work = work_of(line_slider(1000.0, (0, 200), (900, 200), length_px=1120.0))
    end_ms = work.pieces[0].end_ms
    assert placed(work).repairs["slower sliders"] == 1
    assert_fits(work)
    assert work.pieces[0].speed < 1.0
    assert work.pieces[0].end_ms == end_ms


def test_a_path_that_cannot_be_slower_is_folded_or_a_circle():
    fast = TimingPoint(0.0, 20.0)
    slider = line_slider(1000.0, (10, 200), (900, 200), length_px=14_000.0)
    work = work_of(slider, lines=(fast, TimingPoint(0.0, -1000.0, uninherited=False)))
    assert work.pieces[0].speed == pytest.approx(0.1)
    work.pieces[0].end_ms = 3500.0
    assert placed(work).repairs["folded sliders"] == 1
    assert_fits(work)
    slider = line_slider(1000.0, (10, 200), (900, 200), length_px=100_000.0)
    work = work_of(slider, lines=(TimingPoint(0.0, 6.0), TimingPoint(0.0, -1000.0, uninherited=False)))
    work.pieces[0].end_ms = 50_000.0
    fit_slider(work, work.pieces[0], FinishReport())
    assert isinstance(work.pieces[0].obj, Circle)


def test_mixed_curves_and_nearly_straight_arcs_become_bezier_curves():
    segments = [
        PathSegment(CurveKind.PERFECT, [(100.0, 100.0), (150.0, 120.0), (200.0, 100.0)]),
        PathSegment(CurveKind.LINEAR, [(200.0, 100.0), (240.0, 100.0)]),
    ]
    work = work_of(Slider(1000.0, 100, 100, segments=segments, length_px=140.0))
    placed(work)
    assert {segment.kind for segment in work.pieces[0].obj.segments} == {CurveKind.BEZIER}
    arc = PathSegment(CurveKind.PERFECT, [(100.0, 100.0), (113.0, 103.0), (111.0, 102.0)])
    work = work_of(Slider(1000.0, 100, 100, segments=[arc], length_px=70.0))
    placed(work)
    assert_fits(work)
    assert work.pieces[0].obj.segments[0].kind is CurveKind.BEZIER


def test_too_many_nodes_become_a_polyline():
    points = [(100.0 + number / 2, 100.0 + number % 2) for number in range(280)]
    work = work_of(line_slider(1000.0, *points, length_px=140.0))
    placed(work)
    assert sum(len(segment.points) for segment in work.pieces[0].obj.segments) <= 10 * math.sqrt(140)


@pytest.mark.parametrize("vertical", [False, True])
def test_a_folded_path_has_any_length(vertical: bool):
    area = screen_area(work_of())
    path = SliderPath(fold_path((100.0, 100.0), 3000.0, area, vertical))
    assert path.natural_length_px == pytest.approx(3000.0, abs=1.0)
    assert area.holds(path.points)


def test_a_wild_jump_is_shortened():
    stream = [Circle(1000.0 + 125.0 * number, 100 + number % 2, 100) for number in range(40)]
    work = work_of(*stream, Circle(6000.0, 500, 380), difficulty=Difficulty(circle_size=7.0))
    report = FinishReport()
    even_spacing(work, report)
    assert report.repairs["wild jumps"]
    found = spacing(Chart(compose(work)))
    assert all(finding.severity is not Severity.PROBLEM for finding in found)


def test_low_catch_maps_have_no_hyperdash_and_fast_streams_stand_upright():
    fruits = [Circle(1000.0 + 250.0 * number, 512.0 * (number % 2), 192) for number in range(8)]
    work = work_of(*fruits, *steady_circles(4000.0), mode=GameMode.CATCH)
    assert list(hyperdashes(Chart(compose(work), star_rating=1.0)))
    report = FinishReport()
    shorten_low_hyperdashes(work, report)
    assert not list(hyperdashes(Chart(compose(work), star_rating=1.0)))
    assert report.repairs["hyperdashes in a low level"]
    slider = line_slider(1000.0, (0, 192), (500, 192), length_px=500.0, slides=7)
    fast = (RED, TimingPoint(0.0, -20.0, uninherited=False))
    work = work_of(slider, *steady_circles(4000.0), lines=fast, mode=GameMode.CATCH)
    shorten_low_hyperdashes(work, FinishReport())
    assert not list(hyperdashes(Chart(compose(work), star_rating=1.0)))
