"""Sharded form of a dataset: parquet files with a song per row.

The audio is Opus, the charts are text.

    metadata.parquet                one row for each chart, as in the MMRS form, with the shard and the row of its song
    data/songs-00000-of-00004.parquet
        __key__   string
        opus      struct{bytes, path}                       as the `Audio` type of Hugging Face `datasets` stores it
        json      struct{beatmaps: list<struct{content, mode, ...}>}

Rows are row groups, so that one song is read without its neighbours. The names of the columns and of the fields of
`json` are those of the webdatasets that the original program trains on, so both programs read both.
"""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osuT5.dataset.errors import CorpusError
from osuT5.dataset.files.chart_record import ChartRecord
from osuT5.dataset.files.metadata import import_parquet

if TYPE_CHECKING:
    import pyarrow as pa

CHART_FIELDS = {
    "beatmap_id": "int",
    "beatmapset_id": "int",
    "mode": "int",
    "approved": "int",
    "difficultyrating": "float",
    "star_ratings": "floats",
    "creator": "string",
    "creator_id": "int",
    "submit_date": "string",
    "approved_date": "string",
    "title": "string",
    "artist": "string",
    "version": "string",
    "file_md5": "string",
    "file": "string",
    "content": "string",
}
"""Fields of a chart -> kind. Dates are "YYYY-MM-DD hh:mm:ss"; `content` is the .osu file, `file` its name."""

MAX_OPEN_SHARDS = 8


def shard_schema() -> pa.Schema:
    import pyarrow as pa

    kinds = {"int": pa.int64(), "float": pa.float64(), "floats": pa.list_(pa.float32()), "string": pa.string()}
    chart = pa.struct([(name, kinds[kind]) for name, kind in CHART_FIELDS.items()])
    return pa.schema(
        [
            ("__key__", pa.string()),
            ("opus", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            ("json", pa.struct([("beatmaps", pa.list_(chart))])),
        ]
    )


class ShardReader:
    """Reader of rows of shards.

    Each shard is found by `find`, which may download it.
    """

    def __init__(self, find: Callable[[str], Path]) -> None:
        self._find = find
        self._open: OrderedDict[str, Any] = OrderedDict()
        self._last: tuple[tuple[str, int, str], Any] = (("", -1, ""), None)

    def value(self, shard: str, row: int, column: str) -> Any:
        """Return a column of a row, as Python values.

        Raises:
            OSError: The shard is damaged. Errors of `find` also pass.
        """
        place = (shard, row, column)
        if self._last[0] != place:
            path = self._find(shard) if shard not in self._open else None
            try:
                table = self._file(shard, path).read_row_group(row, columns=[column])
                self._last = (place, table.column(column)[0].as_py())
            except (ValueError, IndexError, KeyError) as error:
                raise OSError(f"{shard} is damaged in row {row}") from error
        return self._last[1]

    def _file(self, shard: str, path: Path | None) -> Any:
        if path is not None:
            self._open[shard] = import_parquet().ParquetFile(path)
            if len(self._open) > MAX_OPEN_SHARDS:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(shard)
        return self._open[shard]

    def close(self) -> None:
        for file in self._open.values():
            file.close()
        self._open.clear()


@dataclass(slots=True)
class ShardSong:
    """A song in a row of a shard."""

    name: str
    mapset: str
    records: tuple[ChartRecord, ...]
    chart_names: list[str]
    audio_identity: str
    shard: str
    row: int
    reader: ShardReader = field(repr=False)
    corpus: int = 0

    @property
    def audio_name(self) -> str:
        return f"{self.name}.opus"

    def chart_bytes(self, place: int) -> bytes:
        charts = (self.reader.value(self.shard, self.row, "json") or {}).get("beatmaps") or []
        for chart in charts:
            if chart["file"] == self.chart_names[place]:
                return chart["content"].encode("utf-8")
        raise OSError(f"{self.shard} has no such chart in row {self.row}")

    @contextmanager
    def audio_file(self) -> Iterator[Path]:
        opus = self.reader.value(self.shard, self.row, "opus") or {}
        if not opus.get("bytes"):
            raise OSError(f"{self.shard} has no audio in row {self.row}")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "audio.opus"
            path.write_bytes(opus["bytes"])
            yield path


def shard_in(folder: Path) -> Callable[[str], Path]:
    """Return the function that finds shards in a folder.

    It raises CorpusError for a missing one.
    """

    def find(shard: str) -> Path:
        path = folder / shard
        if not path.is_file():
            raise CorpusError(f"{folder} is not complete: {shard} is missing.")
        return path

    return find
