"""mai_mod.py from end to end with the embedded model on a short synthetic song, and its command line."""

import json

import pytest

from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.reader import read_beatmap
from pipeline.cli.command_line import run
from tests.source_files import root_script
from tests.support.songs import write_regular_mapset

MAI_MOD = root_script("mai_mod").MAI_MOD


@pytest.fixture(scope="module")
def mapset(tmp_path_factory):
    """A song at 150 BPM with a chart of each mode on its beats; the standard one has an object off its beat."""
    return write_regular_mapset(tmp_path_factory.mktemp("mapset"), *GameMode, error_ms=11.0)


def test_a_map_is_reviewed_mended_and_reviewed_again(mapset, tmp_path, capsys):
    path = mapset / "STANDARD.osu"
    report = tmp_path / "deep" / "report.json"
    words = [f"beatmap_path={path}", "device=cpu", "output=json", f"output_file={report}"]
    assert run(MAI_MOD, words) == 0, capsys.readouterr().err
    rows = json.loads(report.read_text(encoding="utf-8"))
    assert rows[-1]["score"]["per_minute"] > 0
    (line,) = (row for row in rows if row["kind"] == "red_line")
    assert (line["time_ms"], line["timestamp"]) == (read_beatmap(path).timing_points[0].time_ms, "00:01:000")
    assert 0 < line["confidence"] <= 1
    off = next(row for row in rows if row["rule"] == "unsnapped")
    assert (off["time_ms"], off["category"], off["severity"]) == (7011.0, "timing", "problem")
    assert off["link"].startswith("osu://edit/00:07:011")
    assert run(MAI_MOD, [f"beatmap_path={path}", "device=cpu", f"apply=[{off['id']}]", f"output_path={tmp_path}"]) == 0
    mended = read_beatmap(tmp_path / "STANDARD (modded).osu")
    assert mended.hit_objects[15].time_ms == 7000.0
    assert mended.metadata.version == "STANDARD (modded)"
    assert read_beatmap(path).hit_objects[15].time_ms == 7011.0
    assert run(MAI_MOD, [f"beatmap_path={path}", "device=cpu", "apply=[rhythm-1]"]) == 2
    assert "There is no suggestion rhythm-1" in capsys.readouterr().err


def test_a_mapset_is_reviewed_difficulty_by_difficulty(mapset, tmp_path, capsys):
    report = tmp_path / "report.html"
    words = [f"beatmap_path={mapset}", "device=cpu", "output=html", f"output_file={report}", "precision=amp"]
    assert run(MAI_MOD, words) == 0, capsys.readouterr().err
    page = report.read_text(encoding="utf-8")
    assert all(f'"version": "{mode.name}"' in page for mode in GameMode)


def test_a_map_without_timing_does_not_stop_the_review_of_its_mapset(tmp_path, capsys):
    folder = write_regular_mapset(tmp_path, GameMode.STANDARD, GameMode.TAIKO)
    path = folder / "TAIKO.osu"
    text = path.read_text(encoding="utf-8")
    before, _, after = text.partition("[TimingPoints]")
    path.write_text(before + after[after.index("[HitObjects]") :], encoding="utf-8")
    assert run(MAI_MOD, [f"beatmap_path={folder}", "device=cpu", "raw_output=true"]) == 0, capsys.readouterr().err
    text = capsys.readouterr().out
    assert "[STANDARD], osu!standard" in text
    assert "problem      The map has no red line" in text
    assert text.count("Note: Only the rules were checked") == 1


def test_a_map_of_weeks_is_reviewed_as_far_as_its_song_goes(mapset, tmp_path, capsys):
    text = (mapset / "STANDARD.osu").read_text(encoding="utf-8")
    text = text.replace("[TimingPoints]", "[TimingPoints]\n-2100000000,500,4,2,1,60,1,0\n2000000000,0.001,4,2,1,60,1,0")
    path = tmp_path / "map.osu"
    path.write_text(f"{text}256,192,2100000000,1,0,0:0:0:0:\n256,192,2100000001,12,0,2140000000\n", encoding="utf-8")
    words = [f"beatmap_path={path}", f"audio_path={mapset / 'audio.ogg'}", "device=cpu", "raw_output=true"]
    assert run(MAI_MOD, words) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    assert said.count("it is not used.") == 4
    assert "ends after the end of the audio" in said
    assert "00:07:011" in said


def test_a_wrong_song_is_refused_before_models_load(mapset, monkeypatch, capsys):
    monkeypatch.setattr("pipeline.generation.map_model.rhythm.load_map_model", None)
    path = mapset / "TAIKO.osu"
    assert run(MAI_MOD, [f"beatmap_path={path}", f"audio_path={path}", "device=cpu"]) == 2
    assert "TAIKO.osu is not an audio file that can be read" in capsys.readouterr().err


def test_filters_and_plain_text(mapset, capsys):
    words = [f"beatmap_path={mapset / 'MANIA.osu'}", "device=cpu", "raw_output=true", "min_surprisal=0.5"]
    assert run(MAI_MOD, [*words, "categories=[compose]", "max_per_category=2", "order=time"]) == 0
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert text.startswith("Nobody - Regular [MANIA], osu!mania")
    assert text.count(" [compose-") <= 2
    assert "Rhythm" not in text
