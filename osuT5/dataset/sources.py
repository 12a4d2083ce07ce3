"""Where songs and charts come from: folders of mapsets, split by song title.

A source yields `Song`s. A chart that cannot be read is counted and left out; it never stops a run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from osu_beatmap.errors import BeatmapError
from osu_beatmap.model import Beatmap
from osu_beatmap.reader import read_beatmap

HELD_OUT_FILE = Path(__file__).resolve().parents[2] / "datasets" / "held_out_titles.json"


class CorpusError(ValueError):
    """A folder of mapsets that cannot be trained on; the message is one sentence for the user."""


class Split(Enum):
    TRAIN = "train"
    HELD_OUT = "held_out"
    ALL = "all"


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


def title_hash(title: str) -> str:
    """A song's identity across mapsets: its title without case, marks and cut notes such as "(TV Size)", hashed."""
    core = re.sub(r"[\(\[][^\)\]]*[\)\]]", " ", title.casefold())
    core = re.sub(r"\W+", "", core) or re.sub(r"\W+", "", title.casefold()) or title
    return hashlib.sha256(core.encode("utf-8")).hexdigest()[:16]


def held_out_titles(path: Path = HELD_OUT_FILE) -> frozenset[str]:
    """Hashes of the titles that no model is trained on and nothing is tuned on."""
    return frozenset(json.loads(path.read_text(encoding="utf-8"))["title_hashes"])


def song_in_split(beatmaps: Iterable[Beatmap], split: Split, held_out: frozenset[str]) -> bool:
    """Whether a song with these charts is in a split; it is held out when any of its titles, romanised or not, is."""
    titles = {t for b in beatmaps for t in (b.metadata.title, b.metadata.title_unicode) if t}
    is_held_out = any(title_hash(title) in held_out for title in titles)
    return split is Split.ALL or is_held_out == (split is Split.HELD_OUT)


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
