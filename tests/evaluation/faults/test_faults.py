"""Faults: exactly what they say changes, and the map stays playable."""

import itertools

import numpy as np
import pytest

from evaluation.faults import KINDS, inject
from evaluation.faults.section_faults import STRETCH_FAULTS
from osu_beatmap.beatmap import GameMode
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.edits import set_kiai, with_sv_changes
from tests.support.review_maps import BEAT_MS, regular_map, slider

SPAN_MS = (0.0, 40_000.0)


def chart(mode=GameMode.STANDARD):
    beatmap = regular_map(mode)
    if mode in (GameMode.STANDARD, GameMode.CATCH):
        for index in range(2, 80, 8):
            beatmap.hit_objects[index] = slider(beatmap.hit_objects[index].time_ms, 70.0)
    beatmap.timing_points = set_kiai(beatmap.timing_points, [(9_000.0, 15_400.0)])
    beatmap.timing_points = with_sv_changes(beatmap.timing_points, [(1000.0, 1.0)])
    return beatmap


def injected(kind, mode=GameMode.STANDARD, seed=0, count=4):
    return inject(chart(mode), kind, np.random.default_rng(seed), SPAN_MS, count)


def times(beatmap):
    return [obj.time_ms for obj in beatmap.hit_objects]


@pytest.mark.parametrize("kind", KINDS)
def test_the_original_stays_and_a_seed_repeats_itself(kind):
    beatmap = chart()
    first, again = (inject(beatmap, kind, np.random.default_rng(3), SPAN_MS, 4) for _ in range(2))
    assert beatmap == chart()
    assert first == again
    assert first.faults
    assert first.beatmap != beatmap
    assert times(first.beatmap) == sorted(times(first.beatmap))


@pytest.mark.parametrize("mode", list(GameMode))
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in STRETCH_FAULTS])
def test_faults_of_objects_are_apart_and_point_at_objects(kind, mode):
    faulty = injected(kind, mode)
    places = [fault.start_ms for fault in faulty.faults]
    assert all(later - earlier >= 2_500.0 for earlier, later in itertools.pairwise(places))
    for fault in faulty.faults:
        assert abs(faulty.beatmap.hit_objects[fault.obj].time_ms - fault.start_ms) <= 2 * BEAT_MS


@pytest.mark.parametrize(("kind", "share"), [("quarter_beat", 4), ("third_beat", 3)])
def test_an_object_moves_by_a_share_of_a_beat(kind, share):
    faulty = injected(kind)
    for fault in faulty.faults:
        off_ms = (faulty.beatmap.hit_objects[fault.obj].time_ms - 1000.0) % BEAT_MS
        assert min(off_ms, BEAT_MS - off_ms) == pytest.approx(BEAT_MS / share, abs=1.0)


def test_places_columns_sounds_and_combos():
    clean, moved = chart(), injected("moved_place")
    for fault in moved.faults:
        before, after = clean.hit_objects[fault.obj], moved.beatmap.hit_objects[fault.obj]
        assert np.hypot(after.x - before.x, after.y - before.y) == pytest.approx(120.0, abs=1.5)
    mania = injected("moved_place", GameMode.MANIA)
    assert all(mania.beatmap.hit_objects[f.obj].x != chart(GameMode.MANIA).hit_objects[f.obj].x for f in mania.faults)
    assert not injected("moved_place", GameMode.TAIKO).faults
    combos = injected("combo_moved")
    assert sum(o.new_combo for o in combos.beatmap.hit_objects) == sum(o.new_combo for o in clean.hit_objects)
    assert all(not combos.beatmap.hit_objects[fault.obj].new_combo for fault in combos.faults)


def test_deleted_and_added_objects_and_a_kiai_a_bar_off():
    deleted, added = injected("deleted"), injected("added")
    assert len(deleted.beatmap.hit_objects) == len(chart().hit_objects) - len(deleted.faults)
    assert len(added.beatmap.hit_objects) == len(chart().hit_objects) + len(added.faults)
    assert all(fault.start_ms not in times(deleted.beatmap) for fault in deleted.faults)
    (start_ms, end_ms), *_ = Timing(injected("kiai_shifted").beatmap.timing_points).kiai_spans()
    assert abs(start_ms - 9_000.0) == abs(end_ms - 15_400.0) == 4 * BEAT_MS
    without = regular_map()
    assert not inject(without, "kiai_shifted", np.random.default_rng(0), SPAN_MS).faults


def test_a_velocity_changes_for_one_object_that_ends_as_before():
    faulty = injected("sv_changed")
    timing = Timing(faulty.beatmap.timing_points)
    for fault in faulty.faults:
        assert timing.sv_at(fault.start_ms) in (0.5, 2.0)
        assert timing.sv_at(fault.start_ms + BEAT_MS) == 1.0
        obj = faulty.beatmap.hit_objects[fault.obj]
        assert obj.length_px == 70.0 * timing.sv_at(fault.start_ms)


def test_red_lines_with_and_without_their_objects():
    clean = chart()
    both, alone = injected("line_and_objects_20ms"), injected("line_alone_20ms")
    shift = both.beatmap.timing_points[0].time_ms - 1000.0
    assert abs(shift) == 20.0
    assert times(both.beatmap) == [time_ms + shift for time_ms in times(clean)]
    assert times(alone.beatmap) == times(clean)
    assert abs(Timing(alone.beatmap.timing_points).reds[0].time_ms - 1000.0) == 20.0
    drifting, tempo = injected("bpm_and_objects"), injected("bpm_alone")
    assert abs(times(drifting.beatmap)[-1] - times(clean)[-1]) == pytest.approx(0.005 * 79 * BEAT_MS, abs=1.0)
    assert times(tempo.beatmap) == times(clean)
    assert abs(Timing(tempo.beatmap.timing_points).reds[0].beat_length_ms / BEAT_MS - 1) == pytest.approx(0.005)
