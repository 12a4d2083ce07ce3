"""Metadata table of a dataset in MMRS form.

The public Mapperator tool's `dataset2` writes it. A dataset is a folder with `metadata.parquet`, one row for each
chart, and `data/<BeatmapSetFolder>/` with the audio and the .osu files. Columns are the fields of the osu! API under
the tool's names; additional ones are at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osu_beatmap.beatmap import GameMode
from osuT5.dataset.errors import CorpusError
from osuT5.dataset.files.chart_record import STAR_SPEEDS, ChartRecord

if TYPE_CHECKING:
    import pyarrow as pa

METADATA_FILE = "metadata.parquet"
DATA_FOLDER = "data"

KEYS = ("BeatmapSetId", "Id")
"""What rows are found by, and sorted by."""

COLUMNS = {
    # The mapset
    "Artist": "string",
    "ArtistUnicode": "string",
    "Creator": "string",
    "FavouriteCount": "int32",
    "BeatmapSetId": "int32",
    "Nsfw": "bool",
    "Offset": "int32",
    "BeatmapSetPlayCount": "int32",
    "Source": "string",
    "BeatmapSetStatus": "string",
    "Spotlight": "bool",
    "Title": "string",
    "TitleUnicode": "string",
    "BeatmapSetUserId": "int32",
    "Video": "bool",
    "Description": "string",
    "GenreId": "int32",
    "GenreName": "string",
    "LanguageId": "int32",
    "LanguageName": "string",
    "PackTags": "strings",
    "Ratings": "int32s",
    "DownloadDisabled": "bool",
    "BeatmapSetBpm": "float",
    "CanBeHyped": "bool",
    "DiscussionLocked": "bool",
    "BeatmapSetIsScoreable": "bool",
    "BeatmapSetLastUpdated": "time",
    "BeatmapSetRanked": "int32",
    "RankedDate": "time",
    "Storyboard": "bool",
    "SubmittedDate": "time",
    "Tags": "string",
    # The chart
    "DifficultyRating": "float",
    "Id": "int32",
    "Mode": "string",
    "Status": "string",
    "TotalLength": "int32",
    "UserId": "int32",
    "Version": "string",
    "Checksum": "string",
    "MaxCombo": "int32",
    "Accuracy": "float",
    "Ar": "float",
    "Bpm": "float",
    "CountCircles": "int32",
    "CountSliders": "int32",
    "CountSpinners": "int32",
    "Cs": "float",
    "Drain": "float",
    "HitLength": "int32",
    "IsScoreable": "bool",
    "LastUpdated": "time",
    "ModeInt": "int32",
    "PassCount": "int32",
    "PlayCount": "int32",
    "Ranked": "int32",
    "Owners": "int32s",
    "TopTagIds": "int32s",
    "TopTagCounts": "int32s",
    "StarRating": "floats",
    "OmdbTags": "strings",
    "AudioFile": "string",
    "BeatmapSetFolder": "string",
    "BeatmapFile": "string",
    # Ours
    "KeyCount": "int32",
    "AudioHash": "string",
    "AudioMs": "float",
    "Shard": "string",
    "ShardRow": "int32",
}
"""Column -> kind. `Shard` and `ShardRow` say where a song is in the sharded form, and are null in folders."""

NEEDED = ("BeatmapSetId", "Id", "ModeInt", "AudioFile", "BeatmapSetFolder", "BeatmapFile")
"""Columns without which nothing can be found."""

READ = (
    *NEEDED,
    "Ranked",
    "RankedDate",
    "SubmittedDate",
    "DifficultyRating",
    "StarRating",
    "Cs",
    "UserId",
    "Creator",
    "Title",
    "TitleUnicode",
    "Version",
    "OmdbTags",
    "KeyCount",
    "AudioHash",
    "Shard",
    "ShardRow",
)
"""Columns that training reads, where they are there."""


def arrow_schema() -> pa.Schema:
    """Return the types of COLUMNS.

    Times are UTC without a time zone, as pandas compares them with plain dates.
    """
    import pyarrow as pa

    kinds = {
        "string": pa.string(),
        "strings": pa.list_(pa.string()),
        "int32": pa.int32(),
        "int32s": pa.list_(pa.int32()),
        "bool": pa.bool_(),
        "float": pa.float32(),
        "floats": pa.list_(pa.float32()),
        "time": pa.timestamp("us"),
    }
    return pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])


def metadata_table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return sorted rows as a table with all COLUMNS.

    Rows are sorted by their keys; missing values are null.
    """
    import pyarrow as pa

    ordered = sorted(rows, key=lambda row: tuple(row[key] for key in KEYS))
    schema = arrow_schema()
    return pa.table({name: pa.array([row.get(name) for row in ordered], schema.field(name).type) for name in COLUMNS})


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a metadata.parquet in order of their keys.

    They have the columns in READ. Raises CorpusError.
    """
    parquet = import_parquet()
    try:
        # A handle of ours: pyarrow would keep the file open on Windows.
        with path.open("rb") as file:
            there = parquet.ParquetFile(file)
            names = set(there.schema_arrow.names)
            table = there.read([name for name in READ if name in names])
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path} cannot be read as the metadata of a dataset.") from error
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise CorpusError(f"{path} is not metadata of beatmaps: it has no column {missing[0]}.")
    return sorted(table.to_pylist(), key=lambda row: tuple(row[key] for key in KEYS))


def record_of(row: Mapping[str, Any]) -> ChartRecord:
    """Return the record of a row's chart."""
    mode = GameMode(row["ModeInt"])
    keys = row.get("KeyCount") or round(row.get("Cs") or 0) or None
    return ChartRecord(
        mode=mode,
        star_ratings=_star_ratings(row),
        key_count=keys if mode is GameMode.MANIA else None,
        set_id=row["BeatmapSetId"],
        beatmap_id=row["Id"],
        title=row.get("Title") or "",
        title_unicode=row.get("TitleUnicode") or "",
        version=row.get("Version") or "",
        creator=row.get("Creator") or "",
        mapper_id=row.get("UserId"),
        status=row.get("Ranked"),
        ranked_year=row["RankedDate"].year if row.get("RankedDate") else None,
        submitted_year=row["SubmittedDate"].year if row.get("SubmittedDate") else None,
        descriptors=tuple(name for name in row.get("OmdbTags") or () if name),
    )


def _star_ratings(row: Mapping[str, Any]) -> tuple[float, ...]:
    """Return the ratings of a row.

    Missing ones are replaced by the rating at normal speed.
    """
    ratings: Sequence[float | None] = row.get("StarRating") or ()
    normal = float(row.get("DifficultyRating") or 0.0)
    if len(ratings) != len(STAR_SPEEDS):
        return (normal,) * len(STAR_SPEEDS)
    return tuple(normal if rating is None else float(rating) for rating in ratings)


def import_parquet() -> Any:
    """Import `pyarrow.parquet`.

    Raises CorpusError, with the command that installs it, if it is missing.
    """
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise CorpusError("Datasets with metadata need pyarrow: pip install -r requirements-train.txt") from error
    return pyarrow.parquet
