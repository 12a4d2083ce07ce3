"""The profile command: what it reads and prints."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from benchmarks import profile, profile_maps
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.archive import write_osz
from osu_beatmap.files.writer import save_beatmap, write_beatmap
from osu_beatmap.held_out import title_hash
from osu_beatmap.profile.bands import load_profile_bands
from osu_beatmap.profile.profile import MapProfile
from tests.osu_beatmap.profile.profile_maps import circles, map_of


def test_files_archives_and_folders_are_measured_once(tmp_path, monkeypatch, capsys):
    save_beatmap(map_of(circles(range(60))), tmp_path / "beside.osu")
    drums = map_of(circles(range(50)), GameMode.TAIKO)
    files = {"beside.osu": b"", "drums.osu": write_beatmap(drums).encode()}
    files["beside.osu"] = write_beatmap(map_of(circles(range(60)))).encode()
    write_osz(tmp_path / "set.osz", files)
    (tmp_path / "broken.osu").write_text("nothing", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["profile", str(tmp_path), "--audio", "--json", str(tmp_path / "figures.json")])
    assert profile.main() == 0
    printed = capsys.readouterr()
    assert "## standard" in printed.out
    assert "## taiko" in printed.out
    assert "| gap_entropy_bits | 1 | 0.00 |" in printed.out
    assert "broken.osu" in printed.err
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert [each["name"] for each in figures["maps"]] == ["beside.osu", "set.osz: drums.osu"]
    assert figures["modes"]["standard"]["made"]["maps"] == 1


def test_without_maps_the_command_explains_itself(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["profile"])
    with pytest.raises(SystemExit):
        profile.main()
    assert "name maps, or --held-out FOLDER." in capsys.readouterr().err


def test_each_mode_states_its_classifier_and_the_metrics_outside():
    rng = np.random.default_rng(0)

    def profiles(mean: float, side: str) -> list[MapProfile]:
        values = {"beat_gap_share": 0.3, "half_gap_share": 0.3}
        return [
            MapProfile(
                side, f"{side} {index}", GameMode.STANDARD, 3.0, values | {"on_beat_share": rng.normal(mean, 0.1)}
            )
            for index in range(12)
        ]

    reports = profile.report_modes(profiles(0.9, "made"), profiles(0.6, "human"), [], load_profile_bands())
    text = profile.mode_text(GameMode.STANDARD, reports[GameMode.STANDARD])
    assert "(songs: 12 of the maps, 12 of human-made ones). Most telling: on_beat_share" in text
    assert "inside for fewer than 0.70 of the maps: 1 of 3 (on_beat_share)" in text
    assert "spread below 0.6 of the human one: 3 of 3 (beat_gap_share, half_gap_share, on_beat_share)" in text
    assert "of human-made maps, held out: 2 of 3 (beat_gap_share, half_gap_share)" in text
    few = profile.report_modes(profiles(0.9, "made")[:1], profiles(0.6, "human"), [], load_profile_bands())
    assert "none, too few songs (songs: 1" in profile.mode_text(GameMode.STANDARD, few[GameMode.STANDARD])


def test_the_maps_to_measure_have_the_title_of_their_song(tmp_path, monkeypatch):
    folder = tmp_path / "sets"
    folder.mkdir()
    beatmap = map_of(circles(range(60)), title="A held-out song")
    beatmap.audio_filename = "song.wav"
    save_beatmap(beatmap, folder / "map.osu")
    soundfile.write(folder / "song.wav", np.zeros(800), 8000)
    monkeypatch.setattr("evaluation.split_songs.held_out_titles", lambda: frozenset({title_hash("A held-out song")}))
    made = []

    def generate(request):
        made.append(request)
        (request.output.output_path / "set.osz").write_bytes(b"made")

    monkeypatch.setattr(profile_maps, "generate_mapset", generate)
    words = [sys.argv[0], str(tmp_path), str(tmp_path / "made"), "--modes", "1", "3"]
    monkeypatch.setattr(sys, "argv", words)
    assert profile_maps.main() == 0
    assert [(each.song.title, each.map.keycount) for each in made] == [
        ("A held-out song", keys) for keys in (None, 4, 7)
    ]
    assert profile_maps.main() == 0
    assert len(made) == 3, "maps that are there are kept"


def test_profiles_need_no_torch():
    code = "import sys; import benchmarks.profile; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
