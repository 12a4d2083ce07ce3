"""Generation of maps for charts of a dataset.

Each request has the conditions of the human-made map, and is processed like that of any user.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from evaluation.charts import MeasuredChart, excerpt
from evaluation.options import EvaluationRequest
from evaluation.split_songs import songs_in_split
from feedback.errors import UserError
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.files.writer import write_text
from osu_beatmap.held_out import Split
from osuT5.dataset.files.sources import FolderSong, ReadChart, mapset_songs
from pipeline.generation.model_cache import keep_models
from pipeline.request.option_values import is_absent
from pipeline.request.resolve import resolve

FEWEST_OBJECTS = 20
MANIFEST = "made.json"
MAPS_FOLDER = "maps"


@dataclass(frozen=True)
class Job:
    """One map to be made.

    `options` are those of inference.py; the span is that of an excerpt, None for all.
    """

    human_path: Path
    audio_path: Path
    options: dict[str, object]
    span_ms: tuple[int, int] | None


@dataclass(frozen=True)
class GeneratedMap:
    """Result of a job: map, request and duration, or the error."""

    human_path: Path
    audio_path: Path
    span_ms: tuple[int, int] | None
    map_path: Path | None = None
    asked: Attributes | None = None
    seconds: float = 0.0
    error: str = ""


def choose_charts(
    songs: Iterable[FolderSong], split: Split, per_mode: int, modes: Sequence[GameMode] = tuple(GameMode)
) -> Iterator[tuple[FolderSong, list[ReadChart]]]:
    """Yield songs of a split, each with some charts.

    Of each mode, the one in the middle of the star ratings comes first, then others.
    """
    for song, charts in songs_in_split(songs, split):
        by_mode: dict[GameMode, list[ReadChart]] = defaultdict(list)
        for chart in charts:
            if chart.beatmap.mode in modes and len(chart.beatmap.hit_objects) >= FEWEST_OBJECTS:
                by_mode[chart.beatmap.mode].append(chart)
        chosen = [chart for of_mode in by_mode.values() for chart in _middle(of_mode, per_mode)]
        if chosen:
            yield song, chosen


def _middle(charts: list[ReadChart], count: int) -> list[ReadChart]:
    rated = sorted(charts, key=lambda chart: (chart.record.stars, chart.name))
    first = max(0, (len(rated) - count) // 2)
    return rated[first : first + count]


def jobs_of(request: EvaluationRequest, device: str | None = None) -> list[Job]:
    """Return the jobs of a request, in the order of songs.

    They run on a device, unless the request names one.
    """
    jobs: list[Job] = []
    songs = choose_charts(mapset_songs(request.dataset_path), request.split, request.charts_per_song, request.gamemodes)
    for song, charts in islice(songs, request.songs or None):
        for chart in charts:
            span_ms = middle_span_ms(chart.beatmap, request.excerpt_seconds)
            path = next(path for path in song.chart_paths if path.name == chart.name)
            folder = request.output_path / MAPS_FOLDER / song.name
            files = {"audio_path": str(song.audio_path), "output_path": str(folder), "device": device}
            options = files | options_like(chart.beatmap, span_ms) | request.generation_options
            jobs.append(Job(path, song.audio_path, options, span_ms))
    return jobs


def middle_span_ms(beatmap: Beatmap, seconds: float | None) -> tuple[int, int] | None:
    """Return the span of an excerpt; None for a short chart."""
    first_ms, last_ms = beatmap.hit_objects[0].time_ms, beatmap.hit_objects[-1].time_ms
    if seconds is None or last_ms - first_ms <= 1000 * seconds:
        return None
    start_ms = max(0, int((first_ms + last_ms) / 2 - 500 * seconds))
    return start_ms, int(start_ms + 1000 * seconds)


def part_of(beatmap: Beatmap, span_ms: tuple[int, int] | None) -> Beatmap:
    """Return a chart or an excerpt of it."""
    return beatmap if span_ms is None else excerpt(beatmap, *span_ms)


def options_like(human: Beatmap, span_ms: tuple[int, int] | None = None) -> dict[str, object]:
    """Return options of inference.py for a map like a human-made one.

    They include its level, settings, keys, ratios, and name.
    """
    like = MeasuredChart(part_of(human, span_ms)).attributes
    options: dict[str, object] = {
        "gamemode": int(human.mode),
        "difficulty": None if like.difficulty is None else round(like.difficulty, 2),
        "keycount": like.key_count,
        "hold_note_ratio": like.hold_note_ratio,
        "scroll_speed_ratio": like.scroll_speed_ratio,
        "circle_size": None if like.circle_size is None else round(like.circle_size, 1),
        "slider_multiplier": like.slider_multiplier,
        "hitsounded": like.hitsounded,
        "title": human.metadata.title,
        "artist": human.metadata.artist,
        "version": human.metadata.version,
        "export_osz": False,
    }
    if span_ms is not None:
        options |= {"start_time": span_ms[0], "end_time": span_ms[1]}
    return {name: value for name, value in options.items() if not is_absent(value)}


def make(job: Job) -> GeneratedMap:
    """Generate the map of a job, in any process.

    A message to the user becomes the job's error.
    """
    from pipeline.generation.generate import generate

    keep_models()
    try:
        request = resolve(job.options)
        result = generate(request)
    except UserError as error:
        return GeneratedMap(job.human_path, job.audio_path, job.span_ms, error=str(error))
    return GeneratedMap(
        job.human_path, job.audio_path, job.span_ms, result.osu_path, request.attributes(), round(result.seconds, 1)
    )


def save_manifest(generated: Sequence[GeneratedMap], folder: Path) -> None:
    """Write a manifest next to the maps: which chart each belongs to."""
    rows = [
        asdict(each)
        | {
            "human_path": str(each.human_path.resolve()),
            "audio_path": str(each.audio_path.resolve()),
            "map_path": each.map_path and each.map_path.resolve().relative_to(folder.resolve()).as_posix(),
        }
        for each in generated
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / MANIFEST, json.dumps(rows, indent=1, ensure_ascii=False))


def load_manifest(folder: Path) -> list[GeneratedMap]:
    """Read the output of `save_manifest`, possibly none."""
    path = folder / MANIFEST
    if not path.is_file():
        return []
    return [_read_map(row, folder) for row in json.loads(path.read_text(encoding="utf-8"))]


def _read_map(row: dict, folder: Path) -> GeneratedMap:
    asked = row["asked"]
    if asked is not None:
        asked = Attributes(**asked | {"mode": GameMode(asked["mode"]), "descriptors": tuple(asked["descriptors"])})
    return GeneratedMap(
        Path(row["human_path"]),
        Path(row["audio_path"]),
        row["span_ms"] and tuple(row["span_ms"]),
        row["map_path"] and folder / row["map_path"],
        asked,
        row["seconds"],
        row["error"],
    )
