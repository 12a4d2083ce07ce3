"""Packs of mapsets: order, size, resumption, and songs that training reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataset_builder.pack import CACHE_FOLDER, MAPSETS_FOLDER, main, pack
from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import Split
from osuT5.dataset.files.sources import SourceReport
from osuT5.rhythm.corpus import load_songs
from tests.osuT5.dataset.training_songs import small_beatmap, write_mapset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A converted song, a song of osu!, and one whose audio cannot be read."""
    folder = tmp_path / "songs"
    write_mapset(folder / "a", small_beatmap("Drums", GameMode.TAIKO, source="TJA"))
    write_mapset(folder / "b", small_beatmap("Song"), seed=1)
    write_mapset(folder / "c", small_beatmap("Broken"))
    (folder / "c" / "audio.wav").write_bytes(b"no song")
    return folder


def titles(out: Path) -> list[str]:
    songs = load_songs(str(out / MAPSETS_FOLDER), out / CACHE_FOLDER, Split.ALL)
    return [song.charts[0].title for song in songs]


def test_songs_from_tja_files_come_last(folder: Path, tmp_path: Path) -> None:
    report = SourceReport()
    assert pack(folder, tmp_path / "out", 1e6, 12, report) == 2
    assert titles(tmp_path / "out") == ["Song", "Drums"]
    assert len(report.skipped) == 1
    files = {path.name for path in (tmp_path / "out" / MAPSETS_FOLDER / "00000").iterdir()}
    assert files == {"audio.opus", "STANDARD 500.osu"}


def test_a_pack_ends_before_its_size_and_resumes(folder: Path, tmp_path: Path) -> None:
    assert main([str(folder), str(tmp_path / "out"), "--megabytes", "0.03"]) == 0
    assert titles(tmp_path / "out") == ["Song"]
    assert main([str(folder), str(tmp_path / "out")]) == 0
    assert titles(tmp_path / "out") == ["Song", "Drums"]


def test_a_missing_folder(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main([str(tmp_path / "missing"), str(tmp_path / "out")]) == 2
    assert "There is no folder" in capsys.readouterr().err
