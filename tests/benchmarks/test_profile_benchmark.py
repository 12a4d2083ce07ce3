"""The profile command: what it reads and prints."""

import json
import subprocess
import sys

import pytest

from benchmarks import profile
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.archive import write_osz
from osu_beatmap.files.writer import save_beatmap, write_beatmap
from tests.evaluation.profile.profile_maps import circles, map_of


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


def test_profiles_need_no_torch():
    code = "import sys; import benchmarks.profile; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
