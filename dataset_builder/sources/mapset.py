"""Mapset in an archive or a folder: charts, and other files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from osu_beatmap.beatmap import Beatmap
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.archive import BEATMAP_SUFFIX, DEFAULT_LIMITS, Osz, read_osz
from osu_beatmap.files.named_files import find_file
from osu_beatmap.files.reader import MAX_FILE_BYTES, decode_osu_bytes, parse_beatmap


@dataclass(slots=True)
class SourceChart:
    """A chart as it came."""

    name: str
    content: bytes
    beatmap: Beatmap


class Mapset(Protocol):
    """Mapset to read.

    `unreadable` gains a sentence for each unreadable chart during `charts`.
    """

    name: str
    unreadable: list[str]

    def charts(self) -> Iterator[SourceChart]: ...

    def find(self, name: str, chart: str) -> str | None:
        """Return the own spelling of a file's name, or None.

        A chart names the file.
        """

    def read(self, name: str) -> bytes:
        """Return the content of a file.

        Raises BeatmapError or OSError.
        """


def open_mapset(path: Path) -> Mapset:
    """Open a mapset.

    Raises:
        BeatmapError: An archive is unsafe, damaged, or without charts.
    """
    return ArchiveMapset.of(path) if path.is_file() else FolderMapset(path.name, path)


@dataclass
class ArchiveMapset:
    name: str
    archive: Osz
    unreadable: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, path: Path) -> ArchiveMapset:
        archive = read_osz(path)
        # The others are about lines of charts that were read.
        partly = tuple(f"{name}: " for name in archive.beatmaps)
        return cls(path.stem, archive, [text for text in archive.warnings if not text.startswith(partly)])

    def charts(self) -> Iterator[SourceChart]:
        for name, beatmap in sorted(self.archive.beatmaps.items()):
            yield SourceChart(name, self.archive.read_bytes(name), beatmap)

    def find(self, name: str, chart: str) -> str | None:
        return self.archive.find(name, chart)

    def read(self, name: str) -> bytes:
        return self.archive.read_bytes(name)


@dataclass
class FolderMapset:
    name: str
    folder: Path
    unreadable: list[str] = field(default_factory=list)

    def charts(self) -> Iterator[SourceChart]:
        for path in sorted(self.folder.iterdir()):
            if path.suffix.lower() != BEATMAP_SUFFIX or not path.is_file():
                continue
            try:
                content = self._read(path, MAX_FILE_BYTES)
                yield SourceChart(path.name, content, parse_beatmap(decode_osu_bytes(content), path.name))
            except (BeatmapError, OSError) as error:
                self.unreadable.append(f"{path.name}: {error}")

    def find(self, name: str, chart: str) -> str | None:
        path = find_file(self.folder, name)
        return None if path is None else path.relative_to(self.folder).as_posix()

    def read(self, name: str) -> bytes:
        return self._read(self.folder / name, DEFAULT_LIMITS.max_file_bytes)

    def _read(self, path: Path, max_bytes: int) -> bytes:
        if path.stat().st_size > max_bytes:
            raise BeatmapError(f"{path.name} is larger than {max_bytes >> 20} MiB.")
        return path.read_bytes()
