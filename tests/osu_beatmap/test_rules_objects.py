"""Rules of all modes on objects and breaks: for each a map that breaks it, and one that just does not."""

import numpy as np
import pytest
from rule_beatmaps import clean_map, findings, found, notes, slider

from osu_beatmap.beatmap import Break, Circle, GameMode, HoldNote, Slider, Spinner, TimingPoint
from osu_beatmap.rules import Severity
from osu_beatmap.rules.snapping import off_tick_ms
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_grid import DIVISORS

PROBLEM, WARNING = Severity.PROBLEM, Severity.WARNING


# In a beat of 500 ms the ticks after 1000 ms are at 1031.25 (1/16), 1041.7 (1/12), 1055.6 (1/9), 1062.5 (1/8).
@pytest.mark.parametrize(
    ("time_ms", "is_snapped"),
    [(1000, True), (1001, True), (1002, False), (998, False), (1031, True), (1036, False), (1056, True), (1071, True)],
)
def test_objects_start_on_a_tick(time_ms, is_snapped):
    beatmap = clean_map(objects=[Circle(time_ms, 100, 100)])
    assert found(beatmap, "unsnapped") == ([] if is_snapped else [(PROBLEM, time_ms, (0,))])


def test_ends_before_a_red_line_are_on_its_beat_and_objects_do_not_start_within_others():
    beatmap = clean_map(objects=[slider(1000, [(100, 100), (200, 100)], 54.8)])
    assert found(beatmap, "unsnapped") == [(PROBLEM, 1274.0, (0,))]
    beatmap.timing_points.append(TimingPoint(1275.0, 400.0))
    assert not found(beatmap, "unsnapped")
    objects = [slider(1000, [(100, 100), (300, 100)], 200.0), Circle(1500, 100, 100), Circle(1750, 100, 100)]
    assert found(clean_map(objects=objects), "concurrent") == [(PROBLEM, 1500, (0, 1)), (PROBLEM, 1750, (0, 2))]
    assert not found(clean_map(objects=[Circle(1000, 100, 100), Spinner(1001, 256, 192, end_ms=3000)]), "concurrent")
    assert found(clean_map(objects=[Circle(1000, 100, 100), Spinner(1000, 256, 192, end_ms=3000)]), "concurrent")


@pytest.mark.parametrize(("count", "is_many"), [(5, False), (6, True)])
@pytest.mark.parametrize("divisor", [5, 7, 9, 12, 16])
def test_few_objects_are_on_a_rare_divisor(divisor, count, is_many):
    common = [Circle(500.0 * number, 100, 100) for number in range(100 - count)]
    rare = [Circle(60_000 + 500.0 * number + 500 / divisor, 100, 100) for number in range(count)]
    beatmap = clean_map(objects=common + rare)
    indices = tuple(range(100 - count, 100))
    assert found(beatmap, "rare_divisors") == ([(WARNING, None, indices)] if is_many and divisor != 12 else [])


@pytest.mark.parametrize(("gap_ms", "is_concurrent"), [(0, True), (10, True), (11, False)])
def test_objects_do_not_start_at_once(gap_ms, is_concurrent):
    beatmap = clean_map(objects=[Circle(1000, 100, 100), Circle(1000 + gap_ms, 200, 100)])
    assert found(beatmap, "concurrent") == ([(PROBLEM, 1000 + gap_ms, (0, 1))] if is_concurrent else [])


def test_a_gap_is_told_from_the_end_and_never_as_0_ms():
    beatmap = clean_map()
    beatmap.hit_objects = [Spinner(1000.0, 256.0, 192.0, end_ms=2999.8), Circle(3000.0, 256.0, 192.0)]
    (message,) = [finding.message for finding in findings(beatmap, "concurrent")]
    assert message == "The circle starts only 0.2 ms after the end of the one before it."
    beatmap.hit_objects = [Circle(1000.0, 256.0, 192.0), Circle(1007.0, 256.0, 192.0)]
    (message,) = [finding.message for finding in findings(beatmap, "concurrent")]
    assert message == "The circle starts only 7 ms after the one before it."


@pytest.mark.parametrize(("gap_ms", "is_concurrent"), [(30, True), (31, False)])
def test_notes_of_one_mania_column_are_apart(gap_ms, is_concurrent):
    objects = [HoldNote(1000, 64, 192, end_ms=1500), Circle(1200, 192, 192), Circle(1500 + gap_ms, 64, 192)]
    expected = [(PROBLEM, 1500 + gap_ms, (0, 2))] if is_concurrent else []
    assert found(clean_map(GameMode.MANIA, objects), "concurrent") == expected


@pytest.mark.parametrize(
    ("last_ms", "audio_ms", "severities"),
    [
        (29_500, None, [PROBLEM]),
        (30_000, None, []),
        (29_500, 29_600, [WARNING]),
        (29_500, 40_000, [PROBLEM]),
    ],
)
def test_drain_time(last_ms, audio_ms, severities):
    beatmap = clean_map(objects=notes(last_ms // 500 + 1))
    assert [finding.severity for finding in findings(beatmap, "drain_time", audio_ms)] == severities


def test_breaks_start_after_sliders_and_are_no_drain_time():
    beatmap = clean_map(objects=notes(40) + notes(40, start_ms=40_000))
    assert not found(beatmap, "drain_time")
    beatmap.hit_objects = notes(20) + notes(20, start_ms=30_000)
    beatmap.breaks = [Break(10_000, 28_000)]
    assert [finding.message for finding in findings(beatmap, "drain_time")] == [
        "The map has 19.0 s to play, less than 30 s."
    ]
    beatmap = clean_map(objects=[slider(1000, [(100, 100), (200, 100)], 100.0), Circle(10_000, 100, 100)])
    beatmap.breaks = [Break(1600, 8000)]
    assert found(beatmap, "breaks") == [(PROBLEM, 1600, (0,))]
    beatmap.breaks = [Break(1700, 8000)]
    assert not found(beatmap, "breaks")


@pytest.mark.parametrize(
    ("points", "length_px", "slides", "count"),
    [
        ([(100, 100), (200, 100)], 100.0, 1, 0),
        ([(100, 100), (200, 100)], 0.0, 1, 1),
        ([(100, 100), (200, 100)], -100.0, 1, 1),
        ([(100, 100), (200, 100)], 100.0, 0, 1),
        ([(100, 100)], 100.0, 1, 1),
        ([(100, 100), (100, 100)], 100.0, 1, 1),
    ],
)
def test_slider_body(points, length_px, slides, count):
    beatmap = clean_map(objects=[slider(1000, points, length_px, slides)])
    assert found(beatmap, "slider_body") == [(PROBLEM, 1000, (0,))] * count


def test_a_slider_without_segments_has_no_body():
    assert found(clean_map(objects=[Slider(1000, 100, 100, length_px=100.0)]), "slider_body") == [(PROBLEM, 1000, (0,))]


@pytest.mark.parametrize(("nodes", "count"), [(100, 0), (101, 1)])
def test_slider_nodes_up_to_ten_times_the_root_of_the_length(nodes, count):
    beatmap = clean_map(objects=[slider(1000, [(100 + number, 100) for number in range(nodes)], 100.0)])
    assert found(beatmap, "slider_nodes") == [(WARNING, 1000, (0,))] * count


@pytest.mark.parametrize(("start_ms", "audio_ms", "count"), [(-500, None, 1), (0, 500, 0), (0, 499, 1), (0, None, 0)])
def test_objects_lie_within_the_audio(start_ms, audio_ms, count):
    beatmap = clean_map(objects=[slider(start_ms, [(100, 100), (200, 100)], 100.0)])
    assert found(beatmap, "objects_outside_audio", audio_ms) == [(PROBLEM, start_ms, (0,))] * count


# The approach time at AR 5 is 1200 ms.
@pytest.mark.parametrize(
    ("start_ms", "end_ms", "times_ms"),
    [
        (1200, 8800, []),
        (1198, 8800, [1198]),
        (1200, 8802, [8802]),
        (1200, 1849, [1200]),
        (1200, 1850, []),
    ],
)
def test_breaks(start_ms, end_ms, times_ms):
    beatmap = clean_map(objects=[Circle(1000, 100, 100), Circle(10_000, 100, 100)])
    beatmap.breaks = [Break(start_ms, end_ms)]
    assert [finding[:2] for finding in found(beatmap, "breaks")] == [(PROBLEM, time_ms) for time_ms in times_ms]


@pytest.mark.parametrize("divisor", DIVISORS)
def test_snapping_of_arrays_is_that_of_single_times(divisor):
    timing = Timing(
        [TimingPoint(40.0, 333.3), TimingPoint(2000.5, 411.0), TimingPoint(2003.0, 250.0), TimingPoint(9000.0, 3.0)]
    )
    times_ms = np.concatenate(
        [np.random.default_rng(0).uniform(-500, 12_000, 500), [40.0, 2000.0, 2000.5, 2002.0, 8999.0]]
    )
    singly = [abs(timing.snap(time_ms, divisor) - time_ms) for time_ms in times_ms]
    assert off_tick_ms(timing, times_ms, (divisor,))[:, 0] == pytest.approx(singly, abs=1e-9)
