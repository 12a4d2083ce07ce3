"""One line of [HitObjects] in, one object out, and back."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from osu_beatmap.beatmap import Circle, CurveKind, HitSample, HoldNote, PathSegment, SliderEdge, Spinner
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.hit_object_lines import format_object_line, format_path, parse_object_line, parse_path
from osu_beatmap.files.number_fields import FieldError

LAZER = 128
B, C, L, P = CurveKind.BEZIER, CurveKind.CATMULL, CurveKind.LINEAR, CurveKind.PERFECT


def path_of(text: str, version: int = 14) -> list[tuple[CurveKind, list[tuple[float, float]]]]:
    return [(segment.kind, segment.points) for segment in parse_path(text, (0.0, 0.0), version)]


def test_circle_with_every_field():
    circle = parse_object_line("64,192,1500.5,53,10,2:3:4:70:hit.wav", 14)
    expected_sample = HitSample(2, 3, 4, 70, "hit.wav")
    assert circle == Circle(1500.5, 64.0, 192.0, new_combo=True, combo_skip=3, hitsound=10, sample=expected_sample)
    assert format_object_line(circle, 14) == "64,192,1500.5,53,10,2:3:4:70:hit.wav"


@pytest.mark.parametrize(
    "line", ["64,192,1500,1,0", "64,192,1500,1,0,", "64,192,1500,1,0,0:0", " 64,192,1500,1,0,0:0:0:0:"]
)
def test_old_circles_lack_the_sample_or_parts_of_it(line):
    assert parse_object_line(line, 3) == Circle(1524.0, 64.0, 192.0)


def test_hold_notes_and_spinners_end_no_earlier_than_they_start():
    hold = parse_object_line("448,192,1000,128,2,1400:1:0:0:30:", 14)
    assert hold == HoldNote(1000.0, 448.0, 192.0, hitsound=2, sample=HitSample(1, 0, 0, 30), end_ms=1400.0)
    assert format_object_line(hold, 14) == "448,192,1000,128,2,1400:1:0:0:30:"
    assert parse_object_line("448,192,1000,128,0,1400", 14).end_ms == 1400.0
    assert parse_object_line("448,192,1000,128,0,900:0:0:0:0:", 14).end_ms == 1000.0
    assert parse_object_line("256,192,1000,12,0,3000,0:0:0:0:", 14) == Spinner(
        1000.0, 256.0, 192.0, new_combo=True, end_ms=3000.0
    )
    assert parse_object_line("256,192,1000,8,0,500", 14).end_ms == 1000.0


def test_slider_with_every_field():
    line = "100,200,2000,6,2,B|150:200|150:200|200:250,2,120.5,2|0|8,1:2|0:0|3:3,1:0:0:0:"
    slider = parse_object_line(line, 14)
    assert slider.segments == [
        PathSegment(B, [(100.0, 200.0), (150.0, 200.0)]),
        PathSegment(B, [(150.0, 200.0), (200.0, 250.0)]),
    ]
    assert (slider.slides, slider.length_px) == (2, 120.5)
    assert slider.edges == [SliderEdge(2, 1, 2), SliderEdge(0, 0, 0), SliderEdge(8, 3, 3)]
    assert format_object_line(slider, 14) == line


@pytest.mark.parametrize(
    ("tail", "sounds"),
    [("", [4, 4, 4]), (",2", [2, 4, 4]), (",2|0|8|8|8,0:0", [2, 0, 8]), (",x|0|8", [0, 0, 8])],
)
def test_edge_lists_of_the_wrong_length_are_cut_or_filled_with_the_sliders_own_sounds(tail, sounds):
    slider = parse_object_line(f"0,0,0,2,4,L|10:10,2,14{tail}", 14)
    assert [edge.hitsound for edge in slider.edges] == sounds


def test_edges_without_sets_take_those_of_the_slider_and_unknown_ones_count_as_none():
    slider = parse_object_line("0,0,0,2,0,L|10:10,1,14,0|0,,3:2:0:0:", 14)
    assert slider.edges == [SliderEdge(0, 3, 2)] * 2
    circle = parse_object_line("0,0,0,1,18,9:-1:0:-5:", 14)
    assert (circle.hitsound, circle.sample) == (2, HitSample())


@pytest.mark.parametrize(
    ("slides", "length", "expected"), [("0", "-5", (1, 0.0)), ("-3", "", (1, 0.0)), ("3", "7.5", (3, 7.5))]
)
def test_slides_and_lengths_below_the_least_are_repaired(slides, length, expected):
    slider = parse_object_line(f"0,0,0,2,0,L|10:10,{slides},{length}", 14)
    assert (slider.slides, slider.length_px) == expected


@pytest.mark.parametrize(
    "line",
    [
        "1,2,3",
        "x,0,0,1,0",
        "0,1e308,0,1,0",
        "0,0,inf,1,0",
        "0,0,3e9,1,0",
        "0,0,0,64,0",
        "0,0,0,1,0,a:b:c",
        "0,0,0,2,0,10:10,1,14",
        "0,0,0,2,0,B|10,1,14",
        "0,0,0,2,0,B|10:NaN,1,14",
        "0,0,0,2,0,B|10:10,9001,14",
        "0,0,0,2,0,B|10:10,1,-1.79769313486231E+308",
        "0,0,0,2,0",
        "0,0,0,8,0",
        "0,0,1_0,1,0",
        "0,0,0," + "9" * 5000 + ",0",
    ],
)
def test_lines_that_osu_refuses(line):
    with pytest.raises(FieldError):
        parse_object_line(line, 14)


def test_coordinates_are_truncated_before_the_format_of_lazer():
    line = "10.9,-10.9,5.25,2,0,L|20.7:30.2,1,14"
    old, new = parse_object_line(line, 14), parse_object_line(line, LAZER)
    assert (old.x, old.y, old.time_ms, old.segments[0].points[1]) == (10.0, -10.0, 5.25, (20.0, 30.0))
    assert (new.x, new.y, new.time_ms, new.segments[0].points[1]) == (10.9, -10.9, 5.25, (20.7, 30.2))


def test_paths_of_one_letter():
    a, b, c = (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)
    head = (0.0, 0.0)
    assert path_of("L|10:0|10:10|10:10|0:10") == [(L, [head, a, b, c])]
    assert path_of("P|10:0|10:10") == [(P, [head, a, b])]
    assert path_of("P|10:0|20:0") == [(L, [head, a, (20.0, 0.0)])]  # a straight perfect curve
    assert path_of("P|10:0|10:10|0:10") == [(B, [head, a, b, c])]
    assert path_of("P|10:0") == [(B, [head, a])]
    assert path_of("B|0:0|10:0|10:10") == [(B, [head, a, b])]  # the head given twice
    assert path_of("B|10:0|10:0|10:0|10:10") == [(B, [head, a]), (B, [a, b])]
    assert path_of("B|10:0|10:10|10:10") == [(B, [head, a, b, b])]  # the last point opens no segment
    assert path_of("C|10:0|10:0|10:10") == [(C, [head, a, a, b])]
    assert path_of("C|10:0|10:0|10:10", LAZER) == [(C, [head, a]), (C, [a, b])]
    assert path_of("L") == [(L, [head, head])]


def test_paths_of_several_letters_share_their_joints():
    head, a, b, c = (0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)
    assert path_of("B|10:0|L|10:10|0:10") == [(B, [head, a, b]), (L, [b, c])]
    assert path_of("L|10:0|P|10:10|0:10|0:5") == [(L, [head, a, b]), (P, [b, c, (0.0, 5.0)])]
    assert path_of("L|10:0|L|10:10|0:10") == [(L, [head, a, b, c])]
    assert path_of("B|10:0|10:10|B|0:10", LAZER) == [(B, [head, a, b, c])]  # osu!lazer types a red last point


def test_writing_rounds_without_red_anchors_and_without_numbers_that_osu_refuses():
    segments = [PathSegment(B, [(0.0, 0.0), (10.4, 0.0), (9.6, 0.2), (20.0, 20.0)])]
    assert format_path(segments, 14) == "B|10:0|20:20"
    assert format_path(segments, LAZER) == "B|10.4:0|9.6:0.2|20:20"
    with pytest.raises(BeatmapError):
        format_object_line(Circle(float("nan"), 0.0, 0.0), 14)
    with pytest.raises(BeatmapError):
        format_object_line(Circle(0.0, 1e308, 0.0), 14)


tokens = st.lists(
    st.one_of(
        st.sampled_from("BLPC"),
        st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda point: f"{point[0]}:{point[1]}"),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(first=st.sampled_from("BLPC"), rest=tokens, version=st.sampled_from([14, LAZER]))
@example(first="C", rest=["1:1", "1:1", "0:0"], version=14)
def test_any_path_reads_back_equal(first, rest, version):
    head = (1.0, 1.0)
    try:
        segments = parse_path("|".join([first, *rest]), head, version)
    except FieldError:
        return  # a letter without points
    assert segments[0].points[0] == head
    assert all(len(segment.points) > 1 for segment in segments)
    assert all(before.points[-1] == after.points[0] for before, after in pairwise(segments))
    assert parse_path(format_path(segments, version), head, version) == segments
