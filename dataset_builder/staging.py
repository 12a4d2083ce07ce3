"""Staging of a mapset: files to move into the dataset, and rows.

There is a row for each chart. Runs in worker processes.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path, PurePosixPath

from dataset_builder.errors import BuildError
from dataset_builder.rows import Row, chart_row
from dataset_builder.sources.mapset import Mapset, SourceChart, open_mapset
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.file_names import legal_file_name, legal_text, visible_name
from osu_beatmap.files.reader import decode_osu_bytes
from osu_beatmap.song_bounds import check_in_song
from osuT5.audio.decode import MAX_AUDIO_S, MIN_AUDIO_S, AudioError, audio_duration_ms
from osuT5.dataset.files.chart_record import ChartRecord
from osuT5.dataset.files.filters import OptOutList

MAX_FOLDER_CHARS = 80
MAX_STEM_CHARS = 120
"""Windows allows 260 characters for a path, of which the dataset's own place needs some."""

MAX_STEM_BYTES = 230
"""Linux counts bytes, and no more than 255 of them with the suffix."""

_SET_NUMBER = re.compile(r"(\d{1,9}) ")
_AUDIO_LINE = re.compile(r"^(AudioFilename[ \t]*:)[^\r\n]*", re.MULTILINE)


@dataclass(slots=True)
class Skip:
    """Skipped mapset or chart: name, kind of reason, and details."""

    what: str
    reason: str
    detail: str = ""


@dataclass(slots=True)
class StagedMapset:
    """Staged mapset.

    It has `rows` without final ids, the suggested name of its folder, and skipped charts.
    """

    name: str
    folder_name: str = ""
    rows: list[Row] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)


def stage_mapset(path: Path, staging: Path, opted_out: OptOutList) -> StagedMapset:
    """Read a mapset; write its usable files into the empty folder `staging`.

    Errors of the mapset are in the result.

    Raises:
        BuildError: Nothing can be written.
    """
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        mapset = open_mapset(path)
    except (BeatmapError, OSError) as error:
        return StagedMapset(path.name, skipped=[Skip(path.name, "mapset cannot be read", str(error))])
    return _Stager(mapset, staging, opted_out).run()


class _Stager:
    def __init__(self, mapset: Mapset, staging: Path, opted_out: OptOutList) -> None:
        self.mapset = mapset
        self.staging = staging
        self.opted_out = opted_out
        self.result = StagedMapset(mapset.name)
        self._audio: dict[str, Row | None] = {}
        self._names: set[str] = set()

    def run(self) -> StagedMapset:
        rows = self.result.rows
        try:
            rows += [row for chart in self.mapset.charts() if (row := self._row(chart)) is not None]
        except (BeatmapError, OSError) as error:
            self.skip(self.mapset.name, "mapset cannot be read", str(error))
        for sentence in self.mapset.unreadable:
            self.skip(sentence.partition(":")[0], "chart cannot be read", sentence)
        if rows:
            set_id = self._set_id()
            for row in rows:
                row["BeatmapSetId"] = set_id
            self.result.folder_name = _folder_name(rows[0], self.mapset.name)
        return self.result

    def skip(self, what: str, reason: str, detail: str = "") -> None:
        self.result.skipped.append(Skip(what, reason, detail))

    def _row(self, chart: SourceChart) -> Row | None:
        """Return a chart's row and write its file, or skip the chart.

        A skipped chart gives None and a reason.
        """
        beatmap = chart.beatmap
        if not beatmap.hit_objects or not any(point.uninherited for point in beatmap.timing_points):
            return self.skip(chart.name, "no objects or no timing")
        try:
            record = ChartRecord.of(beatmap)
            if not record.stars:
                return self.skip(chart.name, "no star rating")
            if record in self.opted_out:
                return self.skip(chart.name, "its mapper opted out", beatmap.metadata.creator)
            row = chart_row(chart, record)
        except (BeatmapError, ArithmeticError) as error:
            return self.skip(chart.name, "no star rating", str(error))
        audio = self._stage_audio(chart.name, beatmap.audio_filename)
        if audio is None:
            return None
        try:
            check_in_song(beatmap, audio["AudioMs"])
        except BeatmapError as error:
            return self.skip(chart.name, "not in its song", str(error))
        row |= audio
        row["BeatmapFile"] = self._write(chart.name, _rename_audio(chart, audio["AudioFile"]))
        return row

    def _stage_audio(self, chart_name: str, audio_name: str) -> Row | None:
        """Return facts about a chart's audio.

        It is written once for all charts that share it.
        """
        found = self.mapset.find(audio_name, chart_name)
        if found is None:
            return self.skip(chart_name, "its audio is missing", audio_name)
        if found not in self._audio:
            try:
                self._audio[found] = self._write_audio(found)
            except (AudioError, BeatmapError, OSError) as error:
                self._audio[found] = None
                self.skip(f"{self.mapset.name}: {found}", "audio cannot be used", str(error))
        if self._audio[found] is None:
            self.skip(chart_name, "its audio cannot be used", found)
        return self._audio[found]

    def _write_audio(self, name: str) -> Row:
        content = self.mapset.read(name)
        written = self._write(name, content)
        length_ms = audio_duration_ms(self.staging / written)
        if not MIN_AUDIO_S <= length_ms / 1000 <= MAX_AUDIO_S:
            (self.staging / written).unlink()
            raise AudioError(f"it is {length_ms / 1000:.1f} s long")
        return {"AudioFile": written, "AudioHash": hashlib.sha256(content).hexdigest(), "AudioMs": length_ms}

    def _write(self, name: str, content: bytes) -> str:
        """Write a file under its own name, made legal and unique.

        Returns that name. Raises BuildError.
        """
        stem, _, suffix = legal_file_name(PurePosixPath(name).name).rpartition(".")
        legal = next(n for n in number_names(_shorten(stem), f".{suffix}") if n.casefold() not in self._names)
        self._names.add(legal.casefold())
        try:
            (self.staging / legal).write_bytes(content)
        except OSError as error:
            raise BuildError(f"{self.staging / legal} cannot be written: {error.strerror or error}.") from error
        return legal

    def _set_id(self) -> int:
        """Return the number of the mapset.

        It is that of most charts, or else the one at the head of the mapset's name; -1 without either.
        """
        numbers = Counter(row["BeatmapSetId"] for row in self.result.rows if row["BeatmapSetId"] > 0)
        at_head = _SET_NUMBER.match(self.mapset.name)
        return numbers.most_common(1)[0][0] if numbers else int(at_head[1]) if at_head else -1


def number_names(stem: str, suffix: str = "") -> Iterator[str]:
    """Yield a name, then the same with (2), (3) and so on."""
    yield f"{stem}{suffix}"
    for number in count(2):
        yield f"{stem} ({number}){suffix}"


def _shorten(stem: str) -> str:
    while len(stem) > MAX_STEM_CHARS or len(stem.encode("utf-8")) > MAX_STEM_BYTES:
        stem = stem[:-1].rstrip(". ")
    return stem


def _rename_audio(chart: SourceChart, audio_file: str) -> bytes:
    """Return the chart's file with the audio's final name.

    Its line changes only if the audio had to be renamed.
    """
    if chart.beatmap.audio_filename == audio_file:
        return chart.content
    text = decode_osu_bytes(chart.content)
    return _AUDIO_LINE.sub(lambda line: f"{line[1]} {audio_file}", text, count=1).encode("utf-8")


def _folder_name(row: Row, mapset_name: str) -> str:
    number = f"{row['BeatmapSetId']} " if row["BeatmapSetId"] > 0 else ""
    artist = row["Artist"] or row["ArtistUnicode"]
    title = row["Title"] or row["TitleUnicode"]
    text = f"{number}{artist} - {title}" if artist or title else mapset_name
    # Windows drops dots and spaces at the end of a folder's name.
    return visible_name(legal_text(text)[:MAX_FOLDER_CHARS].rstrip(". ")) or "_"
