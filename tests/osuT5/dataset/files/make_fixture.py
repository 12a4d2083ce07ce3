"""Writes fixtures/dataset2_metadata.parquet: metadata as the Mapperator tool writes it, of maps that do not exist.

    python -m tests.osuT5.dataset.files.make_fixture

Its columns are those of the tool's class BeatmapMetadata in their order; times are INT96 and elements of lists are
called `element`, both as Parquet.Net has them.
"""

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet

from osuT5.dataset.files.metadata import COLUMNS, arrow_schema

FIXTURE = Path(__file__).resolve().parent / "fixtures" / "dataset2_metadata.parquet"
OURS = ("KeyCount", "AudioHash", "AudioMs", "Shard", "ShardRow")


def fixture_rows() -> list[dict]:
    first = {
        "Artist": "Nobody",
        "ArtistUnicode": "名無し",
        "Creator": "test",
        "BeatmapSetId": 200,
        "BeatmapSetStatus": "ranked",
        "Title": "Lantern Parade",
        "TitleUnicode": "灯籠行列",
        "BeatmapSetUserId": 7,
        "BeatmapSetRanked": 1,
        "RankedDate": datetime(2019, 12, 31, 23, 59, 58),
        "SubmittedDate": datetime(2018, 6, 18, 12, 2, 28),
        "LastUpdated": datetime(2019, 1, 28),
        "Tags": "lantern night",
        "DifficultyRating": 6.16,
        "Id": 2000,
        "Mode": "osu",
        "Status": "ranked",
        "UserId": 7,
        "Version": "Insane",
        "Cs": 4.0,
        "ModeInt": 0,
        "Ranked": 1,
        "StarRating": [3.5, 4.9, 6.1, 7.5, 9.0, 10.0, 11.0],
        "OmdbTags": ["simple", "geometric"],
        "AudioFile": "audio.mp3",
        "BeatmapSetFolder": "200 Nobody - Lantern Parade",
        "BeatmapFile": "Nobody - Lantern Parade (test) [Insane].osu",
    }
    mania = {
        "Id": 2001,
        "Mode": "mania",
        "ModeInt": 3,
        "Cs": 7.0,
        "UserId": 8,
        "OmdbTags": [],
        "StarRating": [None] * 7,
    }
    bare = {"BeatmapSetId": 100, "Id": 1500, "RankedDate": None, "SubmittedDate": None, "Ranked": None, "UserId": None}
    files = {"BeatmapSetFolder": "100 Nobody - Lamp", "BeatmapFile": "easy.osu", "StarRating": [], "OmdbTags": None}
    return [first, first | mania | {"BeatmapFile": "keys.osu"}, first | bare | files | {"DifficultyRating": 1.5}]


def write_fixture(path: Path = FIXTURE) -> None:
    names = [name for name in COLUMNS if name not in OURS]
    rows = [{name: row.get(name) for name in names} for row in fixture_rows()]
    schema = pa.schema([arrow_schema().field(name) for name in names])
    table = pa.Table.from_pylist(rows, schema)
    path.parent.mkdir(exist_ok=True)
    parquet.write_table(table, path, use_deprecated_int96_timestamps=True, compression="snappy")


if __name__ == "__main__":
    write_fixture()
