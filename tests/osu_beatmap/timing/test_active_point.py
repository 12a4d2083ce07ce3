"""Active lines, the beat grid, snapping, durations and edits of timing lines."""

import math

import pytest

from osu_beatmap.beatmap import EFFECT_KIAI, Circle, Difficulty, HoldNote, Slider, Spinner, TimingPoint
from osu_beatmap.errors import BeatmapError
from osu_beatmap.timing.active_point import Timing, end_time_ms, slider_duration_ms, slider_length_px
from osu_beatmap.timing.beat_grid import Beat
from osu_beatmap.timing.edits import drop_redundant, set_kiai, set_sv, with_sv_changes, with_volume_changes


def red(time_ms: float, beat_ms: float = 500.0, **fields) -> TimingPoint:
    return TimingPoint(time_ms, beat_ms, **fields)


def green(time_ms: float, sv: float = 1.0, **fields) -> TimingPoint:
    return TimingPoint(time_ms, -100.0 / sv, uninherited=False, **fields)


LINES = [red(1000), green(2000, 2.0, volume=40), red(3000, 400.0), green(3000, 0.5, effects=EFFECT_KIAI)]


@pytest.mark.parametrize("order", [1, -1])
def test_active_lines(order: int) -> None:
    timing = Timing(LINES[::order])
    times_ms = (0, 1000, 1999.9, 2000, 2999.9, 3000, 9000)
    assert [timing.beat_length_at(time_ms) for time_ms in times_ms] == [500, 500, 500, 500, 500, 400, 400]
    assert [timing.sv_at(time_ms) for time_ms in times_ms] == [1, 1, 1, 2, 2, 0.5, 0.5]
    assert [timing.volume_at(time_ms) for time_ms in times_ms] == [100, 100, 100, 40, 40, 100, 100]
    assert [timing.kiai_at(time_ms) for time_ms in times_ms] == [False] * 5 + [True] * 2


def test_a_red_line_ends_the_green_one_and_values_are_clamped() -> None:
    timing = Timing([red(0), green(100, 2.0), red(200)])
    assert timing.green_at(150).time_ms == 100
    assert timing.green_at(200) is None
    assert timing.sv_at(200) == 1
    timing = Timing([red(0, 0.001), green(1, 50.0), green(2, 0.001), TimingPoint(3, math.nan, uninherited=False)])
    assert [timing.sv_at(time_ms) for time_ms in (1, 2, 3)] == [10, 0.1, 1]
    assert timing.beat_length_at(0) == 6


@pytest.mark.parametrize("points", [[], [green(0)], [red(math.nan)], [red(0, math.inf)], [red(0), green(math.nan)]])
def test_timing_without_a_tempo_is_refused_in_a_sentence(points: list[TimingPoint]) -> None:
    with pytest.raises(BeatmapError, match=r"line|timing point"):
        Timing(points)


def test_beats() -> None:
    timing = Timing([red(1000, 500, meter=3), red(3000, 400)])
    assert timing.beats(0, 3500) == [
        Beat(1000, 0, True),
        Beat(1500, 1, False),
        Beat(2000, 2, False),
        Beat(2500, 0, False),
        Beat(3000, 0, True),
        Beat(3400, 1, False),
    ]
    assert timing.beats(1500, 2000) == [Beat(1500, 1, False)]
    assert timing.beats(1501, 2000) == []


def test_beats_are_replaced_by_lines_and_do_not_drift() -> None:
    timing = Timing([red(0, 333.3), red(1001, 333.3)])
    assert [beat.time_ms for beat in timing.beats(600, 1400)] == [666.6, 1001, 1334.3]
    beats = Timing([red(7, 60_000 / 173)]).beats(0, 3_600_000)
    assert len(beats) == 173 * 60
    assert beats[-1].time_ms == pytest.approx(7 + (173 * 60 - 1) * 60_000 / 173)


@pytest.mark.parametrize(
    ("divisor", "ticks_ms"),
    [
        (1, {1240: 1000, 2600: 2500, 2890: 2900}),  # no tick lies beyond the next red line
        (2, {1240: 1250}),
        (3, {1170: 1000 + 500 / 3}),
        (4, {1240: 1250, 760: 750}),
    ],
)
def test_snap(divisor: int, ticks_ms: dict[float, float]) -> None:
    timing = Timing([red(1000), red(2900, 400)])
    assert {time_ms: timing.snap(time_ms, divisor) for time_ms in ticks_ms} == pytest.approx(ticks_ms)


def test_best_divisor_and_beat_position() -> None:
    divisors = {1.99: 1, 500: 1, 251: 2, 167: 3, 374: 4, 100: 5, 83: 6, 71: 7, 62: 8, 55.6: 9, 31: 16, 2: 0}
    assert {time_ms: Timing([red(0)]).best_divisor(time_ms) for time_ms in divisors} == divisors
    timing = Timing([red(1000), red(3000, 400)])
    assert [timing.beat_position(time_ms) for time_ms in (500, 1000, 1250, 3100)] == [-1, 0, 0.5, 0.25]


def test_durations() -> None:
    timing = Timing(LINES)
    difficulty = Difficulty(slider_multiplier=1.5)
    slider = Slider(2100, 0, 0, slides=2, length_px=300)
    # 300 px at 150 * 2 px a beat of 500 ms, there and back
    assert slider_duration_ms(slider, timing, difficulty) == 1000
    assert slider_length_px(500, 2100, timing, difficulty) == 300
    assert end_time_ms(slider, timing, difficulty) == 3100
    assert end_time_ms(Circle(5, 0, 0), timing, difficulty) == 5
    assert end_time_ms(Spinner(5, 0, 0, end_ms=9), timing, difficulty) == 9
    assert end_time_ms(HoldNote(5, 0, 0, end_ms=2), timing, difficulty) == 5
    assert slider_duration_ms(slider, timing, Difficulty(slider_multiplier=100)) == pytest.approx(1000 * 1.5 / 3.6)


def test_set_sv_holds_to_the_next_line_and_keeps_the_rest() -> None:
    before = Timing(LINES)
    after = Timing(set_sv(LINES, 2500, 1.5))
    assert [after.sv_at(time_ms) for time_ms in (2499, 2500, 2999, 3000)] == [2, 1.5, 1.5, 0.5]
    for time_ms in (0, 2500, 3000):
        assert after.volume_at(time_ms) == before.volume_at(time_ms)
        assert after.kiai_at(time_ms) is before.kiai_at(time_ms)
    assert len(LINES) == 4
    assert LINES[1].sv_multiplier == 2
    assert len(set_sv(LINES, 2000, 3.0)) == 4
    assert len(set_sv(LINES, 1000, 3.0)) == 5


def test_sv_changes_hold_over_red_lines_and_volume_changes_leave_velocity() -> None:
    timing = Timing(with_sv_changes([red(0), green(500, 3.0), red(1000)], [(200, 2.0), (1500, 1.0)]))
    assert [timing.sv_at(time_ms) for time_ms in (0, 200, 500, 1000, 1499, 1500)] == [1, 2, 2, 2, 2, 1]
    assert len(timing.reds) == 2
    timing = Timing(with_volume_changes(LINES, [(1500, 60), (2500, 30)]))
    assert [timing.volume_at(time_ms) for time_ms in (1000, 1500, 2000, 2500, 3000)] == [100, 60, 60, 30, 30]
    assert [timing.sv_at(time_ms) for time_ms in (1500, 2000, 2500, 3000)] == [1, 2, 2, 0.5]


def test_set_kiai_gives_exactly_these_spans() -> None:
    timing = Timing(set_kiai(LINES, [(500, 1500), (2200, 2800)]))
    states = [timing.kiai_at(time_ms) for time_ms in (499, 500, 1000, 1499, 1500, 2199, 2200, 2799, 2800, 3000)]
    assert states == [False, True, True, True, False, False, True, True, False, False]
    assert [timing.sv_at(time_ms) for time_ms in (2200, 2800)] == [2, 2]


def test_without_redundant() -> None:
    lines = [
        red(0),
        green(0),  # same as the red line
        green(100, 2.0),
        green(200, 2.0),  # same as before
        green(200, 2.0, volume=50),
        green(300, 3.0, volume=50),  # replaced at once
        green(300, 2.0, volume=50),
        red(400, volume=50),
        green(400, 1.0, volume=50, meter=3),
        green(500, 20.0, volume=50),
        green(600, 10.0, volume=50),  # no faster: both are clamped
    ]
    kept = drop_redundant(lines)
    assert [(line.time_ms, line.uninherited) for line in kept] == [
        (0, True),
        (100, False),
        (200, False),
        (400, True),
        (500, False),
    ]
