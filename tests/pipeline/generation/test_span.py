"""A part of a map remade: new inside, the same bytes outside, and no seam."""

import json
from dataclasses import replace

import pytest

from osu_beatmap.beatmap import Circle, GameMode
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.files.writer import write_beatmap
from osu_beatmap.rules import Severity, check
from osu_beatmap.splice import Span
from osu_beatmap.timing.active_point import Timing
from pipeline.cli.progress_bar import summary
from pipeline.generation.generate import generate
from pipeline.generation.reference.span import remove_new_problems, with_sound_of
from pipeline.request.options import RequestError
from pipeline.request.resolve import resolve
from tests.support.reference_songs import SECONDS, make_mapset, reference_map

pytestmark = pytest.mark.usefixtures("random_times")

START_MS, END_MS = 5_000, 9_000
WILD = {"lookback": 0.2, "lookahead": 0.2, "seed": 12, "device": "cpu", "generate_positions": False}


def result_of(model, reference, **options):
    flat = {"beatmap_path": str(reference), "model_path": str(model), "add_to_beatmap": "true", **WILD, **options}
    return generate(resolve(flat))


def outside(data: bytes) -> list[bytes]:
    """The lines of objects and green lines outside the part, and all that is neither."""
    kept = []
    section = b""
    for line in data.split(b"\r\n"):
        if line.startswith(b"["):
            section = line
            kept.append(line)
            continue
        fields = line.split(b",")
        place = {b"[HitObjects]": 2, b"[TimingPoints]": 0}.get(section)
        if place is None or not line or not START_MS <= float(fields[place]) <= END_MS:
            kept.append(line)
    return kept


def problems(beatmap):
    found = check(beatmap, SECONDS * 1000)
    return [(f.rule, f.time_ms) for f in found if f.severity is Severity.PROBLEM]


@pytest.mark.parametrize("mode", [GameMode.STANDARD, GameMode.MANIA])
def test_a_part_is_new_and_all_else_the_same_bytes(model, tmp_path, mode):
    path = make_mapset(tmp_path / "set", mode)
    before = path.read_bytes()
    result = result_of(model, path, start_time=START_MS, end_time=END_MS)
    assert result.osu_path.name == "map (2).osu"
    assert result.osz_path is None
    assert path.read_bytes() == before
    after = result.osu_path.read_bytes()
    assert outside(after) == outside(before)
    old, new = read_beatmap(path), read_beatmap(result.osu_path)
    times_ms = [obj.time_ms for obj in new.hit_objects if START_MS <= obj.time_ms < END_MS]
    assert times_ms
    assert times_ms != [obj.time_ms for obj in old.hit_objects if START_MS <= obj.time_ms < END_MS]
    assert set(problems(new)) <= set(problems(old))
    timings = Timing(old.timing_points), Timing(new.timing_points)
    for time_ms in (0.0, START_MS - 1.0, END_MS, 12_500.0, 15_000.0):
        states = [(t.sv_at(time_ms), t.volume_at(time_ms), t.kiai_at(time_ms)) for t in timings]
        assert states[0] == states[1]
    assert [t.volume_at(6_000.0) for t in timings] == [60, 60]
    assert [t.kiai_at(8_000.0) for t in timings] == [True, True]


def test_a_file_that_is_written_over_is_kept(model, tmp_path):
    path = make_mapset(tmp_path / "set", GameMode.STANDARD)
    before = path.read_bytes()
    options = {"start_time": START_MS, "end_time": END_MS, "overwrite_reference_beatmap": "true"}
    result = result_of(model, path, **options)
    assert result.osu_path == path
    assert path.read_bytes() != before
    assert path.with_name("map.osu.bak").read_bytes() == before
    once = path.read_bytes()
    result_of(model, path, **options, in_context="[NO_HS]")
    assert path.with_name("map.osu.2.bak").read_bytes() == once
    assert outside(path.read_bytes()) == outside(before)


def test_an_absurd_object_leaves_a_map_without_stars(model, tmp_path):
    path = make_mapset(tmp_path / "set", GameMode.STANDARD)
    before = path.read_bytes() + b"256,192,2100000000,1,0,0:0:0:0:\r\n"
    path.write_bytes(before)
    result = result_of(model, path, start_time=START_MS, end_time=END_MS, report="true", difficulty=2)
    assert result.star_rating is None
    assert outside(result.osu_path.read_bytes()) == outside(before)
    assert "The circle at 35000:00:000 is 24 days after the song; it is not used." in result.warnings
    shown = summary(result, resolve({"beatmap_path": str(path)}))
    assert "stars: none (an object at 35000:00:000 is unplayable)" in shown
    report = json.loads(result.report_path.read_text(encoding="utf-8"))
    assert report["star_rating"]["reached"] is None


def test_what_lies_outside_the_song_is_kept_with_its_objects(model, tmp_path):
    path = make_mapset(tmp_path / "set", GameMode.STANDARD)
    text = path.read_text(encoding="utf-8") + "256,192,2100000000,1,0,0:0:0:0:\n"
    path.write_text(text.replace("[TimingPoints]", "[TimingPoints]\n-2100000000,500,4,2,1,60,1,0"), encoding="utf-8")
    flat = {"beatmap_path": str(path), "model_path": str(model), **WILD, "in_context": "[NO_HS]"}
    result = generate(resolve({**flat, "output_path": str(tmp_path / "out"), "export_osz": "false"}))
    old, new = read_beatmap(path), read_beatmap(result.osu_path)
    assert [obj.time_ms for obj in new.hit_objects] == [obj.time_ms for obj in old.hit_objects]
    reds = [[line.time_ms for line in each.timing_points if line.uninherited] for each in (old, new)]
    assert reds[0] == reds[1]


def test_a_part_beyond_the_song_is_one_sentence(model, tmp_path):
    path = make_mapset(tmp_path / "set", GameMode.TAIKO)
    with pytest.raises(RequestError, match="start_time must be within the song"):
        result_of(model, path, start_time=60_000)
    assert [file.name for file in sorted(path.parent.iterdir())] == ["audio.ogg", "map.osu"]


def test_an_excerpt_of_a_song_is_a_map_of_its_own(model, tmp_path):
    path = make_mapset(tmp_path / "set", GameMode.TAIKO)
    flat = {"beatmap_path": str(path), "model_path": str(model), **WILD, "in_context": "[TIMING]"}
    result = generate(resolve({**flat, "start_time": START_MS, "end_time": END_MS, "output_path": str(tmp_path / "o")}))
    times_ms = [obj.time_ms for obj in result.beatmap.hit_objects]
    assert times_ms
    assert START_MS - 100 <= min(times_ms) <= max(times_ms) <= END_MS + 100


def test_what_would_break_a_new_rule_is_left_out():
    given = reference_map(GameMode.STANDARD)
    data = write_beatmap(given).encode()
    first_ms = given.hit_objects[5].time_ms
    made = replace(given, hit_objects=[Circle(first_ms, 100, 100), Circle(first_ms + 437.0, 100, 100)])
    fitting, left = remove_new_problems(data, made, Span(first_ms, first_ms + 700), SECONDS * 1000)
    assert [obj.time_ms for obj in fitting.hit_objects] == [first_ms], "the other is on no tick"
    assert not left


def test_lines_take_the_sound_of_the_reference():
    given = reference_map(GameMode.STANDARD)
    plain = [replace(line, volume=5) for line in given.timing_points if line.uninherited]
    sounding, before = Timing(with_sound_of(plain, given)), Timing(given.timing_points)
    for time_ms in range(500, 15_000, 250):
        assert sounding.volume_at(time_ms) == before.volume_at(time_ms)
        assert sounding.sv_at(time_ms) == 1.0
