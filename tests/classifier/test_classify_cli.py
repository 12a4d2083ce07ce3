"""classifier/classify.py as a user types it, with the embedded classifier."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from classifier.classify import CLASSIFY
from pipeline.cli.command_line import run
from tests.classifier.mapper_maps import map_by, write_mapset
from tests.source_files import REPO_ROOT

LINE = re.compile(r" *(\d+)\. +([\d.]+) %  (\S.*)")


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    return write_mapset(tmp_path / "set", [map_by("Anna")])


def test_ten_mappers_with_their_chances(chart: Path, capsys) -> None:
    assert run(CLASSIFY, [f"beatmap_path={chart}", "time=4"]) == 0
    title, heard, *lines = capsys.readouterr().out.splitlines()
    assert title == "Us - Song [Hard] by Anna"
    assert heard == "4.0 s to 12.2 s, 20 objects"
    found = [LINE.fullmatch(line) for line in lines]
    assert [int(each[1]) for each in found] == list(range(1, 11))
    chances = [float(each[2]) for each in found]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) <= 100.5


def test_the_script_from_anywhere(chart: Path, tmp_path: Path) -> None:
    script = str(REPO_ROOT / "classifier" / "classify.py")
    words = [sys.executable, script, f"beatmap_path={chart}", "top=2"]
    result = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert "2 excerpts" in result.stdout
    assert len(result.stdout.splitlines()) == 4


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "beatmap_path is missing"),
        (["beatmap_path=nowhere.osu"], "There is no file at nowhere.osu (beatmap_path)."),
        (["beatmap_path={chart}", "audio_path={chart}", "model_path=nowhere"], "is not an audio file that can be read"),
        (["beatmap_path={chart}", "time=soon"], "time must be a number within 0..86400, got soon."),
        (["beatmap_path={chart}", "time=16.5"], "time must be within the song's 16 s, got 16.5"),
        (["beatmap_path={chart}", "time=14"], "fewer than 4 objects"),
        (["beatmap_path={chart}", "model_path=nowhere"], "nowhere"),
        (["beatmap_path={chart}", "tiem=3"], "There is no option tiem; did you mean time?"),
    ],
)
def test_wrong_classify_words(chart: Path, words: list[str], sentence: str, capsys) -> None:
    assert run(CLASSIFY, [word.format(chart=chart) for word in words]) == 2
    shown = capsys.readouterr().err
    assert sentence in shown
    assert len(shown.splitlines()) == 1


def test_a_map_without_its_audio(chart: Path, capsys) -> None:
    (chart.parent / "song.wav").unlink()
    assert run(CLASSIFY, [f"beatmap_path={chart}"]) == 2
    assert "The map's audio is not next to it (song.wav)" in capsys.readouterr().err
