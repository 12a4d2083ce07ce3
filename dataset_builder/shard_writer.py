"""Conversion of a dataset to its sharded form.

It serves training without unpacked files, and can be uploaded to a hub. The songs of a shard follow from the dataset
and the options. An existing shard with these songs is kept, so a stopped run resumes, and a dataset that has grown is
rewritten only from the change on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dataset_builder.errors import BuildError
from dataset_builder.options import BuildOptions
from dataset_builder.opus import opus_bytes
from dataset_builder.rows import Row
from dataset_builder.workers import WorkerDied, run_in_order
from osu_beatmap.files.reader import decode_osu_bytes
from osu_beatmap.files.writer import temporary_beside
from osuT5.audio.decode import AudioError
from osuT5.dataset.files.metadata import DATA_FOLDER, METADATA_FILE, import_parquet, metadata_table
from osuT5.dataset.files.shards import shard_schema

CARD_FILE = "README.md"
CARD = """---
configs:
- config_name: default
  data_files: data/*.parquet
---
A dataset of osu! beatmaps: a song in each row, its audio as Opus (`opus`), its charts as text (`json`).
`metadata.parquet` has a row for each chart.
"""

PLAN = b"osu_mapper_plan"
"""Key under which a shard says what it was to hold."""

CHART_OVERHEAD_BYTES = 20_000
"""About what a chart takes in a shard, for deciding how many songs one holds."""

FIELD_COLUMNS = {
    "beatmap_id": "Id",
    "beatmapset_id": "BeatmapSetId",
    "mode": "ModeInt",
    "approved": "Ranked",
    "difficultyrating": "DifficultyRating",
    "star_ratings": "StarRating",
    "creator": "Creator",
    "creator_id": "UserId",
    "submit_date": "SubmittedDate",
    "approved_date": "RankedDate",
    "title": "Title",
    "artist": "Artist",
    "version": "Version",
    "file_md5": "Checksum",
    "file": "BeatmapFile",
}
"""Field of a chart in a shard -> column of the metadata; the text of the chart is the one that is left."""


@dataclass(frozen=True)
class ShardTask:
    """Shard to write: file, dataset folder, and rows by song.

    The rows are those of its charts.
    """

    path: Path
    dataset: Path
    songs: list[list[Row]]
    kbps: int

    @property
    def plan(self) -> str:
        facts = [[row["Checksum"], row["Id"], row["AudioHash"]] for song in self.songs for row in song]
        return hashlib.sha256(json.dumps([facts, self.kbps]).encode("utf-8")).hexdigest()


@dataclass(slots=True)
class ShardReport:
    """`skipped` has a sentence for each song that could not be written."""

    shards: int
    songs: int
    charts: int
    mib: float
    skipped: list[str]


def write_shards(options: BuildOptions) -> ShardReport:
    """Write or complete the sharded form at `shards_path`.

    Raises BuildError or CorpusError.
    """
    assert options.shards_path is not None
    parquet = import_parquet()
    metadata = options.output_path / METADATA_FILE
    if not metadata.is_file():
        raise BuildError(f"There is no dataset in {options.output_path} to be sharded: it has no {METADATA_FILE}.")
    with metadata.open("rb") as file:
        rows = parquet.read_table(file).to_pylist()
    folder = options.shards_path
    (folder / DATA_FOLDER).mkdir(parents=True, exist_ok=True)
    tasks = _tasks(rows, options, folder / DATA_FOLDER)
    skipped: list[str] = []
    with tqdm(total=len(tasks), desc="writing shards", unit="shard") as bar:
        for place, result in run_in_order(write_shard, [(task,) for task in tasks], options.workers):
            if isinstance(result, WorkerDied):
                raise BuildError(
                    f"Writing {tasks[place].path.name} ended a process, possibly out of memory. Try fewer workers."
                )
            skipped += result
            bar.update()
    return _finish(folder, tasks, skipped)


def _tasks(rows: list[Row], options: BuildOptions, folder: Path) -> list[ShardTask]:
    """Return shards of about the requested size.

    Songs are in the order of their mapsets.
    """
    bytes_per_ms = options.opus_kbps / 8
    groups: list[list[list[Row]]] = [[]]
    filled = 0.0
    for song in _songs(rows):
        audio = options.output_path / DATA_FOLDER / song[0]["BeatmapSetFolder"] / song[0]["AudioFile"]
        audio_bytes = (song[0].get("AudioMs") or 180_000) * bytes_per_ms
        if audio.is_file():
            audio_bytes = min(audio_bytes, audio.stat().st_size)  # what is Opus already may stay as small as it is
        size = audio_bytes + CHART_OVERHEAD_BYTES * len(song)
        if groups[-1] and filled + size > options.shard_mb * 1e6:
            groups.append([])
            filled = 0.0
        groups[-1].append(song)
        filled += size
    names = [f"songs-{place:05}-of-{len(groups):05}.parquet" for place in range(len(groups))]
    return [
        ShardTask(folder / name, options.output_path, group, options.opus_kbps)
        for name, group in zip(names, groups, strict=True)
    ]


def _songs(rows: list[Row]) -> Iterator[list[Row]]:
    def song_of(row: Row) -> tuple[int, str, str]:
        return row["BeatmapSetId"], row["BeatmapSetFolder"], row["AudioFile"]

    for _, song in groupby(sorted(rows, key=lambda row: (*song_of(row), row["Id"])), key=song_of):
        yield list(song)


def write_shard(task: ShardTask) -> list[str]:
    """Write a shard unless it exists.

    Returns a sentence for each song that could not be written.
    """
    import pyarrow as pa

    parquet = import_parquet()
    if _is_written(task):
        return []
    skipped: list[str] = []
    schema = shard_schema().with_metadata({PLAN: task.plan.encode("ascii")})
    with temporary_beside(task.path) as file, parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for song in task.songs:
            try:
                row = _song_row(task, song)
            except (AudioError, OSError) as error:
                skipped.append(f"{song[0]['BeatmapSetFolder']}: {error}")
                continue
            # Each write makes a row group, so that one song can be read alone.
            writer.write_table(pa.Table.from_pylist([row], schema))
    return skipped


def _is_written(task: ShardTask) -> bool:
    try:
        with task.path.open("rb") as file:
            metadata = import_parquet().ParquetFile(file).schema_arrow.metadata or {}
    except (OSError, ValueError):
        return False
    return metadata.get(PLAN) == task.plan.encode("ascii")


def song_key(row: Mapping[str, Any]) -> str:
    """Return the name of a song in a shard.

    It has no dot, after which webdatasets expect the kind of a file.
    """
    audio = hashlib.sha256(row["AudioFile"].encode("utf-8")).hexdigest()[:8]
    return f"{row['BeatmapSetId']}-{audio}"


def _song_row(task: ShardTask, song: Sequence[Row]) -> Row:
    folder = task.dataset / DATA_FOLDER / song[0]["BeatmapSetFolder"]
    audio = opus_bytes(folder / song[0]["AudioFile"], task.kbps)
    charts = [_chart_fields(row, (folder / row["BeatmapFile"]).read_bytes()) for row in song]
    key = song_key(song[0])
    return {"__key__": key, "opus": {"bytes": audio, "path": f"{key}.opus"}, "json": {"beatmaps": charts}}


def _chart_fields(row: Row, content: bytes) -> Row:
    fields = {name: row.get(column) for name, column in FIELD_COLUMNS.items()}
    for name in ("submit_date", "approved_date"):
        fields[name] = fields[name].strftime("%Y-%m-%d %H:%M:%S") if fields[name] else None
    return {**fields, "content": decode_osu_bytes(content)}


def _finish(folder: Path, tasks: Sequence[ShardTask], skipped: list[str]) -> ShardReport:
    """Write metadata and card, and remove shards of another plan."""
    parquet = import_parquet()
    rows: list[Row] = []
    for task in tasks:
        with task.path.open("rb") as file:
            keys = parquet.read_table(file, columns=["__key__"]).column("__key__").to_pylist()
        places = {key: place for place, key in enumerate(keys)}
        shard = f"{DATA_FOLDER}/{task.path.name}"
        rows += [
            {**row, "Shard": shard, "ShardRow": places[song_key(row)]}
            for song in task.songs
            for row in song
            if song_key(row) in places
        ]
    for path in (folder / DATA_FOLDER).glob("songs-*.parquet"):
        if path not in {task.path for task in tasks}:
            path.unlink()
    with temporary_beside(folder / METADATA_FILE) as file:
        parquet.write_table(metadata_table(rows), file, compression="zstd")
    if not (folder / CARD_FILE).exists():
        (folder / CARD_FILE).write_text(CARD, encoding="utf-8", newline="\n")
    mib = sum(task.path.stat().st_size for task in tasks) / 2**20
    songs = {(row["Shard"], row["ShardRow"]) for row in rows}
    return ShardReport(len(tasks), len(songs), len(rows), mib, skipped)
