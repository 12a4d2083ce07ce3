"""rcomplexion/predict.py as a user types it."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from osu_beatmap.files.archive import write_osz
from osu_beatmap.files.writer import save_beatmap
from pipeline.cli.command_line import run
from rcomplexion.predict import PREDICT
from tests.source_files import REPO_ROOT
from tests.support.known_rhythms import known_rhythms


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rhythms = known_rhythms()
    place = tmp_path / "maps" / "a=b"
    place.mkdir(parents=True)
    save_beatmap(rhythms["steady 1/2"], place / "steady.osu")
    save_beatmap(rhythms["gallops"], tmp_path / "gallops.osu")
    write_osz(tmp_path / "maps" / "set.osz", {"gallops.osu": tmp_path / "gallops.osu"})
    (place / "broken.osu").write_text("nothing", encoding="utf-8")
    return tmp_path / "maps"


def test_a_folder_becomes_a_csv_file(folder: Path, tmp_path: Path, capsys) -> None:
    output = tmp_path / "new" / "table.csv"
    assert run(PREDICT, [str(folder), f"output={output}"]) == 0
    shown = capsys.readouterr()
    assert shown.out == f"{output}: 2 charts.\n"
    assert "skipped: " in shown.err
    assert "broken.osu" in shown.err
    with output.open(encoding="utf-8", newline="") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    steady, gallops = rows[str(folder / "a=b" / "steady.osu")], rows[f"{folder / 'set.osz'}/gallops.osu"]
    assert float(gallops["bits_per_second"]) > float(steady["bits_per_second"]) >= 0
    assert (steady["title"], steady["mode"], steady["intervals"]) == ("Known rhythm", "standard", "256")
    assert float(steady["drain_s"]) == pytest.approx(128 / 3, abs=0.01)
    assert float(steady["star_rating"]) > 0


def test_the_script_from_anywhere_to_the_terminal(folder: Path, tmp_path: Path) -> None:
    words = [sys.executable, str(REPO_ROOT / "rcomplexion" / "predict.py"), str(folder / "a=b" / "steady.osu")]
    result = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[0].startswith("path,title,creator,difficulty,mode,star_rating,bits_per_second")
    assert len(result.stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "paths are missing"),
        (["nowhere.osu"], "There is no file or folder at nowhere.osu."),
        (["."], "There is no chart with a rhythm"),
        ([".", "output=."], "output must be a file, but . is a folder."),
        ([".", "model_path=."], "lacks rcomplexion.json"),
        ([".", "outptu=x"], "There is no option outptu; did you mean output?"),
    ],
)
def test_wrong_words(words: list[str], sentence: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(PREDICT, words) == 2
    assert sentence in capsys.readouterr().err.splitlines()[-1]
    assert not list(tmp_path.iterdir())
