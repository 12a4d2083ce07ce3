"""Whole builds: once, again, stopped in the middle, with duplicates, and what is written down about them."""

import json
from pathlib import Path

import pytest
from built_mapsets import files_of, folder_of, osz, small_map, work_here

from dataset_builder import build as build_module
from dataset_builder.build import build
from dataset_builder.errors import BuildError
from dataset_builder.options import BuildOptions
from osu_beatmap.beatmap import GameMode
from osuT5.dataset.files.metadata import read_rows

pytest.importorskip("pyarrow", reason="pyarrow comes with requirements-train.txt")


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    monkeypatch.setattr(build_module, "run_in_order", work_here)


@pytest.fixture
def songs(tmp_path) -> Path:
    folder = tmp_path / "songs"
    osz(folder / "1.osz", small_map(beatmap_id=11, beatmapset_id=1), small_map("4K", GameMode.MANIA, beatmap_id=12))
    osz(folder / "2.osz", small_map("Hard", step_ms=250, title="Moth"), seed=2)
    return folder


def options(songs: Path | None, tmp_path: Path, **changes) -> BuildOptions:
    return BuildOptions(output_path=tmp_path / "dataset", input_path=songs, **changes)


def rows_of(tmp_path: Path) -> list[dict]:
    return read_rows(tmp_path / "dataset" / "metadata.parquet")


def files_in(tmp_path: Path) -> set[str]:
    data = tmp_path / "dataset" / "data"
    return {path.relative_to(data).as_posix() for path in data.rglob("*") if path.is_file()}


def files_named(tmp_path: Path) -> set[str]:
    rows = rows_of(tmp_path)
    return {f"{row['BeatmapSetFolder']}/{row[name]}" for row in rows for name in ("BeatmapFile", "AudioFile")}


def test_a_dataset_in_full(songs, tmp_path):
    report = build(options(songs, tmp_path))
    assert (report.mapsets, report.songs, report.done_before) == (2, 2, 0)
    assert report.charts_by_mode == {0: 2, 3: 1}
    assert report.audio_hours == pytest.approx(24 / 3600, rel=0.01)
    assert report.lines()[0] == "2 mapsets, 2 songs of 0.0 hours, 3 charts: standard 2, mania 1"
    moth, normal, keys = rows_of(tmp_path)
    assert (normal["BeatmapSetId"], normal["Id"], keys["Id"]) == (1, 11, 12)
    assert moth["BeatmapSetId"] < -1
    assert moth["Id"] < -1
    assert files_in(tmp_path) == files_named(tmp_path)
    assert not (tmp_path / "dataset" / ".staging").exists()


def test_a_second_build_reads_nothing_and_changes_nothing(songs, tmp_path, monkeypatch):
    build(options(songs, tmp_path))
    before = (tmp_path / "dataset" / "metadata.parquet").read_bytes()
    monkeypatch.setattr(build_module, "stage_mapset", lambda *_: pytest.fail("it was read before"))
    report = build(options(songs, tmp_path))
    assert report.done_before == 2
    assert (tmp_path / "dataset" / "metadata.parquet").read_bytes() == before


@pytest.mark.parametrize("cut_in", [0, 7])
def test_a_build_that_was_stopped_comes_to_the_same_end(songs, tmp_path, monkeypatch, cut_in):
    """Stopped after one mapset, before or while the next was written down."""
    build(options(songs, tmp_path))
    expected, files = (tmp_path / "dataset" / "metadata.parquet").read_bytes(), files_in(tmp_path)
    journal = tmp_path / "dataset" / "build.jsonl"
    first, second = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(first + second[:cut_in])
    (tmp_path / "dataset" / "metadata.parquet").unlink()
    (tmp_path / "dataset" / ".staging" / "0").mkdir(parents=True)
    report = build(options(songs, tmp_path))
    assert report.done_before == 1
    assert (tmp_path / "dataset" / "metadata.parquet").read_bytes() == expected
    assert files_in(tmp_path) == files


def test_a_damaged_journal_is_not_guessed_at(songs, tmp_path):
    build(options(songs, tmp_path))
    journal = tmp_path / "dataset" / "build.jsonl"
    journal.write_bytes(b"{}\n" + journal.read_bytes())
    with pytest.raises(BuildError, match="damaged in line 1"):
        build(options(songs, tmp_path))


def test_new_mapsets_are_added(songs, tmp_path):
    build(options(songs, tmp_path))
    osz(songs / "3.osz", small_map(title="Third"), seed=3)
    report = build(options(songs, tmp_path))
    assert (report.mapsets, report.done_before) == (3, 2)
    more = tmp_path / "more"
    osz(more / "4.osz", small_map(title="Fourth"), seed=4)
    assert build(options(more, tmp_path)).mapsets == 4


def test_a_mapset_that_changed_is_read_again(songs, tmp_path):
    build(options(songs, tmp_path))
    osz(songs / "2.osz", small_map("Hard", step_ms=200, title="Moth"), small_map("Easy", title="Moth"), seed=2)
    build(options(songs, tmp_path))
    assert sorted(row["Version"] for row in rows_of(tmp_path)) == ["4K", "Easy", "Hard", "Normal"]
    assert files_in(tmp_path) == files_named(tmp_path)


def test_the_same_chart_is_there_once(songs, tmp_path):
    """A copy of a mapset, and one with a chart more."""
    copy = small_map(beatmap_id=11, beatmapset_id=1)
    osz(songs / "copy.osz", copy)
    osz(songs / "later.osz", copy, small_map("Extra", step_ms=200, beatmap_id=13, beatmapset_id=1))
    report = build(options(songs, tmp_path))
    assert sum(report.charts_by_mode.values()) == 4
    assert [skip.reason for skip in report.skipped] == ["the same chart is in the dataset already"] * 2
    of_first = [row for row in rows_of(tmp_path) if row["BeatmapSetId"] == 1]
    assert [row["Id"] for row in of_first] == [11, 12, 13]
    assert len({row["BeatmapSetFolder"] for row in of_first}) == 1, "the song is the same, so they share its folder"


def test_editions_of_a_chart(songs, tmp_path):
    """A newer edition is left out; another chart under a number that is taken gets one of its own."""
    osz(songs / "a new edition.osz", small_map(step_ms=450, beatmap_id=11, beatmapset_id=1))
    osz(songs / "b copied and edited.osz", small_map("Mine", step_ms=400, beatmap_id=11, beatmapset_id=1))
    report = build(options(songs, tmp_path))
    assert [skip.reason for skip in report.skipped] == ["another edition of the chart is in the dataset already"]
    (mine,) = [row for row in rows_of(tmp_path) if row["Version"] == "Mine"]
    assert mine["Id"] < -1
    assert mine["BeatmapSetId"] == 1


def test_another_song_under_the_number_of_a_mapset(songs, tmp_path):
    """It gets a folder and a number of its own: one mapset's audio must never be taken for another's."""
    osz(songs / "9.osz", small_map("Other", title="Else", beatmap_id=99, beatmapset_id=1), seed=9)
    build(options(songs, tmp_path))
    (other,) = [row for row in rows_of(tmp_path) if row["Version"] == "Other"]
    assert other["Id"] == 99
    assert other["BeatmapSetId"] < -1
    assert other["AudioHash"] not in {row["AudioHash"] for row in rows_of(tmp_path) if row["Version"] != "Other"}


def test_equal_names_get_folders_of_their_own(tmp_path):
    for number, seed in enumerate((1, 2)):
        osz(tmp_path / "songs" / f"{number}.osz", small_map(step_ms=400 + number), seed=seed)
    build(options(tmp_path / "songs", tmp_path))
    assert {row["BeatmapSetFolder"] for row in rows_of(tmp_path)} == {"Nobody - Lamp", "Nobody - Lamp (2)"}


def test_everything_that_was_left_out_is_written_down(songs, tmp_path):
    (songs / "broken.osz").write_bytes(b"no archive")
    empty = small_map("Empty")
    empty.hit_objects = []
    folder_of(songs / "set", files_of(small_map("Fine", step_ms=333), empty, seed=5))
    report = build(options(songs, tmp_path))
    assert report.lines()[1:] == [
        "Skipped (skipped.tsv lists each):",
        "       1 mapset cannot be read",
        "       1 no objects or no timing",
    ]
    lines = (tmp_path / "dataset" / "skipped.tsv").read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[:2] for line in lines] == [
        ["mapset cannot be read", "broken.osz"],
        ["no objects or no timing", "Lamp [Empty].osu"],
    ]


def test_a_mapper_may_opt_out_later(songs, tmp_path):
    osz(songs / "3.osz", small_map(title="Shy", creator="Shy"), seed=3)
    build(options(songs, tmp_path))
    (tmp_path / "list.txt").write_text("shy\n", encoding="utf-8")
    report = build(options(None, tmp_path, opt_out_path=tmp_path / "list.txt"))
    assert report.mapsets == 2
    assert [skip.reason for skip in report.skipped] == ["its mapper opted out"]
    assert not any("Shy" in name for name in files_in(tmp_path))


def test_tags_of_players(songs, tmp_path):
    (tmp_path / "tags.csv").write_text("beatmap_id,tag\n11,simple\n11,slow\n999,none\n", encoding="utf-8")
    build(options(songs, tmp_path, tags_path=tmp_path / "tags.csv"))
    assert {row["Id"]: row["OmdbTags"] for row in rows_of(tmp_path)}[11] == ["simple", "slow"]


def test_a_dataset_of_somebody_else_is_left_alone(songs, tmp_path):
    with pytest.raises(BuildError, match=r"no dataset in .* yet"):
        build(options(None, tmp_path))
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "metadata.parquet").write_bytes(b"theirs")
    with pytest.raises(BuildError, match="dataset of another program"):
        build(options(songs, tmp_path))


def test_the_journal_is_plain_ascii(songs, tmp_path):
    """Titles in any script, on any console and file system."""
    osz(songs / "灯籠.osz", small_map(title="Toro", title_unicode="灯籠"), seed=6)
    build(options(songs, tmp_path))
    lines = (tmp_path / "dataset" / "build.jsonl").read_bytes().splitlines()
    assert all(line.isascii() for line in lines)
    assert "灯籠" in json.loads(lines[-1])["rows"][0]["TitleUnicode"]
