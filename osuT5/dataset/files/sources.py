"""Sources of songs and charts.

A source is a sequence of songs, each read on demand. No other code depends on whether a song is in a folder of mapsets,
in a dataset with metadata, or in the shards of one. A chart that cannot be read is counted and skipped; it never stops
a run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from osu_beatmap.beatmap import Beatmap
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.named_files import find_file
from osu_beatmap.files.reader import MAX_FILE_BYTES, decode_osu_bytes, parse_beatmap
from osu_beatmap.song_bounds import check_in_song
from osuT5.dataset.files.chart_record import ChartRecord
from osuT5.dataset.files.filters import ChartFilter


class Song(Protocol):
    """A song and its charts, unread.

    Songs of one mapset share `mapset` and stand together in their source. `records` has one entry for each chart, in
    order; it is empty where nobody has looked yet. `audio_identity` is the same only for the same audio. `corpus` is
    the number of the corpus that it is of, where several are trained on together.
    """

    name: str
    mapset: str
    records: tuple[ChartRecord, ...]
    corpus: int

    @property
    def chart_names(self) -> list[str]:
        """File names of the charts."""

    @property
    def audio_name(self) -> str:
        """File name of the audio."""

    @property
    def audio_identity(self) -> str: ...

    def chart_bytes(self, place: int) -> bytes:
        """Return the .osu file of a chart.

        Raises OSError.
        """

    def audio_file(self) -> AbstractContextManager[Path]:
        """Return the audio as a file that exists during the context.

        Raises OSError.
        """


@dataclass(slots=True)
class FolderSong:
    """A song whose files lie in a folder."""

    name: str
    mapset: str
    audio_path: Path
    chart_paths: list[Path]
    records: tuple[ChartRecord, ...] = ()
    corpus: int = 0

    @property
    def chart_names(self) -> list[str]:
        return [path.name for path in self.chart_paths]

    @property
    def audio_name(self) -> str:
        return self.audio_path.name

    @property
    def audio_identity(self) -> str:
        return f"{self.audio_path.resolve()}|{self.audio_path.stat().st_size}"

    def chart_bytes(self, place: int) -> bytes:
        path = self.chart_paths[place]
        if path.stat().st_size > MAX_FILE_BYTES:
            raise OSError(f"larger than {MAX_FILE_BYTES >> 20} MiB, the limit for a beatmap")
        return path.read_bytes()

    def audio_file(self) -> AbstractContextManager[Path]:
        return nullcontext(self.audio_path)


@dataclass(slots=True)
class SourceReport:
    """Report of skipped input: unusable files with reasons, and refused charts."""

    skipped: list[str] = field(default_factory=list)
    refused: Counter = field(default_factory=Counter)

    def skip(self, name: str, why: object) -> None:
        self.skipped.append(f"{name}: {why}")


@dataclass(slots=True)
class ReadChart:
    """A chart of a song, read. `name` is that of its file."""

    name: str
    beatmap: Beatmap
    record: ChartRecord


def mapset_songs(folder: Path) -> Iterator[FolderSong]:
    """Yield every song of a folder of mapsets.

    Each mapset is a sub-folder with .osu files and the audio that they name.
    """
    for mapset in sorted(path for path in folder.iterdir() if path.is_dir()):
        by_audio: dict[Path | None, list[Path]] = {}
        for chart_path in sorted(mapset.glob("*.osu")):
            by_audio.setdefault(find_file(mapset, audio_filename(chart_path)), []).append(chart_path)
        for audio_path, chart_paths in by_audio.items():
            if audio_path is not None:
                yield FolderSong(mapset.name, mapset.name, audio_path, chart_paths)


def audio_filename(chart_path: Path) -> str:
    """Return a chart's audio name without reading the rest of it."""
    with chart_path.open("rb") as file:
        match = re.search(rb"^AudioFilename\s*:\s*(.*?)\s*$", file.read(4096), re.MULTILINE)
    return match.group(1).decode("utf-8", errors="replace") if match else ""


def read_charts(song: Song, report: SourceReport, chart_filter: ChartFilter | None = None) -> list[ReadChart]:
    """Return the usable charts of a song.

    They are readable, have red lines and objects, and pass the filter. A chart refused by its record is not read.
    """
    charts = []
    for place, name in enumerate(song.chart_names):
        record = song.records[place] if song.records else None
        if record and _is_refused(record, chart_filter, report):
            continue
        try:
            beatmap = parse_beatmap(decode_osu_bytes(song.chart_bytes(place)), name)
        except (BeatmapError, OSError) as error:
            report.skip(name, error)
            continue
        if not beatmap.hit_objects or not any(point.uninherited for point in beatmap.timing_points):
            report.skip(name, "no objects or no timing")
            continue
        try:
            chart = ReadChart(name, beatmap, record or ChartRecord.of(beatmap))
        except BeatmapError as error:
            report.skip(name, error)
            continue
        if record or not _is_refused(chart.record, chart_filter, report):
            charts.append(chart)
    return charts


def charts_in_song(
    charts: Sequence[ReadChart], song_ms: float, report: SourceReport, mapset: str = ""
) -> list[ReadChart]:
    """Return the charts that lie in their song; report the others.

    A report begins with the name of the mapset.
    """
    inside = []
    for chart in charts:
        try:
            check_in_song(chart.beatmap, song_ms)
        except BeatmapError as error:
            report.skip(f"{mapset}/{chart.name}" if mapset else chart.name, error)
            continue
        inside.append(chart)
    return inside


def with_records(song: FolderSong, report: SourceReport) -> FolderSong | None:
    """Return the song with the records of its readable charts, or None.

    Songs of a folder without metadata have to be read once before any can be chosen.
    """
    charts = {chart.name: chart.record for chart in read_charts(song, report)}
    paths = [path for path in song.chart_paths if path.name in charts]
    records = tuple(charts[path.name] for path in paths)
    return replace(song, chart_paths=paths, records=records) if records else None


def _is_refused(record: ChartRecord, chart_filter: ChartFilter | None, report: SourceReport) -> bool:
    reason = chart_filter.refusal(record) if chart_filter else None
    if reason:
        report.refused[reason] += 1
    return reason is not None
