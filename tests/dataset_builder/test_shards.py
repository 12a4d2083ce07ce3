"""The sharded form: the same songs as in folders, here, on a hub, and for whoever uses Hugging Face's own library."""

import shutil
from pathlib import Path

import pytest
from built_mapsets import osz, small_map, work_here

from dataset_builder import build as build_module
from dataset_builder import shard_writer
from dataset_builder.build import build
from dataset_builder.errors import BuildError
from dataset_builder.options import BuildOptions
from dataset_builder.shard_writer import ShardReport, write_shards
from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import Split
from osuT5.dataset.errors import CorpusError
from osuT5.dataset.files.corpus import open_source
from osuT5.dataset.files.sources import Song, SourceReport, read_charts
from osuT5.model.files.find import BUNDLED_MODEL
from osuT5.objects.corpus import load_object_songs
from tests.small_hub import OPEN_REPO, fetched, small_hub

pytest.importorskip("pyarrow", reason="pyarrow comes with requirements-train.txt")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    """Three songs, one of them with two charts, one with its name in another script."""
    folder = tmp_path_factory.mktemp("shards")
    first = small_map(beatmap_id=11, beatmapset_id=1), small_map("4K", GameMode.MANIA, beatmap_id=12, beatmapset_id=1)
    osz(folder / "songs" / "1.osz", *first)
    osz(folder / "songs" / "2.osz", small_map("Hard", step_ms=250, title="Toro", title_unicode="灯籠"), seed=2)
    osz(folder / "songs" / "3.osz", small_map(title="Third", beatmapset_id=30), seed=3)
    with pytest.MonkeyPatch.context() as patch:
        for module in (build_module, shard_writer):
            patch.setattr(module, "run_in_order", work_here)
        options = BuildOptions(folder / "dataset", folder / "songs", folder / "shards", shard_mb=1)
        build(options)
        write_shards(options)
    return folder


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    monkeypatch.setattr(shard_writer, "run_in_order", work_here)


def options_for(dataset: Path, shards: Path, **changes) -> BuildOptions:
    return BuildOptions(dataset / "dataset", shards_path=shards, **changes)


def songs_of(text: str) -> list[Song]:
    report = SourceReport()
    songs = open_source("train_dataset_path", text, report)
    assert not report.skipped
    return songs


def content_of(songs: list[Song]) -> dict[str, list]:
    """Every chart of every song with its record, by the name of the mapset."""
    report = SourceReport()
    charts = {song.name: [(c.name, c.beatmap, c.record) for c in read_charts(song, report)] for song in songs}
    assert not report.skipped
    return charts


def test_the_same_charts_in_every_form(dataset):
    folders, shards = songs_of(str(dataset / "dataset")), songs_of(str(dataset / "shards"))
    assert content_of(folders) == content_of(shards)
    assert [song.mapset for song in folders] == [song.mapset for song in shards]
    assert sum(len(song.chart_names) for song in shards) == 4
    plain = content_of(songs_of(str(dataset / "dataset" / "data")))
    assert without_records(plain) == without_records(content_of(folders))


def without_records(charts: dict[str, list]) -> dict[str, dict]:
    return {mapset: {name: beatmap for name, beatmap, _ in of_mapset} for mapset, of_mapset in charts.items()}


def test_audio_is_there_as_a_file_while_it_is_needed(dataset):
    for song in songs_of(str(dataset / "shards")):
        with song.audio_file() as path:
            assert path.read_bytes().startswith(b"OggS")
        assert not path.exists()


def test_songs_for_a_map_model_are_the_same_in_folders_and_shards(dataset, tmp_path):
    found = {}
    for form in ("dataset", "shards"):
        songs = load_object_songs(BUNDLED_MODEL / "rhythm", str(dataset / form), tmp_path / form, Split.ALL)
        found[form] = [
            (song.name, each.name, each.conditions, len(each.tokens)) for song in songs for each in song.charts
        ]
    assert len(found["shards"]) == 4
    assert found["shards"] == found["dataset"]


def test_a_shard_that_is_there_is_kept_and_a_changed_dataset_is_written_anew(dataset, tmp_path):
    first = write_shards(options_for(dataset, tmp_path, shard_mb=1))
    assert (first.shards, first.songs, first.charts, first.skipped) == (1, 3, 4, [])
    shard = next((tmp_path / "data").iterdir())
    before = shard.stat().st_mtime_ns, shard.read_bytes()
    assert write_shards(options_for(dataset, tmp_path, shard_mb=1)) == first
    assert (shard.stat().st_mtime_ns, shard.read_bytes()) == before
    write_shards(options_for(dataset, tmp_path, shard_mb=1, opus_kbps=96))
    assert shard.read_bytes() != before[1]


def test_songs_are_spread_over_shards(dataset, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(shard_writer, "CHART_OVERHEAD_BYTES", 600_000)
        report = write_shards(options_for(dataset, tmp_path, shard_mb=1))
    assert report.shards == 3
    assert content_of(songs_of(str(tmp_path))) == content_of(songs_of(str(dataset / "dataset")))
    assert write_shards(options_for(dataset, tmp_path, shard_mb=1)).shards == 1
    assert len(list((tmp_path / "data").iterdir())) == 1, "shards of another plan are gone"


def test_a_song_that_cannot_be_written_is_left_out(dataset, tmp_path):
    shutil.copytree(dataset / "dataset", tmp_path / "dataset")
    next((tmp_path / "dataset" / "data").glob("*Third*/audio.wav")).write_bytes(b"damaged")
    report: ShardReport = write_shards(options_for(tmp_path, tmp_path / "shards"))
    assert (report.songs, report.charts) == (2, 3)
    assert "Third" in report.skipped[0]
    assert len(songs_of(str(tmp_path / "shards"))) == 2


def test_a_dataset_on_a_hub(dataset, tmp_path, monkeypatch):
    """Only the metadata comes at once, and a shard when one of its songs is asked for."""
    there = {path.relative_to(dataset / "shards").as_posix(): path.read_bytes() for path in files(dataset / "shards")}
    with small_hub(there, tmp_path, monkeypatch, kind="datasets") as asked:
        songs = songs_of(OPEN_REPO)
        assert fetched(asked) == {"metadata.parquet"}
        assert content_of(songs) == content_of(songs_of(str(dataset / "dataset")))
        assert fetched(asked) == {"metadata.parquet", "data/songs-00000-of-00001.parquet"}


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_shard_that_is_missing_or_damaged(dataset, tmp_path):
    shutil.copytree(dataset / "shards", tmp_path / "shards")
    shard = next((tmp_path / "shards" / "data").iterdir())
    shard.unlink()
    with pytest.raises(CorpusError, match=r"is not complete: data/songs-00000-of-00001\.parquet is missing"):
        read_charts(songs_of(str(tmp_path / "shards"))[0], SourceReport())
    shard.write_bytes(b"PAR1 no more PAR1")
    report = SourceReport()
    assert not read_charts(songs_of(str(tmp_path / "shards"))[0], report)
    assert "damaged" in report.skipped[0]


def test_no_dataset_to_shard(tmp_path):
    with pytest.raises(BuildError, match="to be sharded"):
        write_shards(BuildOptions(tmp_path, shards_path=tmp_path / "shards"))
