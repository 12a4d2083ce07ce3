"""Object tokens of maps, and maps from object tokens."""

import math

import numpy as np
import pytest

from osu_beatmap.beatmap import Circle, Difficulty, GameMode, HoldNote, PathSegment, Slider, Spinner
from osu_beatmap.geometry.slider_path import SliderPath, end_of_object
from osu_beatmap.timing.active_point import Timing
from osuT5.objects.tokens.chart_tokens import encode_chart
from osuT5.objects.tokens.drafts import DraftBuilder
from osuT5.objects.tokens.fields import ARCS_DEG, BENDS, DISTANCES_PX, NO_ARC, NONE, Field
from osuT5.objects.tokens.placement import Cursor
from osuT5.objects.tokens.slider_shapes import (
    catch_path,
    catch_shape,
    juice_path,
    mirrored_shape,
    path_segments,
    shape_of,
)
from tests.osuT5.objects.object_maps import LINES, clock_of, make_map

SHAPES = [first * len(BENDS) + second for first in range(2, 7) for second in range(2, 7)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_path_has_the_shape_and_the_length_that_it_was_made_with(shape):
    (segment,) = path_segments(shape, (100.0, 80.0), 0.4, 200.0)
    path = SliderPath([segment])
    found, direction = shape_of(path)
    assert found == shape
    assert direction == pytest.approx(0.4, abs=1e-6)
    assert path.length_px == pytest.approx(200.0, rel=0.03)


def test_a_mirrored_path_has_the_mirrored_shape():
    for shape in SHAPES:
        (segment,) = path_segments(shape, (0.0, 0.0), 0.0, 100.0)
        flipped = PathSegment(segment.kind, [(x, -y) for x, y in segment.points])
        assert shape_of(SliderPath([flipped]))[0] == mirrored_shape(shape)


@pytest.mark.parametrize("arc", range(len(ARCS_DEG)))
@pytest.mark.parametrize("shape", [0, 2, 5])
def test_a_juice_stream_has_the_shape_and_the_arc_that_it_was_made_with(shape, arc):
    for direction in (0.0, math.pi):
        path = SliderPath(catch_path(shape, arc, (250.0, 192.0), direction, 120.0))
        found_shape, found_arc, found_direction = catch_shape(path)
        is_narrow = shape > 0 and abs(ARCS_DEG[arc]) > 180  # of no more width than its chord
        assert is_narrow or found_shape == shape
        assert abs(ARCS_DEG[found_arc]) == abs(ARCS_DEG[arc])
        if shape and not is_narrow:  # a vertical one may go to either side
            assert (found_arc, found_direction) == (arc, direction)
        assert path.length_px == pytest.approx(120.0, rel=0.03)


def test_a_juice_stream_is_the_same_upside_down():
    for arc in range(len(ARCS_DEG)):
        (segment,) = catch_path(4, arc, (250.0, 192.0), 0.0, 120.0)
        flipped = PathSegment(segment.kind, [(x, 384 - y) for x, y in segment.points])
        assert catch_shape(SliderPath([flipped])) == catch_shape(SliderPath([segment]))


@pytest.mark.parametrize("length_px", [90.0, 300.0, 600.0])
@pytest.mark.parametrize("angle", [-3.0, 0.0, 2.0])
def test_a_juice_stream_stays_between_top_and_bottom(length_px, angle):
    segments = juice_path((256.0, 192.0), 20.0, length_px, angle)
    y = SliderPath(segments).points[:, 1]
    assert y.min() >= -0.01 and y.max() <= 384.01
    assert segments[-1].points[-1][0] == pytest.approx(276.0, abs=0.01)


def test_headings_of_catch_survive_tokens():
    beatmap, clock = make_map(GameMode.CATCH), clock_of()
    for number, obj in enumerate(beatmap.hit_objects):
        if isinstance(obj, Slider):  # to the left by less than its class tells, and level
            obj.segments = juice_path((obj.x, obj.y), -5.0 if number % 2 else -80.0, 80.0)
            obj.length_px = 80.0
    tokens = encode_chart(beatmap, clock)
    assert (tokens.fields[tokens.fields[:, Field.SHAPE] != NONE, Field.ARC] == NO_ARC).all()
    builder = DraftBuilder(GameMode.CATCH, clock, Timing(LINES), Difficulty(), 0)
    for step, values in zip(tokens.steps, tokens.fields, strict=True):
        builder.add(int(step), dict(zip(Field, values.tolist(), strict=True)))
    for draft, given in zip(builder.drafts, beatmap.hit_objects, strict=True):
        if isinstance(given, Circle | Slider):
            assert draft.obj.x == pytest.approx(given.x, abs=60)
    assert builder.cursor.heading == pytest.approx(tokens.end.heading)


def test_a_place_is_found_again_to_half_a_class():
    cursor = Cursor(200.0, 150.0, 1.0)
    for distance in range(1, len(DISTANCES_PX)):
        for turn in (0, 7, 18, 35):
            assert cursor.measure(cursor.place(distance, turn)) == (distance, turn)


def test_a_stack_keeps_place_and_heading():
    cursor = Cursor(200.0, 150.0, 1.0)
    assert cursor.measure((202.0, 151.0)) == (0, NONE)
    assert cursor.place(0, NONE) == cursor.point
    assert cursor.moved((202.0, 151.0)).heading == 1.0


def test_a_slider_that_comes_back_ends_at_its_head():
    cursor = Cursor(100.0, 100.0)
    assert cursor.slid((200.0, 100.0), 1).point == (200.0, 100.0)
    back = cursor.slid((200.0, 100.0), 2)
    assert back.point == (100.0, 100.0)
    assert abs(back.heading) == pytest.approx(math.pi)


@pytest.mark.parametrize("mode", [GameMode.STANDARD, GameMode.TAIKO, GameMode.MANIA])
def test_a_map_survives_its_tokens(mode):
    beatmap, clock = make_map(mode), clock_of()
    tokens = encode_chart(beatmap, clock)
    builder = DraftBuilder(mode, clock, Timing(LINES), Difficulty(), 4)
    for step, values, columns, durations in zip(
        tokens.steps, tokens.fields, tokens.columns, tokens.hold_durations, strict=True
    ):
        if mode is GameMode.MANIA:
            builder.add_row(int(step), columns[:4], durations, int(values[Field.SOUND]))
        else:
            builder.add(int(step), dict(zip(Field, values.tolist(), strict=True)))
    objects = [draft.obj for draft in builder.drafts]
    assert [type(obj) for obj in objects] == [type(obj) for obj in beatmap.hit_objects]
    assert [obj.time_ms for obj in objects] == pytest.approx([obj.time_ms for obj in beatmap.hit_objects])
    for ours, given in zip(objects, beatmap.hit_objects, strict=True):
        if isinstance(given, Spinner | HoldNote):
            assert ours.end_ms == pytest.approx(given.end_ms, abs=110)
        if mode is GameMode.STANDARD:
            assert ours.new_combo == given.new_combo
        if mode is GameMode.TAIKO and not isinstance(given, Slider):
            assert ours.hitsound == given.hitsound
        if mode is GameMode.MANIA:
            assert ours.x == pytest.approx(given.x, abs=1)


def test_positions_drift_by_rounding_only():
    beatmap, clock = make_map(), clock_of()
    tokens = encode_chart(beatmap, clock)
    for obj, before in zip(beatmap.hit_objects, tokens.cursors, strict=True):
        if isinstance(obj, Spinner):
            continue
        cursor = Cursor(*before.tolist())
        row = tokens.fields[beatmap.hit_objects.index(obj)]
        placed = cursor.place(int(row[Field.DISTANCE]), int(row[Field.TURN]))
        distance_px = math.dist(cursor.point, (obj.x, obj.y))
        assert math.dist(placed, (obj.x, obj.y)) <= 18 + 0.1 * distance_px


def test_the_cursor_follows_the_ends_of_sliders():
    beatmap = make_map()
    tokens = encode_chart(beatmap, clock_of())
    for index, obj in enumerate(beatmap.hit_objects[:-1]):
        if isinstance(obj, Slider):
            assert tokens.cursors[index + 1, :2] == pytest.approx(np.array(end_of_object(obj)), abs=0.01)


def test_of_objects_on_one_tick_the_first_counts():
    beatmap = make_map(count=4)
    beatmap.hit_objects[1].time_ms = 1.0
    assert len(encode_chart(beatmap, clock_of())) == 3
