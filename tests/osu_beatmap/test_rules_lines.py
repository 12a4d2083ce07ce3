"""Rules on timing lines and settings: for each a map that breaks it, and one that just does not."""

import pytest
from rule_beatmaps import clean_map, findings, found, slider

from osu_beatmap.beatmap import EFFECT_KIAI, Circle, GameMode, HitSample, TimingPoint
from osu_beatmap.files.reader import parse_beatmap
from osu_beatmap.files.timing_point_lines import parse_timing_line
from osu_beatmap.files.writer import write_beatmap
from osu_beatmap.rules import Severity

PROBLEM, WARNING = Severity.PROBLEM, Severity.WARNING


def green(time_ms: float, sv: float = 1.0, **settings) -> TimingPoint:
    return TimingPoint(time_ms, -100.0 / sv, uninherited=False, **settings)


def test_a_map_begins_with_a_red_line_that_starts_no_kiai():
    beatmap = clean_map()
    assert not found(beatmap, "no_red_line")
    beatmap.timing_points = [green(0.0)]
    assert found(beatmap, "no_red_line") == [(PROBLEM, None, ())]
    assert not found(beatmap, "unsnapped")
    beatmap = clean_map()
    beatmap.timing_points.append(green(0.0))
    assert not found(beatmap, "first_line")
    beatmap.timing_points[0].effects = EFFECT_KIAI
    assert found(beatmap, "first_line") == [(PROBLEM, 0.0, ())]
    beatmap.timing_points[0].time_ms = 500.0
    assert found(beatmap, "first_line") == [(PROBLEM, 0.0, ())]


def test_a_red_line_has_a_beat_a_bar_and_a_tempo_of_music():
    beatmap = clean_map()
    lines = ["5000,0,4,2,1,60,1,0", "7000,-100,4,2,1,60,1,0", "9000,500,0,2,1,60,1,0", "9500,50,4,2,1,60,1,0"]
    lines += ["9600,60,4,2,1,60,1,0", "9700,-50,0,2,1,60,0,0", "9800,500,441246278,2,1,60,1,0"]
    beatmap.timing_points += [parse_timing_line(line, 14) for line in lines]
    assert found(beatmap, "beat_length") == [(PROBLEM, 5000.0, ()), (PROBLEM, 7000.0, ())]
    assert found(beatmap, "meter") == [(WARNING, 9000.0, ()), (WARNING, 9800.0, ())]
    assert found(beatmap, "tempo") == [(WARNING, 9500.0, ())]


@pytest.mark.parametrize("second", [green(0.0), TimingPoint(0.0, 400.0)])
def test_a_red_and_a_green_line_may_share_a_time_but_not_two_of_a_kind(second):
    beatmap = clean_map()
    beatmap.timing_points.append(green(0.0))
    assert not found(beatmap, "duplicate_lines")
    beatmap.timing_points.append(second)
    assert found(beatmap, "duplicate_lines") == [(PROBLEM, 0.0, ())]


@pytest.mark.parametrize(("time_ms", "count"), [(-1.0, 1), (0.0, 0), (60_000.0, 0), (60_001.0, 1)])
def test_lines_lie_within_the_audio(time_ms, count):
    beatmap = clean_map()
    beatmap.timing_points.append(green(time_ms))
    assert found(beatmap, "lines_outside_audio", audio_ms=60_000.0) == [(PROBLEM, time_ms, ())] * count


@pytest.mark.parametrize(("volume", "count"), [(0, 1), (4, 1), (5, 0), (100, 0), (101, 1)])
def test_volume_of_lines_and_of_objects_where_0_takes_that_of_the_line(volume, count):
    of_line, of_object = clean_map(), clean_map()
    of_line.timing_points.append(green(1000.0, volume=volume))
    assert found(of_line, "volume") == [(PROBLEM, 1000.0, ())] * count
    of_object.hit_objects[2].sample = HitSample(volume=volume)
    assert found(of_object, "volume") == [(PROBLEM, 1000.0, (2,))] * (count if volume else 0)


@pytest.mark.parametrize(("time_ms", "count"), [(1000.0, 0), (1009.0, 0), (1010.0, 1), (1250.0, 1)])
def test_kiai_starts_on_a_beat_and_not_at_a_line_within_it(time_ms, count):
    beatmap = clean_map()
    beatmap.timing_points += [green(time_ms, effects=EFFECT_KIAI), green(1350.0, effects=EFFECT_KIAI)]
    assert found(beatmap, "kiai_off_beat") == [(WARNING, time_ms, ())] * count


@pytest.mark.parametrize(
    ("line_ms", "sv", "count"), [(1003.0, 2.0, 1), (1003.0, 1.0, 0), (1006.0, 2.0, 0), (1000.0, 2.0, 0)]
)
def test_a_slider_does_not_lie_just_before_a_line_that_changes_its_velocity(line_ms, sv, count):
    beatmap = clean_map(objects=[slider(1000.0, [(100, 100), (200, 100)], 100.0)])
    beatmap.timing_points.append(green(line_ms, sv))
    assert found(beatmap, "just_before_sv_line") == [(WARNING, 1000.0, (0,))] * count


@pytest.mark.parametrize(
    ("mode", "count"), [(GameMode.STANDARD, 0), (GameMode.TAIKO, 1), (GameMode.CATCH, 0), (GameMode.MANIA, 1)]
)
def test_velocity_moves_notes_in_taiko_and_mania_only(mode, count):
    beatmap = clean_map(mode, [Circle(1000.0, 100, 100)])
    beatmap.timing_points.append(green(1003.0, 2.0))
    assert len(found(beatmap, "just_before_sv_line")) == count


@pytest.mark.parametrize("name", ["hp_drain_rate", "circle_size", "overall_difficulty", "approach_rate"])
@pytest.mark.parametrize(
    ("value", "count"), [(-0.1, 1), (0.0, 0), (5.2, 0), (5.1999998, 0), (5.25, 1), (10.0, 0), (10.1, 1)]
)
def test_difficulty_settings(name, value, count):
    beatmap = clean_map()
    setattr(beatmap.difficulty, name, value)
    assert found(beatmap, "difficulty_settings") == [(PROBLEM, None, ())] * count


@pytest.mark.parametrize(("severities", "all_keys"), [([PROBLEM], (0, 19)), ([WARNING], (1, 3, 11, 18)), ([], (4, 10))])
def test_number_of_keys(severities, all_keys):
    beatmap = clean_map(GameMode.MANIA)
    for keys in all_keys:
        beatmap.difficulty.circle_size = keys
        assert [finding.severity for finding in findings(beatmap, "difficulty_settings")] == severities, keys


@pytest.mark.parametrize(("time_ms", "count"), [(-1.0, 1), (0.0, 0), (30_000.0, 0)])
def test_preview_time_is_set(time_ms, count):
    beatmap = clean_map()
    beatmap.preview_time_ms = time_ms
    assert found(beatmap, "preview_time") == [(WARNING, None, ())] * count


@pytest.mark.parametrize(
    ("field", "text", "count"),
    [
        ("title", "Café", 1),
        ("artist", "歌手", 1),
        ("version", "難しい", 1),
        ("title_unicode", "歌", 0),
        ("artist_unicode", "歌手", 0),
        ("tags", ["映画"], 0),
        ("tags", ["a\tb"], 1),
        ("title_unicode", "a\nb", 1),
    ],
)
def test_metadata_characters(field, text, count):
    beatmap = clean_map()
    setattr(beatmap.metadata, field, text)
    assert found(beatmap, "metadata_characters") == [(WARNING, None, ())] * count


@pytest.mark.parametrize(
    ("colour", "count"),
    [((0, 0, 0), 1), ((42, 42, 42), 1), ((44, 44, 44), 0), ((250, 250, 250), 0), ((255, 255, 255), 1)],
)
def test_combo_colours_which_taiko_does_not_show(colour, count):
    standard, taiko = clean_map(), clean_map(GameMode.TAIKO)
    standard.combo_colours = taiko.combo_colours = [(200, 100, 50), colour]
    assert found(standard, "combo_colours") == [(WARNING, None, ())] * count
    assert not found(taiko, "combo_colours")


def test_combo_colours_have_the_numbers_of_the_file():
    text = "osu file format v14\n[Colours]\nCombo5 : 1,1,1\nCombo2 : 200,100,50\nCombo7 : 255,255,255\n"
    beatmap = parse_beatmap(text)
    messages = [finding.message for finding in findings(beatmap, "combo_colours")]
    assert [message.split()[0] for message in messages] == ["Combo5", "Combo7"]
    assert "Combo5 : 1,1,1\r\nCombo2 : 200,100,50\r\nCombo7 : 255,255,255\r\n" in write_beatmap(beatmap)
    beatmap.combo_colours.append((0, 0, 0))
    assert "Combo4 : 0,0,0" in write_beatmap(beatmap)
