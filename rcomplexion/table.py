"""The rhythm complexity of many charts as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from osu_beatmap.beatmap import Beatmap
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.archive import read_osz
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.song_bounds import part_in_song
from osu_beatmap.star_rating import star_rating
from rcomplexion.complexity import complexity_of
from rcomplexion.model import RhythmModel
from rcomplexion.rhythm import rhythm_of

CHART_SUFFIX, ARCHIVE_SUFFIX = ".osu", ".osz"


@dataclass(frozen=True, slots=True)
class ComplexityRow:
    """A chart's line of the table; its fields are the columns.

    What cannot be told is empty.
    """

    path: str
    title: str
    creator: str
    difficulty: str
    mode: str
    star_rating: float | None
    bits_per_second: float
    bits_per_interval: float
    intervals: int
    drain_s: float


def find_charts(paths: Sequence[Path]) -> list[Path]:
    """Return the charts and archives among paths, each once, in order.

    Folders are searched, too.
    """
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        suffixes = (CHART_SUFFIX, ARCHIVE_SUFFIX)
        found |= dict.fromkeys(p for p in inside if not path.is_dir() or (p.suffix.lower() in suffixes and p.is_file()))
    return list(found)


def rows_of(path: Path, model: RhythmModel, skipped: list[str]) -> Iterator[ComplexityRow]:
    """Yield the rows of a file.

    `skipped` gains a line for each chart that has no rhythm or cannot be read.
    """
    try:
        charts = _charts_in(path)
    except BeatmapError as error:
        skipped.append(f"{path}: {error}")
        return
    for place, beatmap in charts:
        try:
            yield _row(place, beatmap, model)
        except BeatmapError as error:
            skipped.append(f"{place}: {error}")


def format_csv(rows: Iterable[ComplexityRow]) -> str:
    """Return the table with a line of names.

    Numbers have only meaningful decimals.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(ComplexityRow.__dataclass_fields__)
    for row in rows:
        writer.writerow([f"{value:.4g}" if isinstance(value, float) else value for value in astuple(row)])
    return text.getvalue()


def _charts_in(path: Path) -> list[tuple[str, Beatmap]]:
    if path.suffix.lower() != ARCHIVE_SUFFIX:
        return [(str(path), read_beatmap(path))]
    return [(f"{path}/{name}", beatmap) for name, beatmap in read_osz(path).beatmaps.items()]


def _row(place: str, beatmap: Beatmap, model: RhythmModel) -> ComplexityRow:
    found, metadata = complexity_of(rhythm_of(part_in_song(beatmap).beatmap), model), beatmap.metadata
    try:
        stars = star_rating(beatmap)
    except BeatmapError:
        stars = None
    return ComplexityRow(
        path=place,
        title=metadata.title,
        creator=metadata.creator,
        difficulty=metadata.version,
        mode=beatmap.mode.name.lower(),
        star_rating=stars,
        **asdict(found),
    )
