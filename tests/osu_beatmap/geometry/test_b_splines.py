"""B-spline sliders of osu!lazer: read, measured, cut, encoded and written back as what they are."""

import copy
import pickle

import numpy as np
import pytest
from scipy.interpolate import BSpline

from osu_beatmap.beatmap import CurveKind, PathSegment
from osu_beatmap.files.hit_object_lines import format_object_line, format_path, parse_object_line, parse_path
from osu_beatmap.files.reader import parse_beatmap, read_beatmap
from osu_beatmap.files.writer import write_beatmap
from osu_beatmap.geometry.curves import bezier_pieces, flatten_b_spline
from osu_beatmap.geometry.path_batch import PathBatch
from osu_beatmap.geometry.path_trim import trim_path
from osu_beatmap.geometry.slider_path import SliderPath, replace_b_splines
from osu_beatmap.star_rating import star_rating
from osuT5.encoding.hit_objects.slider_anchors import anchors_of, segments_of
from pipeline.finishing.slider_shapes import move_path

LAZER = 128
HEAD = (100.0, 100.0)
TAIL = "200:300|300:100|400:300|450:120|300:60"


def path(kind: str, tail: str = TAIL) -> list[PathSegment]:
    return parse_path(f"{kind}|{tail}", HEAD, LAZER)


@pytest.mark.parametrize(
    ("kind", "natural_px", "end"),
    [
        ("B4", 552.9, (403.2, 139.3)),
        ("B3", 607.7, (417.0, 189.4)),
        ("B2", 723.6, (369.7, 233.4)),
        ("B", 479.8, (350.4, 91.6)),
        ("B5", 479.8, (350.4, 91.6)),
        ("B12", 479.8, (350.4, 91.6)),
        ("B1", 1019.2, (287.8, 124.3)),
    ],
)
def test_lengths_and_ends_are_those_of_lazer(kind, natural_px, end):
    """A degree of all points or more is one Bezier curve, and degree 1 is straight lines."""
    segments = path(kind)
    assert SliderPath(segments).length_px == pytest.approx(natural_px, abs=0.1)
    assert SliderPath(segments, 420.0).end == pytest.approx(end, abs=0.06)
    assert format_path(segments, LAZER) == f"{kind}|{TAIL}"
    control = np.array(list(segments[0].points))
    batch = PathBatch([[(segments[0].kind, np.arange(len(control)))]])
    assert batch.natural_lengths(control) == pytest.approx([natural_px], rel=2e-3)


def test_the_polyline_is_that_of_osu_framework():
    """Its own test has these numbers for a tolerance of 0.25 px."""
    control = np.array([(0, 0), (1, 0), (1, -1), (-1, -1), (-1, 1), (3, 2), (3, 0)], dtype=float)
    line = flatten_b_spline(control, 4)
    assert len(line) == 29
    np.testing.assert_allclose(line[[0, 10, 28]], [(0, 0), (-0.11415, -0.69065), (3, 0)], atol=1e-4)


@pytest.mark.parametrize(("count", "degree"), [(4, 2), (6, 4), (9, 3), (30, 7)])
def test_the_pieces_are_the_clamped_uniform_spline(count, degree):
    control = np.random.default_rng(count).uniform(0, 500, (count, 2))
    knots = np.concatenate([np.zeros(degree), np.arange(count - degree + 1), np.full(degree, count - degree)])
    spline = BSpline(knots, control, degree)
    pieces = bezier_pieces(control, degree)
    assert len(pieces) == count - degree
    for number, piece in enumerate(pieces):
        points, share = piece, 0.3
        while len(points) > 1:
            points = points[:-1] + (points[1:] - points[:-1]) * share
        np.testing.assert_allclose(points[0], spline(number + share), atol=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "P|150:150|200:100|B4|300:100|350:300|400:100|450:300|500:100",
        "B3|150:150|200:100|250:150|300:100|L|400:100|B|450:300|500:100|500:200",
        "B4|150:150|200:100|250:150|300:100|350:0|350:0|400:0|410:60|420:30|430:90|440:0",
    ],
)
def test_a_part_with_a_degree_stands_beside_parts_of_other_kinds(text):
    segments = parse_path(text, HEAD, LAZER)
    assert any(segment.kind.degree for segment in segments)
    assert parse_path(format_path(segments, LAZER), HEAD, LAZER) == segments
    natural_px = SliderPath(segments).length_px
    assert SliderPath(replace_b_splines(segments)).length_px == pytest.approx(natural_px, rel=1e-3)
    for share in (0.3, 0.55, 0.8):
        cut = trim_path(segments, share * natural_px)
        assert SliderPath(cut).natural_length_px == pytest.approx(share * natural_px, abs=0.5)
        assert SliderPath(cut).end == pytest.approx(SliderPath(segments, share * natural_px).end, abs=0.7)


def test_tokens_describe_the_same_curve():
    segments = path("B4")
    again = segments_of(HEAD, list(anchors_of(segments)), segments[-1].points[-1])
    shares = np.linspace(0, 1, 20) * SliderPath(segments).length_px
    np.testing.assert_allclose(SliderPath(again).positions(shares), SliderPath(segments).positions(shares), atol=0.5)


def test_a_kind_is_one_object_wherever_it_goes():
    kind = CurveKind("B4")
    assert kind.degree == 4
    assert copy.deepcopy(kind) is kind is pickle.loads(pickle.dumps(kind))
    assert len(CurveKind) == 4
    for text in ("B0", "B-1", "X", "", "4"):
        with pytest.raises(ValueError, match="CurveKind"):
            CurveKind(text)


@pytest.mark.parametrize("text", ["X", "B0", "Bad", "L3", "Z9", "B99999999999"])
def test_unknown_kinds_are_played_as_osu_does_written_back_and_noted(text):
    line = f"100,100,1000,2,0,{text}|200:300|300:100,1,120,0|0,0:0|0:0,0:0:0:0:"
    assert format_object_line(parse_object_line(line, LAZER), LAZER) == line
    warnings: list[str] = []
    beatmap = parse_beatmap(f"osu file format v{LAZER}\n\n[HitObjects]\n{line}\n", "x.osu", warnings)
    assert warnings == [f"unknown curve types of sliders ('{text}') read as osu! reads them, and kept as they are"]
    assert line in write_beatmap(beatmap)
    (slider,) = beatmap.hit_objects
    assert {segment.written for segment in move_path(slider.segments, 5.0, 5.0)} == {text}, "moved, it is still that"


def test_stars_are_those_of_the_curve():
    """In osu!lazer's format, whose coordinates have fractions."""
    lines = [f"100,100,{900 * number},2,0,{{}},1,420" for number in range(1, 12)]
    lines += [f"400,140,{900 * number + 400},1,0" for number in range(1, 12)]
    text = f"osu file format v{LAZER}\n\n[TimingPoints]\n0,300,4,2,0,50,1,0\n\n[HitObjects]\n" + "\n".join(lines)
    spline, bezier = (text.format(*[f"{kind}|{TAIL}"] * 11) for kind in ("B4", "B"))
    assert star_rating(spline) == star_rating(parse_beatmap(spline))
    assert abs(star_rating(spline) - star_rating(bezier)) > 0.01, "its end is elsewhere"


def test_the_shared_case_is_read_and_written(shared_dir):
    case = shared_dir / "cases" / "b-spline" / "map.osu"
    if not case.is_file():
        pytest.skip("the case b-spline is not on this machine")
    beatmap = read_beatmap(case)
    assert f"B4|{TAIL},1,420" in write_beatmap(beatmap)
