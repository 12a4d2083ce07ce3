"""Whole drafts in, maps without a problem out: literal ones, and any that hypothesis thinks of."""

import math
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from osu_beatmap.beatmap import (
    EFFECT_KIAI,
    Beatmap,
    Break,
    Circle,
    CurveKind,
    Difficulty,
    GameMode,
    HitSample,
    HoldNote,
    PathSegment,
    Slider,
    Spinner,
    TimingPoint,
)
from osu_beatmap.rules import approach_time_ms
from osu_beatmap.timing.active_point import Timing
from pipeline.finishing.finish import finish
from tests.support.finish_drafts import RED, SONG_MS, draft_of, problems, steady_circles
from tests.support.sliders import line_slider

KIAI = TimingPoint(10_003.0, -100.0, uninherited=False, effects=EFFECT_KIAI)
KIAI_END = TimingPoint(20_000.0, -100.0, uninherited=False)


def test_a_good_draft_gets_presentation_only():
    draft = draft_of(*steady_circles(), lines=(RED, KIAI, KIAI_END))
    given_draft = deepcopy(draft)
    beatmap, report = finish(draft, SONG_MS)
    assert draft == given_draft
    assert [obj.time_ms for obj in beatmap.hit_objects] == [obj.time_ms for obj in draft.hit_objects]
    assert beatmap.preview_time_ms == 10_000.0
    assert Timing(beatmap.timing_points).kiai_at(10_000.0)
    assert not Timing(beatmap.timing_points).kiai_at(20_000.0)
    assert beatmap.metadata.tags == ["ai-generated"]
    assert not problems(beatmap)
    assert not report.remaining
    assert "new combos" in report.repairs


def test_finishing_again_changes_nothing():
    slider = line_slider(45_111.0, (500, 3), (700, 90), length_px=260.0)
    draft = draft_of(*steady_circles(1007.0), slider, lines=(replace(RED, time_ms=-300.0), KIAI))
    beatmap, _ = finish(draft, SONG_MS)
    again, report = finish(beatmap, SONG_MS)
    assert again == beatmap
    assert not report.repairs


@pytest.mark.parametrize(("given_ms", "found_ms"), [(-1.0, 24_000.0), (123.0, 123.0)])
def test_without_kiai_the_preview_is_that_given_or_a_beat_at_40_percent(given_ms: float, found_ms: float):
    beatmap, _ = finish(replace(draft_of(*steady_circles()), preview_time_ms=given_ms), SONG_MS)
    assert beatmap.preview_time_ms == found_ms


def test_the_first_line_never_starts_a_kiai_and_a_missing_one_is_added():
    draft = draft_of(*steady_circles(), lines=(replace(RED, effects=EFFECT_KIAI),))
    beatmap, _ = finish(draft, SONG_MS)
    assert not beatmap.timing_points[0].kiai
    assert Timing(beatmap.timing_points).kiai_at(600.0)
    assert not problems(beatmap)
    beatmap, report = finish(draft_of(*steady_circles(), lines=()), SONG_MS)
    assert report.repairs["missing tempo"] == 1
    assert not problems(beatmap)


def test_long_gaps_hold_breaks_that_leave_30_s_to_play():
    draft = draft_of(*steady_circles(1000.0, 33_000.0), *steady_circles(43_000.0, 55_000.0))
    beatmap, _ = finish(draft, SONG_MS)
    approach_ms = approach_time_ms(beatmap.difficulty.approach_rate)
    assert beatmap.breaks == [Break(33_200.0, 43_000.0 - approach_ms)]
    assert beatmap.hit_objects[[obj.time_ms for obj in beatmap.hit_objects].index(43_000.0)].new_combo
    assert not problems(beatmap)
    beatmap, _ = finish(draft_of(*steady_circles(1000.0, 15_000.0), *steady_circles(30_000.0, 45_000.0)), SONG_MS)
    assert not beatmap.breaks
    assert not problems(beatmap)


@pytest.mark.parametrize(("mode", "has_break"), [(GameMode.STANDARD, True), (GameMode.TAIKO, False)])
def test_shorter_gaps_hold_breaks_in_standard(mode: GameMode, has_break: bool):
    draft = draft_of(*steady_circles(1000.0, 33_000.0), *steady_circles(37_000.0, 55_000.0), mode=mode)
    beatmap, _ = finish(draft, SONG_MS)
    assert bool(beatmap.breaks) is has_break


def test_combos_start_where_they_must_or_where_the_model_starts_them():
    stream = [Circle(1000.0 + 250.0 * number, 100, 100) for number in range(160)]
    beatmap, _ = finish(draft_of(*stream), SONG_MS)
    starts = [index for index, obj in enumerate(beatmap.hit_objects) if obj.new_combo]
    assert starts[0] == 0
    assert max(after - before for before, after in pairwise(starts)) <= 16
    assert all(beatmap.hit_objects[index].time_ms % 2000 == 0 for index in starts[1:])
    stream = [Circle(1000.0 + 500.0 * number, 100, 100, new_combo=number % 5 == 0) for number in range(80)]
    beatmap, _ = finish(draft_of(*stream), SONG_MS)
    assert [obj.new_combo for obj in beatmap.hit_objects] == [obj.new_combo for obj in stream]


def test_volumes_and_settings_come_within_their_limits():
    loud = Circle(1000.0, 0, 0, sample=HitSample(volume=300))
    low = TimingPoint(5000.0, -100.0, volume=1, uninherited=False)
    odd = Difficulty(math.nan, 4.25, 11.0, -1.0, 9.0, 0.0)
    beatmap, _ = finish(draft_of(loud, *steady_circles(3000.0), lines=(RED, low), difficulty=odd), SONG_MS)
    assert beatmap.hit_objects[0].sample.volume == 100
    assert Timing(beatmap.timing_points).volume_at(5000.0) == 5
    assert beatmap.difficulty == Difficulty(5.0, 4.2, 10.0, 0.0, 3.6, 0.5)
    assert not problems(beatmap)


@pytest.mark.parametrize("mode", GameMode)
def test_an_empty_draft_is_a_map_of_downbeats(mode: GameMode):
    beatmap, report = finish(draft_of(mode=mode), SONG_MS)
    assert report.repairs["added notes"] == 15 + 1
    assert not problems(beatmap)


def test_an_excerpt_is_not_filled_and_says_so():
    beatmap, report = finish(draft_of(*steady_circles(1000.0, 9000.0)), SONG_MS, fill=False)
    assert len(beatmap.hit_objects) == 5
    assert [finding.rule for finding in report.remaining] == ["drain_time"]


# ---- any draft at all ----

WILD = st.floats(allow_nan=True, allow_infinity=True)
TIMES = st.floats(-5_000, 70_000) | st.integers(0, 480).map(lambda tick: 125.0 * tick)
POINTS = st.tuples(st.floats(-400, 1000), st.floats(-400, 800))
LINES = st.lists(
    st.builds(
        TimingPoint,
        time_ms=TIMES,
        beat_length_ms=st.floats(180, 1500) | st.floats(-1000, -10),
        meter=st.sampled_from([3, 4, 5]),
        volume=st.integers(-5, 130),
        uninherited=st.booleans(),
        effects=st.sampled_from([0, 1, 8]),
    ).map(lambda line: replace(line, beat_length_ms=abs(line.beat_length_ms) if line.uninherited else -abs(100.0))),
    max_size=4,
)


@st.composite
def objects(draw: st.DrawFn):
    time_ms, (x, y), kind = draw(TIMES), draw(POINTS), draw(st.integers(0, 3))
    new_combo = draw(st.booleans())
    if kind == 1:
        points = [[(x, y), *draw(st.lists(POINTS, min_size=1, max_size=4))]]
        points += [[points[0][-1], *draw(st.lists(POINTS, min_size=1, max_size=3))]] * draw(st.integers(0, 1))
        segments = [PathSegment(draw(st.sampled_from(CurveKind)), piece) for piece in points]
        slides, length_px = draw(st.integers(0, 6) | st.just(200)), draw(st.floats(-5, 1500) | st.just(1e5))
        return Slider(time_ms, x, y, new_combo, segments=segments, slides=slides, length_px=length_px)
    if kind in (2, 3):
        long = Spinner if kind == 2 else HoldNote
        return long(time_ms, x, y, new_combo, end_ms=time_ms + draw(st.floats(-50, 4000)))
    return Circle(time_ms, x, y, new_combo)


@st.composite
def drafts(draw: st.DrawFn) -> Beatmap:
    mode = draw(st.sampled_from(GameMode))
    ordinary = st.integers(0, 100).map(lambda tenths: tenths / 10)
    values = [draw(ordinary) for _ in range(4)]
    return Beatmap(
        mode=mode,
        difficulty=Difficulty(*values, draw(st.floats(0.4, 3.6)), draw(st.sampled_from([0.5, 1.0, 2.0, 4.0]))),
        timing_points=[RED, *draw(LINES)] if draw(st.booleans()) else draw(LINES),
        hit_objects=draw(st.lists(objects(), max_size=40)),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(drafts(), st.sampled_from([10_000.0, 47_321.0, SONG_MS]))
def test_no_draft_becomes_a_map_with_a_problem(draft: Beatmap, song_ms: float):
    beatmap, report = finish(draft, song_ms)
    assert not problems(beatmap, song_ms)
    assert not report.remaining


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(drafts(), st.lists(WILD, min_size=12, max_size=12))
def test_numbers_that_are_none_never_raise_nor_stay(draft: Beatmap, numbers: list[float]):
    time_ms, x, y, end_ms, length_px, beat_ms, *settings_of_map = numbers
    path = [PathSegment(CurveKind.BEZIER, [(x, y), (y, x)])]
    draft.hit_objects += [
        Circle(time_ms, x, y),
        Spinner(1000.0, 256, 192, end_ms=end_ms),
        Slider(5000.0, 100, 100, segments=path, length_px=length_px),
        Slider(9000.0, 100, 100, segments=[], length_px=100),
    ]
    draft.timing_points = [RED, TimingPoint(time_ms, beat_ms), TimingPoint(5000.0, beat_ms, uninherited=False)]
    draft.difficulty = Difficulty(*settings_of_map[:6])
    draft.preview_time_ms = x
    beatmap, report = finish(draft, SONG_MS)
    left = {finding.rule for finding in problems(beatmap)}
    assert left <= {"drain_time"}  # a red line of absurd tempo may leave no grid for 30 s
    assert left == {finding.rule for finding in report.remaining}
