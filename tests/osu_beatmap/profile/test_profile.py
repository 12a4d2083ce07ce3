"""Metrics of profiles, on maps whose figures can be told by hand."""

from dataclasses import replace

import numpy as np
import pytest

from osu_beatmap.beatmap import Break, Circle, GameMode, HitSound, HoldNote, Spinner, TimingPoint
from osu_beatmap.profile.profile import profile_of
from osu_beatmap.profile.song import Loudness
from osu_beatmap.star_rating import star_rating
from tests.osu_beatmap.profile.profile_maps import BEAT_MS, circles, map_of, ms, notes
from tests.support.sliders import line_slider


def test_gaps_and_beats_follow_the_red_lines():
    metrics = profile_of(map_of(circles([*range(12), *np.arange(12, 18, 0.5), *np.arange(18, 20, 0.25)])))
    assert metrics["beat_gap_share"] == pytest.approx(12 / 31)
    assert metrics["half_gap_share"] == pytest.approx(12 / 31)
    assert metrics["quarter_gap_share"] == pytest.approx(7 / 31)
    assert metrics["on_beat_share"] == pytest.approx((12 + 6 + 2) / 32)
    assert metrics["gap_entropy_bits"] == pytest.approx(1.545, abs=0.001)
    assert metrics["objects_before_first_red_line"] == 0


def test_objects_before_the_first_red_line_count():
    assert profile_of(map_of(circles(range(-3, 30))))["objects_before_first_red_line"] == 3


def test_breaks_and_rests_are_shares_of_the_play_time():
    beatmap = map_of(circles([*range(20), *range(30, 50)]))
    metrics = profile_of(replace(beatmap, breaks=[Break(ms(20), ms(29))]))
    assert metrics["break_time_share"] == pytest.approx(9 / 49)
    assert metrics["rest_time_share"] == pytest.approx(11 / 49)
    assert profile_of(map_of(circles(range(40))))["rest_time_share"] == 0


def test_combos_count_on_downbeats():
    objects = circles(range(32))
    for place in (4, 8, 14, 20):
        objects[place].new_combo = True
    metrics = profile_of(map_of(objects))
    assert metrics["combos_on_downbeats_share"] == pytest.approx(4 / 5)
    assert metrics["combo_length_objects"] == pytest.approx(32 / 5)


def test_sliders_are_straight_curved_or_repeat():
    straight = line_slider(ms(0), (0.0, 0.0), (140.0, 0.0), length_px=140.0)
    bent = line_slider(ms(2), (0.0, 0.0), (70.0, 70.0), (140.0, 0.0), length_px=198.0, slides=2)
    metrics = profile_of(map_of([straight, bent, Spinner(ms(6), 256.0, 192.0, end_ms=ms(8)), *circles(range(10, 31))]))
    assert metrics["slider_share"] == pytest.approx(2 / 24)
    assert (metrics["curved_slider_share"], metrics["repeat_slider_share"], metrics["spinners"]) == (0.5, 0.5, 1.0)


def test_spacing_is_measured_at_each_gap():
    zigzag = profile_of(map_of(circles(np.arange(0, 20, 0.5))))
    assert (zigzag["half_spacing_px"], zigzag["half_spacing_change_px"]) == (100.0, 0.0)
    assert np.isnan(zigzag["quarter_spacing_px"])
    assert (zigzag["turn_mean_deg"], zigzag["sharp_turn_share"], zigzag["flat_turn_share"]) == (180.0, 1.0, 0.0)
    uneven = profile_of(map_of(circles(np.arange(0, 20, 0.5), places=((0.0, 0.0), (50.0, 0.0), (200.0, 0.0)))))
    assert uneven["half_spacing_change_px"] == pytest.approx(100.0, abs=5.0)


def test_stacks_are_no_overlaps():
    stacked = profile_of(map_of(circles(range(30), places=((100.0, 100.0),))))
    assert (stacked["stack_share"], stacked["overlap_share"]) == (1.0, 0.0)
    near = profile_of(map_of(circles(np.arange(0, 15, 0.5), places=((100.0, 100.0), (300.0, 100.0), (110.0, 110.0)))))
    assert near["overlap_share"] > 0.3
    assert near["stack_share"] == 0


def test_additions_are_placed_in_the_bar():
    sounds = [HitSound.FINISH, HitSound.CLAP, HitSound.WHISTLE, HitSound.CLAP] * 8
    objects = circles(range(32))
    for obj, sound in zip(objects, sounds, strict=True):
        obj.hitsound = sound
    metrics = profile_of(map_of(objects))
    assert (metrics["finish_share"], metrics["clap_share"], metrics["whistle_share"]) == (0.25, 0.5, 0.25)
    assert metrics["finishes_on_downbeats_share"] == metrics["claps_on_backbeats_share"] == 1
    assert metrics["whistles_on_downbeats_share"] == 0


def test_taiko_counts_colours_big_notes_and_long_objects():
    objects = circles(np.arange(0, 16, 0.5))
    for place in range(0, 32, 4):
        objects[place].hitsound = objects[place + 1].hitsound = HitSound.CLAP
    objects[0].hitsound |= HitSound.FINISH
    roll = line_slider(ms(20), (0.0, 0.0), (140.0, 0.0), length_px=140.0)
    metrics = profile_of(map_of([*objects, roll, Spinner(ms(24), 0.0, 0.0, end_ms=ms(26))], GameMode.TAIKO))
    assert (metrics["kat_share"], metrics["big_share"]) == (0.5, pytest.approx(1 / 32))
    assert (metrics["colour_run_notes"], metrics["drumrolls"], metrics["swells"]) == (2.0, 1.0, 1.0)
    assert metrics["monotone_window_share"] == 0
    assert profile_of(map_of(circles(range(30)), GameMode.TAIKO))["monotone_window_share"] == 1
    assert "clap_share" not in metrics


def test_mania_counts_rows():
    rows = [(0,), (0, 1), (2,), (3,)] * 10
    metrics = profile_of(map_of([*notes(rows), HoldNote(ms(20), 64.0, 192.0, end_ms=ms(21))], GameMode.MANIA))
    assert metrics["chord_row_share"] == pytest.approx(10 / 41)
    assert metrics["notes_per_row"] == pytest.approx(51 / 41)
    assert metrics["jack_row_share"] == pytest.approx(10 / 40)
    assert (metrics["hold_share"], metrics["hold_length_beats"]) == (pytest.approx(1 / 51), 1.0)
    assert metrics["recurring_pair_share"] > 0.9
    rng = np.random.default_rng(0)
    random_rows = rng.integers(0, 7, (200, 1)).tolist()
    random_map = map_of(notes(random_rows, keys=7), GameMode.MANIA)
    random_map.difficulty.circle_size = 7.0
    assert profile_of(random_map)["recurring_pair_share"] < 0.5


def test_kiai_volumes_and_density_follow_a_loud_half():
    quiet, loud = np.arange(0, 64, 2.0), np.arange(64, 128, 0.5)
    kiai = TimingPoint(ms(64), -100.0, volume=70, uninherited=False, effects=1)
    times_ms = np.arange(0.0, ms(128), 100.0)
    loudness = Loudness(times_ms, np.where(times_ms < ms(64), -30.0, 0.0))
    metrics = profile_of(map_of(circles([*quiet, *loud]), lines=[kiai]), loudness)
    assert metrics["kiai_time_share"] == pytest.approx(0.5, abs=0.01)
    assert (metrics["kiai_times"], metrics["distinct_volumes"]) == (1.0, 2.0)
    assert metrics["kiai_loud_share"] > 0.9
    assert metrics["density_loudness_correlation"] > 0.9
    assert "kiai_loud_share" not in profile_of(map_of(circles(quiet)))


@pytest.mark.parametrize("mode", GameMode)
def test_every_map_of_a_mode_has_the_same_metrics(mode):
    plain = map_of(circles(range(40)), mode)
    mixed = map_of([*circles(range(25)), Spinner(ms(30), 256.0, 192.0, end_ms=ms(32))], mode)
    assert profile_of(plain).keys() == profile_of(mixed).keys()
    assert star_rating(plain) >= 0
    assert profile_of(replace(plain, timing_points=[])) == profile_of(map_of([])) == {}


def test_absurd_numbers_raise_nothing():
    objects = [*circles(range(30)), Circle(float("nan"), 0.0, 0.0), Circle(ms(40), 1e9, float("inf"))]
    lines = [TimingPoint(float("nan"), BEAT_MS), TimingPoint(ms(10), -1.0, meter=0)]
    for mode in GameMode:
        assert profile_of(map_of(objects, mode, lines))["object_times_per_s"] > 0
