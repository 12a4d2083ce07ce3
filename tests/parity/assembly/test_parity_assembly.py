"""Maps as the published program makes them, on groups written by hand."""

import pytest

from osu_beatmap.beatmap import Circle, Difficulty, GameMode, HoldNote, Slider
from osuT5.encoding.hit_objects.positions import read_position_as_published
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import Event, EventKind
from parity.assembly.assembly import assemble_as_published
from tests.support.encoding_charts import RED, V29, group, timed

K = EventKind
PX = EncodingSpec(positions_split=True, position_cell_px=1)
SOUNDS = ((K.HITSOUND, 32), (K.VOLUME, 70))


def place(x, y):
    return (K.POSITION_X, x), (K.POSITION_Y, y)


def slider_groups(head, end, sv=100, anchors=(), end_ms=2500):
    first = timed(2000, K.SLIDER_HEAD, *place(*head), (K.SCROLL_SPEED, sv), *SOUNDS)
    inner = [group(2000, kind, *place(*point)) for kind, point in anchors]
    last = timed(end_ms, K.LAST_ANCHOR, *place(*end), *SOUNDS)
    return [first, *inner, last, timed(end_ms, K.SLIDER_END, *place(*end), *SOUNDS)]


def assemble(groups, mode=GameMode.STANDARD, keys=0, spec=PX, merge=True):
    return assemble_as_published(groups, mode, [RED], Difficulty(), keys, spec, merge)


def test_circles_and_a_place_that_is_missing():
    beatmap = assemble([timed(2000, K.CIRCLE, *place(10, 20), K.NEW_COMBO, (K.HITSOUND, 33), (K.VOLUME, 40))])
    (circle,) = beatmap.hit_objects
    assert (circle.time_ms, circle.x, circle.y, circle.new_combo, circle.hitsound) == (2000, 10, 20, True, 2)
    assert [(line.time_ms, line.volume) for line in beatmap.timing_points] == [(1000, 70), (2000, 40)]
    beatmap = assemble([timed(2000, K.CIRCLE, *place(10, 20)), timed(3000, K.CIRCLE)])
    assert [(obj.x, obj.y) for obj in beatmap.hit_objects] == [(10, 20), (10, 20)]


@pytest.mark.parametrize("end_x", [140, 100])
def test_a_slider_has_the_length_of_its_duration_and_its_path_is_scaled(end_x):
    (slider,) = assemble(slider_groups((0, 0), (end_x, 0))).hit_objects
    assert (slider.length_px, slider.slides) == (140, 1)
    assert [segment.points for segment in slider.segments] == [[(0, 0), (140, 0)]]


def test_short_paths_lower_the_velocity_and_the_first_anchor_decides_the_kind():
    beatmap = assemble(slider_groups((0, 0), (70, 0)))
    assert beatmap.hit_objects[0].length_px == pytest.approx(70)
    assert beatmap.timing_points[-1].sv_multiplier == pytest.approx(0.5)
    anchors = [(K.PERFECT_ANCHOR, (70, 30)), (K.BEZIER_ANCHOR, (90, 20))]
    (slider,) = assemble(slider_groups((0, 0), (140, 0), anchors=anchors)).hit_objects
    assert [segment.kind.value for segment in slider.segments] == ["B"]  # a perfect curve of four points


def test_without_a_velocity_the_length_ends_near_the_end_and_without_a_duration_nothing_is_left():
    groups = slider_groups((0, 0), (200, 0))
    head = [event for event in groups[0].events if event.kind is not K.SCROLL_SPEED]
    groups[0] = group(2000, *head)
    groups[-1] = timed(2500, K.SLIDER_END, *place(70, 0), *SOUNDS)
    (slider,) = assemble(groups).hit_objects
    assert slider.length_px == pytest.approx(70)
    assert assemble(slider_groups((0, 0), (140, 0), end_ms=2000)).hit_objects == []


def test_one_hold_note_is_open_at_a_time_and_a_drum_roll_crosses_the_playfield():
    starts = [timed(2000, K.HOLD_NOTE, (K.COLUMN, column)) for column in (0, 3)]
    ends = [timed(2500, K.HOLD_NOTE_END, (K.COLUMN, column)) for column in (0, 3)]
    (hold,) = assemble([*starts, *ends], GameMode.MANIA, keys=4).hit_objects
    assert isinstance(hold, HoldNote)
    assert (hold.x, hold.end_ms) == (448, 2500)
    groups = [timed(2000, K.DRUMROLL, (K.SCROLL_SPEED, 200)), timed(5000, K.DRUMROLL_END)]
    (roll,) = assemble(groups, GameMode.TAIKO).hit_objects
    assert isinstance(roll, Slider)
    assert [point[0] for point in roll.segments[0].points] == [0, 512, 0, 512, 0]
    assert roll.length_px == pytest.approx(2 * 140 * 6)


@pytest.mark.parametrize(("time_ms", "merge", "x"), [(2500, True, 10), (2500, False, 12), (3001, True, 12)])
def test_near_places_within_a_second_become_one(time_ms, merge, x):
    groups = [timed(2000, K.CIRCLE, *place(10, 20)), timed(time_ms, K.CIRCLE, *place(12, 22))]
    assert assemble(groups, merge=merge).hit_objects[1].x == x


def test_a_speed_as_seen_is_stated_again_at_every_tempo():
    groups = [timed(1000, K.SCROLL_SPEED_CHANGE, (K.SCROLL_SPEED, 200)), timed(9000, K.CIRCLE, (K.COLUMN, 0))]
    lines = [RED, type(RED)(3000, 1000.0)]
    beatmap = assemble_as_published(groups, GameMode.MANIA, lines, Difficulty(), 4, PX)
    speeds = [(line.time_ms, line.sv_multiplier) for line in beatmap.timing_points if not line.uninherited]
    assert speeds == [(1000, pytest.approx(1.0)), (3000, pytest.approx(2.0))]
    assert isinstance(beatmap.hit_objects[0], Circle)


@pytest.mark.parametrize(
    ("cell", "refinement", "expected"),
    [((10, 7), None, (336, 240)), ((-1, 0), None, (-16, 16)), ((10, 7), 164, (328, 244))],
)
def test_places_are_read_at_low_corners(cell, refinement, expected):
    spec = V29 if refinement is None else EncodingSpec(position_refine_px=2)
    events = [Event(K.POSITION, cell[0] + 8 + (cell[1] + 8) * 33)]
    events += [] if refinement is None else [Event(K.POSITION_REFINE, refinement)]
    assert read_position_as_published(events, spec) == expected
