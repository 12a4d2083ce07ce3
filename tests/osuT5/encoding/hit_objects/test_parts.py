"""Positions, hit sounds, anchors and speeds: values in, values out, and back."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osu_beatmap.beatmap import CurveKind, PathSegment
from osu_beatmap.timing.active_point import Timing
from osuT5.encoding.hit_objects.hitsounds import Sound, read_sounds, resolve, sound_events
from osuT5.encoding.hit_objects.positions import column_event, column_x, position_events, read_position
from osuT5.encoding.hit_objects.slider_anchors import anchors_of, segments_of
from osuT5.encoding.hit_objects.sliders import slide_count
from osuT5.encoding.scroll_speed import decode_scroll_speeds, longest_beat_length_ms, read_speed, speed_event
from osuT5.tokens.events import Event, EventKind
from tests.support.encoding_charts import RED, V29, V32, green

FLOORED = replace(V29, cells_toward_zero=False)
coordinates = st.tuples(st.integers(-256, 767), st.integers(-256, 639))


def test_cells_by_hand():
    assert position_events((256, 192), (256, 192), V29) == [
        Event(EventKind.DISTANCE, 0),
        Event(EventKind.POSITION, 16 + 14 * 33),
    ]
    assert position_events((-1, -1), (0, 0), V29)[1] == Event(EventKind.POSITION, 8 + 8 * 33)
    assert position_events((-1, -1), (0, 0), FLOORED)[1] == Event(EventKind.POSITION, 7 + 7 * 33)
    assert position_events((-9999, 9999), (0, 0), V29) == [
        Event(EventKind.DISTANCE, 640),
        Event(EventKind.POSITION, 28 * 33),
    ]


@given(coordinates)
def test_positions_come_back_within_half_a_cell(point):
    for spec, bound in ((FLOORED, 16), (V32, 1), (replace(FLOORED, positions_split=True), 16)):
        back = read_position(position_events(point, (0, 0), spec), spec)
        if spec is V32 and min(point) < 0:
            continue  # its cells share the one at 0
        assert max(abs(point[0] - back[0]), abs(point[1] - back[1])) <= bound


@given(st.integers(1, 18), st.integers(0, 17))
def test_columns_come_back(key_count, column):
    column = min(column, key_count - 1)
    assert column_event(column_x(column, key_count), key_count) == Event(EventKind.COLUMN, column)


def test_sounds_by_hand():
    timing = Timing([RED, replace(green(2005, 1, volume=30), sample_set=3)])
    # Additions whistle and clap, own bank soft, additions' bank as the sound's; the line is within the 5 ms.
    assert sound_events(Sound(2 | 8, normal_set=2), 2000, timing, V29) == [
        Event(EventKind.HITSOUND, 5 + 8 * 1 + 24 * 1),
        Event(EventKind.VOLUME, 30),
    ]
    assert sound_events(Sound(), 1999, timing, V29) == [Event(EventKind.HITSOUND, 0), Event(EventKind.VOLUME, 70)]
    assert sound_events(Sound(volume=55), 2000, timing, V29)[0] == Event(EventKind.HITSOUND, 2 * 8 + 2 * 24)
    assert sound_events(Sound(), 2000, timing, replace(V29, hitsounds=False)) == []


@given(st.integers(0, 7), st.integers(1, 3), st.integers(1, 3), st.integers(1, 100))
def test_sounds_come_back(additions, normal, addition, volume):
    sound = Sound(2 * additions, normal, addition, volume)
    timing = Timing([RED])
    assert read_sounds(sound_events(sound, 2000, timing, V29)) == [resolve(sound, 2000, timing)] == [sound]


def test_speeds_and_changes_of_tempo():
    coarse = replace(V29, scroll_speed_step_percent=5)
    assert speed_event(0.75, V29) == Event(EventKind.SCROLL_SPEED, 75)
    assert speed_event(0.75, coarse) == Event(EventKind.SCROLL_SPEED, 15)
    assert read_speed([Event(EventKind.SCROLL_SPEED, 15)], coarse) == pytest.approx(0.75)
    assert read_speed([Event(EventKind.SCROLL_SPEED, 0)], V29) is None
    timing = Timing([RED, replace(RED, time_ms=3000, beat_length_ms=250.0)])
    assert longest_beat_length_ms(timing, 4000) == 500.0
    assert longest_beat_length_ms(timing, 7000) == 250.0
    reds = [RED, replace(RED, time_ms=3000, beat_length_ms=250.0)]
    lines = decode_scroll_speeds([(2000.0, 1.5)], reds, 4000)
    assert [(line.time_ms, line.sv_multiplier) for line in lines if not line.uninherited] == [
        (2000, pytest.approx(1.5)),
        (3000, pytest.approx(0.75)),
    ]


@pytest.mark.parametrize(
    "segments",
    [
        [PathSegment(CurveKind.LINEAR, [(0, 0), (9, 9)])],
        [PathSegment(CurveKind.LINEAR, [(0, 0), (9, 9), (20, 0)])],
        [PathSegment(CurveKind.PERFECT, [(0, 0), (9, 9), (20, 0)])],
        [PathSegment(CurveKind.CATMULL, [(0, 0), (9, 9), (20, 0), (30, 9)])],
        [PathSegment(CurveKind.BEZIER, [(0, 0), (9, 9), (20, 0)]), PathSegment(CurveKind.BEZIER, [(20, 0), (30, 9)])],
        [PathSegment(CurveKind.PERFECT, [(0, 0), (9, 9), (20, 0)]), PathSegment(CurveKind.LINEAR, [(20, 0), (30, 9)])],
    ],
)
def test_paths_come_back(segments):
    head, end = segments[0].points[0], segments[-1].points[-1]
    assert segments_of(head, list(anchors_of(segments)), end) == segments


def test_pieces_without_extent_disappear_and_slides_follow_the_sounds():
    red = EventKind.RED_ANCHOR
    assert segments_of((0, 0), [(red, (9, 9)), (red, (9, 9))], (9, 9)) == [
        PathSegment(CurveKind.LINEAR, [(0, 0), (9, 9)])
    ]
    assert segments_of((0, 0), [], (0, 0)) == [PathSegment(CurveKind.LINEAR, [(0, 0), (0, 0)])]
    assert slide_count(500, 1500, 3) == 3
    assert slide_count(50, 380, 8) == 8  # 380 / 50 is nearer to 8 only by chance of rounding
    assert slide_count(40, 380, 8) == 8
    assert slide_count(500, 1500, 1) == 3
    assert slide_count(500, 500, 0) == 1
    assert slide_count(0, 500, 0) == 1
