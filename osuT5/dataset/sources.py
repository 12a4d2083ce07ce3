"""Where songs and charts come from: folders of mapsets, split by song title.

A source yields `Song`s. A chart that cannot be read is counted and left out; it never stops a run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from osu_beatmap.errors import BeatmapError
from osu_beatmap.held_out import HELD_OUT_FILE, Split, held_out_titles, song_in_split, title_hash
from osu_beatmap.model import Beatmap
from osu_beatmap.reader import read_beatmap

__all__ = [
    "HELD_OUT_FILE",
    "CorpusError",
    "Song",
    "SourceReport",
    "Split",
    "held_out_titles",
    "mapset_songs",
    "read_charts",
    "song_in_split",
    "title_hash",
]


class CorpusError(ValueError):
    """A folder of mapsets that cannot be trained on; the message is one sentence for the user."""


@dataclass(slots=True)
class Song:
    """A song and its charts, unread."""

    name: str
    audio_path: Path
    chart_paths: list[Path]


@dataclass(slots=True)
class SourceReport:
    """What was left out, by reason."""

    skipped: list[str] = field(default_factory=list)

    def skip(self, what: Path, why: object) -> None:
        self.skipped.append(f"{what.name}: {why}")


def mapset_songs(folder: Path) -> Iterator[Song]:
    """Every song of a folder of mapsets: a sub-folder for each, with .osu files and the audio that they name."""
    for mapset in sorted(path for path in folder.iterdir() if path.is_dir()):
        by_audio: dict[str, list[Path]] = {}
        for chart_path in sorted(mapset.glob("*.osu")):
            by_audio.setdefault(_audio_filename(chart_path), []).append(chart_path)
        for audio_name, chart_paths in by_audio.items():
            audio_path = mapset / audio_name
            if audio_name and audio_path.is_file():
                yield Song(mapset.name, audio_path, chart_paths)


def _audio_filename(chart_path: Path) -> str:
    """The audio that a chart names, without reading the rest of it."""
    with chart_path.open("rb") as file:
        match = re.search(rb"^AudioFilename\s*:\s*(.*?)\s*$", file.read(4096), re.MULTILINE)
    return match.group(1).decode("utf-8", errors="replace") if match else ""


def read_charts(song: Song, report: SourceReport) -> list[tuple[Path, Beatmap]]:
    """The readable charts of a song that have red lines and objects."""
    charts = []
    for path in song.chart_paths:
        try:
            beatmap = read_beatmap(path)
        except (BeatmapError, OSError) as error:
            report.skip(path, error)
            continue
        if not beatmap.hit_objects or not any(point.uninherited for point in beatmap.timing_points):
            report.skip(path, "no objects or no timing")
            continue
        charts.append((path, beatmap))
    return charts
