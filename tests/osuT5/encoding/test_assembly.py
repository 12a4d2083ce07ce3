"""Groups in, beatmaps out, whatever the groups are."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osu_beatmap.beatmap import Circle, CurveKind, Difficulty, GameMode, HoldNote, Slider, Spinner
from osu_beatmap.geometry.slider_path import SliderPath
from osu_beatmap.timing.active_point import Timing, end_time_ms
from osuT5.encoding import assemble, encode_context, groups_from_events
from osuT5.tokens.encoding_spec import MINI_ENCODING
from osuT5.tokens.events import PART_KINDS, TYPE_KINDS, ContextKind, Event, EventKind
from tests.support.encoding_charts import RED, V29, V32, beatmap, circle, green, group, slider, timed

K = EventKind
CENTRE_CELL = (K.POSITION, 16 + 14 * 33)
RIGHT_CELL = (K.POSITION, 20 + 14 * 33)


def assembled(groups, mode=GameMode.STANDARD, spec=V29, reds=(RED,), context=ContextKind.MAP):
    return assemble({context: list(groups)}, mode, list(reds), Difficulty(circle_size=4.0), 4, spec)


def slider_groups(first_ms=2500, end_ms=3000):
    return [
        timed(2000, K.SLIDER_HEAD, CENTRE_CELL, (K.SCROLL_SPEED, 50), (K.HITSOUND, 1), (K.VOLUME, 60)),
        timed(first_ms, K.LAST_ANCHOR, RIGHT_CELL, K.HITSOUND, (K.VOLUME, 20), (K.HITSOUND, 2), (K.VOLUME, 80)),
        timed(end_ms, K.SLIDER_END, RIGHT_CELL, (K.HITSOUND, 4), (K.VOLUME, 90)),
    ]


def test_circles_are_in_the_middle_of_their_cells_and_orphans_are_dropped():
    chart, report = assembled([timed(2000, K.CIRCLE, CENTRE_CELL, K.NEW_COMBO, (K.HITSOUND, 1 + 8 + 48))])
    (note,) = chart.hit_objects
    assert (note.x, note.y, note.new_combo, note.hitsound) == (272, 208, True, 2)
    assert (note.sample.normal_set, note.sample.addition_set) == (2, 3)
    assert report.total == 0
    orphans = [timed(2000, K.SLIDER_END), timed(2000, K.SPINNER_END), group(2000, K.RED_ANCHOR), timed(2000, K.DENDEN)]
    chart, report = assembled(orphans)
    assert chart.hit_objects == []
    assert report.dropped == {K.SLIDER_END: 1, K.SPINNER_END: 1, K.RED_ANCHOR: 1, K.DENDEN: 1}
    assert "1 denden" in report.describe()


def test_a_slider_gets_its_length_from_velocity_and_duration():
    chart, report = assembled(slider_groups())
    (played,) = chart.hit_objects
    timing = Timing(chart.timing_points)
    assert (played.slides, [edge.hitsound for edge in played.edges]) == (2, [2, 4, 8])
    assert timing.sv_at(2000) == 0.5
    assert played.length_px == pytest.approx(70)  # 140 px per beat at half the speed
    assert end_time_ms(played, timing, chart.difficulty) == pytest.approx(3000)
    # At an edge its own volume, between edges the body's.
    assert [timing.volume_at(ms) for ms in (2000, 2006, 2500, 2506, 3000)] == [60, 20, 80, 20, 90]
    assert report.total == 0


def test_a_slider_without_velocity_takes_it_from_its_path_and_has_a_body_within_one_cell():
    groups = slider_groups()
    groups[0] = timed(2000, K.SLIDER_HEAD, CENTRE_CELL)
    chart, _ = assembled(groups)
    path_px = SliderPath(chart.hit_objects[0].segments).natural_length_px
    assert chart.hit_objects[0].length_px == pytest.approx(path_px, rel=0.05)
    groups[1] = timed(2500, K.LAST_ANCHOR, CENTRE_CELL)
    (played,) = assembled(groups)[0].hit_objects
    assert SliderPath(played.segments, played.length_px).length_px == pytest.approx(played.length_px)
    assert played.length_px > 0


def test_incomplete_late_and_short_sliders_keep_the_rhythm():
    head, first_end, _ = slider_groups()
    chart, report = assembled([head, timed(3000, K.CIRCLE, CENTRE_CELL)])
    assert [type(obj) for obj in chart.hit_objects] == [Circle, Circle]
    assert report.incomplete == {K.SLIDER_HEAD: 1}
    chart, report = assembled([head, first_end])
    assert isinstance(chart.hit_objects[0], Slider)
    assert report.incomplete == {K.SLIDER_HEAD: 1}
    head, first_end, end = slider_groups(2500, 2501)
    later = [timed(g.time_ms + 500, *g.events[1:]) for g in slider_groups(2500, 3000)]
    chart, report = assembled([head, first_end, later[0], end, *later[1:]])
    assert [obj.time_ms for obj in chart.hit_objects] == [2000, 2500]
    assert report.total == 0
    chart, report = assembled(slider_groups(2000, 2000))
    assert isinstance(chart.hit_objects[0], Circle)
    assert report.invalid == {K.SLIDER_HEAD: 1}


def test_spinners_and_drum_rolls_last_as_long_as_they_should():
    chart, _ = assembled([timed(2000, K.SPINNER), timed(3000, K.SPINNER_END, (K.HITSOUND, 2))])
    assert chart.hit_objects == [
        Spinner(2000, 256, 192, True, hitsound=4, sample=chart.hit_objects[0].sample, end_ms=3000)
    ]
    groups = [timed(2000, K.DRUMROLL, (K.SCROLL_SPEED, 300)), timed(7000, K.DRUMROLL_END)]
    chart, _ = assembled(groups, GameMode.TAIKO)
    (roll,) = chart.hit_objects
    assert end_time_ms(roll, Timing(chart.timing_points), chart.difficulty) == pytest.approx(7000)
    assert SliderPath(roll.segments).natural_length_px == pytest.approx(roll.length_px) == pytest.approx(4200)
    assert all(0 <= x <= 512 for x, _ in roll.segments[0].points)


def test_mania_holds_are_matched_by_column():
    groups = [
        timed(2000, K.HOLD_NOTE, (K.COLUMN, 0)),
        timed(2000, K.HOLD_NOTE, (K.COLUMN, 3), K.HITSOUND, (K.VOLUME, 40)),
        timed(2500, K.HOLD_NOTE_END, (K.COLUMN, 3)),
        timed(3000, K.HOLD_NOTE_END, (K.COLUMN, 0)),
        timed(3000, K.HOLD_NOTE, (K.COLUMN, 1)),
    ]
    chart, report = assembled(groups, GameMode.MANIA)
    found = [(type(obj), obj.x, getattr(obj, "end_ms", None)) for obj in chart.hit_objects]
    assert sorted(found[:2], key=lambda f: f[1]) == [(HoldNote, 64, 3000), (HoldNote, 448, 2500)]
    assert found[2:] == [(Circle, 192, None)]
    assert report.incomplete == {K.HOLD_NOTE: 1}
    assert {obj.sample.volume for obj in chart.hit_objects} == {0, 40}
    assert chart.key_count == 4


def test_kiai_spans_and_a_missing_red_line():
    groups = [timed(ms, (K.KIAI, value)) for ms, value in ((2000, 1), (3000, 0), (4000, 1))]
    groups.append(timed(9000, K.CIRCLE, CENTRE_CELL))
    timing = Timing(assembled(groups)[0].timing_points)
    assert [timing.kiai_at(ms) for ms in (1999, 2000, 2999, 3000, 4000, 8999, 9000)] == [
        *(False, True, True, False, True, True, False)
    ]
    with pytest.raises(ValueError, match="red"):
        assembled([], reds=[green(1000, 1)])


# ---- properties ----

objects = st.lists(
    st.one_of(
        st.builds(lambda x, y, new: circle(0, x, y, new), st.integers(0, 512), st.integers(0, 384), st.booleans()),
        st.builds(slider, st.integers(1, 4), st.sampled_from([CurveKind.LINEAR, CurveKind.BEZIER, CurveKind.CATMULL])),
        st.builds(lambda ms: Spinner(0, 256, 192, end_ms=float(ms)), st.integers(100, 3000)),
    ),
    max_size=6,
)


def placed(parts):
    """The objects one after another, each 4 s after the one before."""
    chart = []
    for number, obj in enumerate(parts):
        start_ms = 2000.0 + 4000 * number
        if isinstance(obj, Spinner):
            obj = replace(obj, end_ms=start_ms + obj.end_ms)
        chart.append(replace(obj, time_ms=start_ms))
    return chart


@settings(max_examples=40, deadline=None)
@given(objects, st.sampled_from([V29, V32, MINI_ENCODING]))
def test_assembly_inverts_encoding(parts, spec):
    before = beatmap(placed(parts))
    written = encode_context(before, ContextKind.MAP, spec, 60_000)
    groups, lost = groups_from_events([event for group in written for event in group.events], spec)
    assert ([group.events for group in groups], lost) == ([group.events for group in written], 0)
    after, report = assembled(groups, spec=spec)
    assert report.total == 0
    assert [type(obj) for obj in after.hit_objects] == [type(obj) for obj in before.hit_objects]
    old_timing, new_timing = Timing(before.timing_points), Timing(after.timing_points)
    bound_px = (spec.position_refine_px or spec.position_cell_px) / 2
    for old, new in zip(before.hit_objects, after.hit_objects, strict=True):
        assert new.time_ms == old.time_ms
        assert math.isclose(
            end_time_ms(new, new_timing, after.difficulty), end_time_ms(old, old_timing, before.difficulty)
        )
        if not isinstance(old, Spinner):
            assert new.new_combo == old.new_combo
            assert max(abs(new.x - old.x), abs(new.y - old.y)) <= bound_px
        if isinstance(old, Slider):
            assert new.slides == old.slides
            assert [edge.hitsound for edge in new.edges] == [edge.hitsound for edge in old.edges]


kinds = sorted(TYPE_KINDS | PART_KINDS, key=lambda kind: kind.value)
noise = st.lists(
    st.one_of(
        st.builds(Event, st.sampled_from(kinds), st.integers(0, 1000)),
        st.builds(lambda ms: Event(K.TIME, ms), st.integers(0, 20_000)),
    ),
    max_size=60,
)


@settings(max_examples=100, deadline=None)
@given(noise, st.sampled_from(list(GameMode)), st.sampled_from([V29, V32]))
def test_any_stream_assembles(events, mode, spec):
    groups, lost = groups_from_events(events, spec)
    assert lost + sum(len(g.events) for g in groups) == len(events)
    chart, _ = assembled(groups, mode, spec)
    timing = Timing(chart.timing_points)
    for obj in chart.hit_objects:
        assert end_time_ms(obj, timing, chart.difficulty) >= obj.time_ms
        assert not isinstance(obj, Slider) or obj.length_px > 0
