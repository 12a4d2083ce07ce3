"""The metadata table: what the public tool wrote is read, and the original program can read what is written here."""

from datetime import datetime
from pathlib import Path

import pytest

from osu_beatmap.beatmap import GameMode
from osuT5.dataset.errors import CorpusError
from osuT5.dataset.files.metadata import COLUMNS, READ, metadata_table, read_rows, record_of

parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow comes with requirements-train.txt")

FIXTURE = Path(__file__).resolve().parent / "fixtures" / "dataset2_metadata.parquet"
ROW = {
    "BeatmapSetId": 5,
    "Id": 50,
    "ModeInt": 3,
    "AudioFile": "a.mp3",
    "BeatmapSetFolder": "5",
    "BeatmapFile": "b.osu",
    "KeyCount": 4,
    "StarRating": [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0],
    "DifficultyRating": 2.0,
    "Ranked": 4,
    "RankedDate": datetime(2020, 2, 6, 13, 2, 45),
    "OmdbTags": ["slow"],
}


def test_metadata_of_the_public_tool():
    rows = read_rows(FIXTURE)
    assert [(row["BeatmapSetId"], row["Id"]) for row in rows] == [(100, 1500), (200, 2000), (200, 2001)]
    bare, standard, mania = map(record_of, rows)
    assert standard.mode is GameMode.STANDARD
    assert (standard.set_id, standard.beatmap_id, standard.mapper_id, standard.status) == (200, 2000, 7, 1)
    assert (standard.ranked_year, standard.submitted_year) == (2019, 2018)
    assert (standard.title, standard.title_unicode) == ("Lantern Parade", "灯籠行列")
    assert standard.descriptors == ("simple", "geometric")
    assert standard.stars == pytest.approx(6.1)
    assert standard.key_count is None
    assert (mania.mode, mania.key_count) == (GameMode.MANIA, 7)
    assert mania.star_ratings == pytest.approx((6.16,) * 7), "where the list is empty, the one rating stands for all"
    assert (bare.ranked_year, bare.submitted_year, bare.status, bare.mapper_id) == (None, None, None, None)
    assert bare.descriptors == ()
    assert bare.stars == pytest.approx(1.5)


def test_what_is_written_is_read_again(tmp_path):
    other = ROW | {"Id": 49, "BeatmapFile": "a.osu"}
    parquet.write_table(metadata_table([ROW, other]), tmp_path / "metadata.parquet")
    rows = read_rows(tmp_path / "metadata.parquet")
    assert [row["Id"] for row in rows] == [49, 50]
    for name, value in ROW.items():
        assert rows[1][name] == value
    assert record_of(rows[1]).key_count == 4


def test_every_column_of_the_tool_is_written_in_its_type(tmp_path):
    ours, theirs = metadata_table([ROW]).schema, parquet.read_schema(FIXTURE)
    assert [name for name in theirs.names if name not in ours.names] == []
    for name in theirs.names:
        if COLUMNS[name] != "time":
            assert ours.field(name).type.equals(theirs.field(name).type), name
    assert set(READ) <= set(COLUMNS)


def test_a_column_that_is_needed(tmp_path):
    table = metadata_table([ROW]).drop_columns(["BeatmapFile"])
    parquet.write_table(table, tmp_path / "metadata.parquet")
    with pytest.raises(CorpusError, match="it has no column BeatmapFile"):
        read_rows(tmp_path / "metadata.parquet")


def test_a_file_that_is_no_table(tmp_path):
    (tmp_path / "metadata.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(CorpusError, match="cannot be read as the metadata"):
        read_rows(tmp_path / "metadata.parquet")
