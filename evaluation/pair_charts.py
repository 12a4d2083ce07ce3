"""Pairing of generated maps with human-made ones.

Maps of `evaluate.py` have their pair in its manifest. Otherwise a human-made map is of the same song when both name
audio files with the same content, or else when their titles match (as `osu_beatmap.held_out` compares them).

Maps that `evaluate.py` made know theirs. Of others, a human chart is of the same song when both name audio files with
the same content, or else when their titles agree (as `osu_beatmap.held_out` compares them). Of the song's charts in the
map's mode, and in mania of its number of keys where there are such, it is the one with the same difficulty name, and
without one that nearest in star rating.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evaluation.charts import MeasuredChart
from evaluation.generate_maps import load_manifest, part_of
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.archive import read_osz
from osu_beatmap.files.named_files import find_file, find_named_file
from osu_beatmap.files.reader import decode_osu_bytes, read_beatmap
from osu_beatmap.held_out import title_hash
from osu_beatmap.star_rating import stars_or_none

HEAD_BYTES = 8192
_HEAD_LINE = re.compile(r"^(AudioFilename|Title)\s*:\s*(.*?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class MapFile:
    """Map in a folder: a .osu file, or one in an .osz."""

    path: Path
    entry: str | None = None

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}" + (f" [{self.entry}]" if self.entry else "")

    def read(self) -> Beatmap:
        """Read the map.

        Raises BeatmapError.
        """
        return read_beatmap(self.path) if self.entry is None else read_osz(self.path).beatmaps[self.entry]


@dataclass(frozen=True)
class Pairing:
    """Map to measure, and its references.

    The human-made map is cut if the map was made for a part.
    """

    generated: MapFile
    human_path: Path | None = None
    audio_path: Path | None = None
    span_ms: tuple[int, int] | None = None
    requested: Attributes | None = None

    def read_generated(self) -> MeasuredChart:
        """Read the map that is measured. Raises BeatmapError."""
        return MeasuredChart(self.generated.read(), self.generated.name, self.audio_path)

    def human(self) -> MeasuredChart | None:
        """Read the human-made map.

        Raises BeatmapError.
        """
        if self.human_path is None:
            return None
        human = part_of(read_beatmap(self.human_path), self.span_ms)
        if not human.hit_objects:
            raise BeatmapError(f"its human-made map {self.human_path.name} has no objects")
        try:
            return MeasuredChart(human, self.human_path.name, self.audio_path)
        except BeatmapError as error:
            raise BeatmapError(f"its human-made map {self.human_path.name} cannot be used: {error}") from error


def pairings(folder: Path, human_folder: Path | None, skipped: list[str]) -> Iterator[Pairing]:
    """Yield every map of a folder with its human-made one.

    Maps that cannot be read or made are listed in `skipped` with the reason.
    """
    made = load_manifest(folder)
    for each in made:
        if each.map_path is None:
            skipped.append(f"{each.human_path.name}: {each.error}")
        else:
            yield Pairing(MapFile(Path(each.map_path)), each.human_path, each.audio_path, each.span_ms, each.asked)
    if made:
        return
    humans = HumanCharts(human_folder) if human_folder else None
    for file in map_files(folder, skipped):
        try:
            beatmap = file.read()
        except BeatmapError as error:
            skipped.append(f"{file.name}: {error}")
            continue
        if not beatmap.hit_objects:
            skipped.append(f"{file.name}: no objects")
            continue
        human_path = humans.find_pair(beatmap, file.path.parent) if humans else None
        if humans and human_path is None:
            skipped.append(f"{file.name}: there is no human-made map of its song and mode")
            continue
        yield Pairing(
            file, human_path, _audio_of(human_path) if human_path else _audio_beside(beatmap, file.path.parent)
        )


def map_files(folder: Path, skipped: list[str]) -> Iterator[MapFile]:
    """Yield maps of a folder and its subfolders.

    An .osz next to a .osu of the same map is not counted twice.
    """
    for path in sorted(folder.rglob("*.osu")):
        yield MapFile(path)
    for path in sorted(folder.rglob("*.osz")):
        try:
            entries = read_osz(path).beatmaps
        except BeatmapError as error:
            skipped.append(f"{path.name}: {error}")
            continue
        for entry in entries:
            if not (path.parent / entry).is_file():
                yield MapFile(path, entry)


class HumanCharts:
    """Charts of a folder, found by the heads of their files.

    Only those of one song are read.
    """

    def __init__(self, folder: Path) -> None:
        self.by_title: dict[str, list[Path]] = defaultdict(list)
        self.by_audio_name: dict[Path, list[Path]] = defaultdict(list)
        for path in sorted(folder.rglob("*.osu")):
            head = read_head(path)
            self.by_title[title_hash(head.get("Title", ""))].append(path)
            self.by_audio_name[find_named_file(path.parent, head.get("AudioFilename", ""))].append(path)
        self.by_audio: dict[str, list[Path]] | None = None

    def find_pair(self, beatmap: Beatmap, folder: Path) -> Path | None:
        """Return the chart to compare a map with, or None.

        None stands for no chart of its song and mode.
        """
        of_song = self._select_by_audio(_audio_beside(beatmap, folder)) or self.by_title.get(
            title_hash(beatmap.metadata.title), []
        )
        charts = [(path, chart) for path in of_song if (chart := _read(path)) and chart.mode is beatmap.mode]
        if beatmap.mode is GameMode.MANIA:
            same_keys = [each for each in charts if each[1].key_count == beatmap.key_count]
            charts = same_keys or charts
        same_name = [each for each in charts if each[1].metadata.version == beatmap.metadata.version]
        stars = _stars(beatmap)
        nearest = min(same_name or charts, key=lambda each: abs(_stars(each[1]) - stars), default=None)
        return nearest[0] if nearest else None

    def _select_by_audio(self, audio_path: Path | None) -> list[Path]:
        if audio_path is None:
            return []
        if self.by_audio is None:
            self.by_audio = defaultdict(list)
            for path, charts in self.by_audio_name.items():
                if path.is_file():
                    self.by_audio[_digest(path)] += charts
        return self.by_audio.get(_digest(audio_path), [])


def _stars(beatmap: Beatmap) -> float:
    """Return the star rating of a chart, 0 if it has none."""
    return stars_or_none(beatmap) or 0.0


def _audio_beside(beatmap: Beatmap, folder: Path) -> Path | None:
    return find_file(folder, beatmap.audio_filename)


def _audio_of(chart_path: Path) -> Path | None:
    return find_file(chart_path.parent, read_head(chart_path).get("AudioFilename", ""))


def read_head(path: Path) -> dict[str, str]:
    """Read only title and audio file name of a chart."""
    with path.open("rb") as file:
        return dict(_HEAD_LINE.findall(decode_osu_bytes(file.read(HEAD_BYTES)).replace("\r", "")))


@lru_cache(maxsize=64)
def _read(path: Path) -> Beatmap | None:
    try:
        beatmap = read_beatmap(path)
    except BeatmapError:
        return None
    return beatmap if beatmap.hit_objects else None


@lru_cache(maxsize=4096)
def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
