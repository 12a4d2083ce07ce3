"""Beat clock: folding, bars, cut beats and the round trip of ticks."""

from pathlib import Path

import numpy as np
import pytest

from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.files.timing_point_lines import parse_timing_line
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import (
    FASTEST_BPM,
    SLOWEST_BPM,
    TICKS_PER_BEAT,
    BeatClock,
    fold_count,
    fold_meter,
    fold_sections,
)

CHART_ROUNDING_MS = 2.0
"""Maps round their own times by up to this much."""


def red(time_ms: float, bpm: float, meter: int = 4) -> TimingPoint:
    return TimingPoint(time_ms, 60_000.0 / bpm, meter)


def make_clock(*reds: TimingPoint, end_ms: float = 10_000.0) -> BeatClock:
    return BeatClock.from_timing(Timing(list(reds)), end_ms)


def make_random_timing(seed: int) -> Timing:
    """Random red lines of 1-1,024 BPM with bars of 1-7 beats."""
    rng = np.random.default_rng(seed)
    times_ms = np.sort(rng.uniform(-2000, 60_000, rng.integers(1, 12))).round()
    tempi = 2.0 ** rng.uniform(0, 10, len(times_ms))
    meters = rng.integers(1, 8, len(times_ms))
    return Timing([red(*line) for line in zip(times_ms.tolist(), tempi.tolist(), meters.tolist(), strict=True)])


def assert_round_trip(clock: BeatClock) -> None:
    assert (np.diff(clock.tick_ms) > 0).all()
    np.testing.assert_array_equal(clock.steps_at(clock.tick_ms), clock.steps)
    np.testing.assert_array_equal(clock.times_at(clock.steps_at(clock.tick_ms)), clock.tick_ms)


@pytest.mark.parametrize(("bpm", "folded_bpm"), [(2, 16), (6000, 750)])
def test_folding_is_bounded(bpm: float, folded_bpm: float) -> None:
    assert bpm * 2.0 ** fold_count(bpm) == folded_bpm


def test_every_tempo_within_bounds_is_folded_into_the_range() -> None:
    for bpm in np.geomspace(SLOWEST_BPM / 8, FASTEST_BPM * 8 - 1, 999):
        assert SLOWEST_BPM * (1 - 1e-6) <= bpm * 2.0 ** fold_count(bpm) < FASTEST_BPM


def test_other_tempi_follow_the_one_that_lasts_longest() -> None:
    sections = fold_sections(Timing([red(0, 195), red(8000, 205), red(9000, 97.5)]), 10_000)
    np.testing.assert_allclose([60_000 / section.beat_length_ms for section in sections], [195, 205, 195])


@pytest.mark.parametrize(
    ("meter", "folds", "folded"),
    [(4, 0, 4), (4, 1, 8), (4, -1, 2), (3, -1, 3), (6, -1, 3), (3, 1, 6), (5, -2, 5), (0, 0, 1)],
)
def test_bars_have_whole_folded_beats(meter: int, folds: int, folded: int) -> None:
    assert fold_meter(meter, folds) == folded


def test_ticks_are_24ths_of_a_beat_and_bar_lines_follow_the_meter() -> None:
    clock = make_clock(red(100, 120), end_ms=3000)
    times_ms = np.array([100.0, 100 + 500 / 24, 100 + 500 * 7 / 24, 2100.0])
    first = clock.steps_at(np.array([100.0]))[0]
    np.testing.assert_array_equal(clock.steps_at(times_ms) - first, [0, 1, 7, 4 * TICKS_PER_BEAT])
    clock = make_clock(red(0, 120, 3), red(3000, 120, 4), end_ms=6000)
    np.testing.assert_array_equal(np.flatnonzero(clock.place_in_bar == 0), [0, 3, 6, 10])
    np.testing.assert_array_equal(clock.bar_beats, [3] * 6 + [4] * 6)


def test_a_clock_begins_before_the_song_and_ends_after_it() -> None:
    clock = make_clock(red(4100, 120, 3))
    assert 10_000 <= clock.end_ms < 10_500
    assert -1500 < clock.beat_ms[0] <= 0
    assert clock.place_in_bar[0] == 0
    assert clock.place_in_bar[np.searchsorted(clock.beat_ms, 4100)] == 0
    clock = make_clock(red(30_000, 120))
    assert clock.beat_ms[0] <= 0
    assert clock.end_ms >= 10_000
    assert_round_trip(clock)


def test_a_bar_of_millions_of_beats_does_not_lengthen_the_clock() -> None:
    line = parse_timing_line("500,500,441246278,2,1,60,1,0", 14)
    assert line.stated_meter == 441_246_278
    assert len(make_clock(line)) <= line.meter + 20


def test_red_lines_cut_or_replace_the_beat_before_and_the_last_counts() -> None:
    clock = make_clock(red(0, 120), red(1250, 120), end_ms=2000)
    np.testing.assert_array_equal(clock.tick_counts[:4], [24, 24, 12, 24])
    assert clock.beat_ms[3] == 1250
    assert clock.times_at(clock.steps_at(np.array([1235.0])))[0] == pytest.approx(1000 + 500 * 11 / 24)
    assert_round_trip(clock)
    clock = make_clock(red(0, 120), red(1030, 120), end_ms=2000)
    np.testing.assert_allclose(clock.beat_ms[:4], [0, 500, 1030, 1530])
    clock = make_clock(red(0, 120), red(997, 120), end_ms=2000)
    np.testing.assert_allclose(clock.beat_ms[:4], [0, 500, 997, 1497])
    assert_round_trip(clock)
    assert make_clock(red(0, 180), red(0, 120), end_ms=2000).beat_length_ms[0] == 500


@pytest.mark.parametrize("seed", range(40))
def test_warp_and_back_gives_the_exact_tick(seed: int) -> None:
    assert_round_trip(BeatClock.from_timing(make_random_timing(seed), 60_000))


@pytest.mark.parametrize("seed", range(10))
def test_residuals_are_at_most_half_a_tick_between_ticks(seed: int) -> None:
    clock = BeatClock.from_timing(make_random_timing(seed), 60_000)
    times_ms = np.random.default_rng(seed).uniform(clock.tick_ms[0], clock.tick_ms[-1], 500)
    after = np.searchsorted(clock.tick_ms, times_ms)
    half_gaps_ms = (clock.tick_ms[after] - clock.tick_ms[after - 1]) / 2
    assert (np.abs(clock.residuals_ms(times_ms)) <= half_gaps_ms + 1e-6).all()


def test_clocks_differ_by_beats_and_by_bars() -> None:
    clock = make_clock(red(50, 120))
    assert clock.is_equal(make_clock(red(50.2, 120)))
    assert clock.is_equal(make_clock(red(50, 120), red(4050, 120)))
    assert not clock.is_equal(make_clock(red(60, 120)))
    assert not clock.is_equal(make_clock(red(50, 120, 3)))
    assert not clock.is_equal(make_clock(red(50, 120), end_ms=5000))


def test_shared_charts_lie_on_the_clock(shared_dir: Path) -> None:
    """The round trip is exact; nearly all objects lie on a tick."""
    objects = off_grid = merged = 0
    for path in sorted(shared_dir.glob("data/mapsets/*/*.osu"))[::6]:
        try:
            beatmap = read_beatmap(path)
            timing = Timing(beatmap.timing_points)
        except BeatmapError:
            continue
        times_ms = np.unique([hit_object.time_ms for hit_object in beatmap.hit_objects])
        clock = BeatClock.from_timing(timing, times_ms[-1] + 1.0)
        assert_round_trip(clock)
        assert clock.beat_ms[0] <= max(0.0, timing.reds[0].time_ms)
        objects += len(times_ms)
        off_grid += int((np.abs(clock.residuals_ms(times_ms)) > CHART_ROUNDING_MS).sum())
        merged += len(times_ms) - len(np.unique(clock.steps_at(times_ms)))
    assert off_grid < 0.01 * objects
    assert merged < 0.001 * objects
