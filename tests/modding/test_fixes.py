"""Fixes change a copy, and what they say."""

import pytest

from modding import fixes
from modding.fixes import apply_fixes
from osu_beatmap.beatmap import GameMode, HitSound, HoldNote, TimingPoint
from osu_beatmap.timing.active_point import Timing, end_time_ms, slider_duration_ms
from osu_beatmap.timing.edits import set_kiai
from tests.support.review_maps import BEAT_MS, regular_map, slider


def test_the_map_itself_stays_and_indices_mean_it_whatever_is_deleted():
    beatmap = regular_map()
    mended = apply_fixes(beatmap, [fixes.move_object(3, 2250.0, "move it"), fixes.delete_object(0, "delete it")])
    assert len(beatmap.hit_objects) == len(mended.hit_objects) + 1
    assert [obj.time_ms for obj in mended.hit_objects[:3]] == [1400.0, 1800.0, 2250.0]
    assert beatmap.hit_objects[3].time_ms == 2200.0
    beatmap = regular_map()
    given = [fixes.delete_object(1, ""), fixes.delete_object(5, ""), fixes.set_new_combo(6, True, "")]
    mended = apply_fixes(beatmap, given)
    assert [obj.time_ms for obj in mended.hit_objects if obj.new_combo][:3] == [1000.0, 2600.0, 3400.0]
    assert len(mended.hit_objects) == len(beatmap.hit_objects) - 2


def test_hold_notes_sounds_of_edges_and_stretches_change():
    beatmap = regular_map(GameMode.MANIA)
    beatmap.hit_objects[2] = HoldNote(1800.0, 64.0, 192.0, end_ms=2000.0)
    moved = apply_fixes(beatmap, [fixes.move_object(2, 1850.0, "")]).hit_objects[2]
    assert (moved.time_ms, moved.end_ms) == (1850.0, 2050.0)
    assert apply_fixes(beatmap, [fixes.end_object(2, 2100.0, "")]).hit_objects[2].end_ms == 2100.0
    assert apply_fixes(beatmap, [fixes.move_to_column(2, 3, "")]).hit_objects[2].x == 448.0
    beatmap = regular_map()
    beatmap.hit_objects[10] = slider(5000.0)
    mended = apply_fixes(beatmap, [fixes.set_additions(10, int(HitSound.CLAP), -1, "")]).hit_objects[10]
    assert [edge.hitsound for edge in mended.edges] == [0, HitSound.CLAP]
    assert mended.hitsound == 0
    beatmap = regular_map()
    beatmap.timing_points.append(TimingPoint(9000.0, BEAT_MS))
    mended = apply_fixes(beatmap, [fixes.shift_stretch(-float("inf"), 9000.0, 12.0, "")])
    assert [line.time_ms for line in mended.timing_points] == [1012.0, 9000.0]
    assert mended.hit_objects[0].time_ms == 1012.0
    assert mended.hit_objects[-1].time_ms == beatmap.hit_objects[-1].time_ms


def test_a_slider_gets_the_length_for_its_end_and_keeps_its_duration_with_another_velocity():
    beatmap = regular_map()
    beatmap.hit_objects[10] = slider(5000.0)
    ended = apply_fixes(beatmap, [fixes.end_object(10, 5600.0, "")])
    assert end_time_ms(ended.hit_objects[10], Timing(ended.timing_points), ended.difficulty) == pytest.approx(5600.0)
    faster = apply_fixes(beatmap, [fixes.set_velocity(10, 2.0, "")])
    timing = Timing(faster.timing_points)
    assert (timing.sv_at(5000.0), timing.sv_at(5400.0)) == (2.0, 1.0)
    before = slider_duration_ms(beatmap.hit_objects[10], Timing(beatmap.timing_points), beatmap.difficulty)
    assert slider_duration_ms(faster.hit_objects[10], timing, faster.difficulty) == pytest.approx(before)


def test_kiai_volume_lines_and_preview():
    beatmap = regular_map()
    beatmap.timing_points = set_kiai(beatmap.timing_points, [(4200.0, 8200.0)])
    moved = apply_fixes(beatmap, [fixes.move_kiai_edge(4200.0, 4600.0, True, "")])
    assert Timing(moved.timing_points).kiai_spans() == [(4600.0, 8200.0)]
    endless = regular_map()
    endless.timing_points = set_kiai(endless.timing_points, [(4200.0, float("inf"))])
    moved = apply_fixes(endless, [fixes.move_kiai_edge(4200.0, 4600.0, True, "")])
    assert Timing(moved.timing_points).kiai_spans() == [(4600.0, float("inf"))]
    beatmap.timing_points[0].volume = 2
    assert apply_fixes(beatmap, [fixes.limit_volume(1000.0, "")]).timing_points[0].volume == 5
    beatmap.timing_points.insert(1, TimingPoint(1000.0, 500.0))
    kept = apply_fixes(beatmap, [fixes.drop_duplicate_lines(1000.0, "")]).timing_points
    assert [line.beat_length_ms for line in kept if line.uninherited] == [500.0]
    assert apply_fixes(beatmap, [fixes.set_preview(4200.4, "")]).preview_time_ms == 4200.0
