"""The metadata table: what the public tool wrote is read, and the original program can read what is written here."""

from datetime import datetime

import pytest

from osu_beatmap.beatmap import GameMode
from osuT5.dataset.errors import CorpusError
from osuT5.dataset.files.metadata import metadata_table, read_rows, record_of

parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow comes with requirements-train.txt")

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


def test_metadata_of_the_public_tool(tmp_path):
    """It lacks our own columns, and its times are INT96, as Parquet.Net has them."""
    stated = ROW | {"BeatmapSetId": 200, "Id": 2000, "ModeInt": 0, "UserId": 7, "Ranked": 1, "Cs": 4.0}
    stated |= {"Title": "Lantern Parade", "TitleUnicode": "灯籠行列", "OmdbTags": ["simple", "geometric"]}
    stated |= {"StarRating": [3.5, 4.9, 6.1, 7.5, 9.0, 10.0, 11.0], "DifficultyRating": 6.16}
    stated |= {"RankedDate": datetime(2019, 12, 31, 23, 59, 58), "SubmittedDate": datetime(2018, 6, 18, 12, 2, 28)}
    keys = stated | {"Id": 2001, "ModeInt": 3, "Cs": 7.0, "StarRating": [None] * 7}
    bare = stated | dict.fromkeys(("RankedDate", "SubmittedDate", "Ranked", "UserId", "OmdbTags"))
    bare |= {"BeatmapSetId": 100, "Id": 1500, "StarRating": [], "DifficultyRating": 1.5}
    table = metadata_table([stated, keys, bare]).drop_columns(["KeyCount", "AudioHash", "AudioMs", "Shard", "ShardRow"])
    parquet.write_table(table, tmp_path / "metadata.parquet", use_deprecated_int96_timestamps=True)
    rows = read_rows(tmp_path / "metadata.parquet")
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


def test_a_column_that_is_needed_and_a_file_that_is_no_table(tmp_path):
    table = metadata_table([ROW]).drop_columns(["BeatmapFile"])
    parquet.write_table(table, tmp_path / "metadata.parquet")
    with pytest.raises(CorpusError, match="it has no column BeatmapFile"):
        read_rows(tmp_path / "metadata.parquet")
    (tmp_path / "metadata.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(CorpusError, match="cannot be read as the metadata"):
        read_rows(tmp_path / "metadata.parquet")
