"""Bands from a folder of human-made maps, by mode and level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evaluation.bands import FEWEST_CHARTS, QUANTILES, Band, Bands, load_bands
from evaluation.charts import Case, MeasuredChart
from evaluation.generate_maps import FEWEST_OBJECTS
from evaluation.metrics import METRICS, SHAPES
from evaluation.split_songs import songs_in_split
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.named_files import find_named_file
from osu_beatmap.held_out import Split, title_hash
from osu_beatmap.rules import Level
from osuT5.dataset.files.sources import FolderSong, audio_filename
from paths import DATASET_DIR

FEWEST_SECONDS = 30.0
REFERENCE_SPLIT = Split.TRAIN
BUNDLED = DATASET_DIR / "human_charts.json"
"""The table that comes with the program."""

SHAPE_METRICS = {
    metric.name: metric.measure.shape.name for metric in METRICS.values() if hasattr(metric.measure, "shape")
}
"""Metrics that are a distance from a band's shape -> the shape."""


def load_bundled_bands() -> Bands:
    """Return the bundled bands of human-made maps.

    They have all modes, and no held-out songs.
    """
    return load_bands(BUNDLED)


@dataclass(frozen=True)
class MeasuredHuman:
    """Kept data of a human-made map: song, shapes, and metric values.

    The metrics are those that need no band.
    """

    song: str
    mode: GameMode
    level: Level
    shapes: dict[str, np.ndarray]
    values: dict[str, float]


def songs_with_charts(folder: Path) -> list[FolderSong]:
    """Return songs of a folder and its subfolders, by named audio.

    The audio may be missing.
    """
    by_audio: dict[Path, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*.osu")):
        by_audio[find_named_file(path.parent, audio_filename(path))].append(path)
    return [FolderSong(audio.parent.name, audio.parent.name, audio, paths) for audio, paths in by_audio.items()]


def human_charts(songs: Iterable[FolderSong], split: Split) -> Iterator[tuple[str, MeasuredChart]]:
    """Yield (hash of the song's title, chart) of a split.

    Unreadable and very short charts are omitted.
    """
    for song, charts in songs_in_split(songs, split):
        for chart in charts:
            measured = MeasuredChart(chart.beatmap, chart.name, song.audio_path)
            if len(measured.objects) >= FEWEST_OBJECTS and measured.play_seconds >= FEWEST_SECONDS:
                yield title_hash(chart.record.title), measured


def measure_human(song: str, chart: MeasuredChart) -> MeasuredHuman:
    """Measure the shapes and habits of a chart."""
    mode = chart.beatmap.mode
    shapes = {shape.name: shape.compute_shares(chart) for shape in SHAPES if mode in shape.modes}
    case = Case(chart)
    values = {
        metric.name: metric.measure(case)
        for metric in METRICS.values()
        if metric.is_habit and mode in metric.modes and metric.name not in SHAPE_METRICS
    }
    return MeasuredHuman(song, mode, chart.level, shapes, values)


def measure_song(song: FolderSong) -> list[MeasuredHuman]:
    """Measure all charts of a song, in any process.

    A held-out song gives none, since it is for comparison.
    """
    return [measure_human(*named) for named in human_charts([song], REFERENCE_SPLIT)]


def bands_of(humans: Sequence[MeasuredHuman], made_from: dict[str, object]) -> Bands:
    """Return the bands of all modes and levels.

    A level with too few charts includes those of the neighbouring levels.
    """
    bands = {}
    for mode in sorted({human.mode for human in humans}):
        of_mode = [human for human in humans if human.mode is mode]
        for level in Level:
            for reach in range(len(Level)):
                near = [human for human in of_mode if abs(human.level - level) <= reach]
                if len(near) >= FEWEST_CHARTS:
                    bands[mode, level] = band_of(near)
                    break
    return Bands(bands, made_from)


def band_of(group: list[MeasuredHuman]) -> Band:
    """Return the band of some charts together, of any levels."""
    shapes, values = {}, defaultdict(list)
    for human in group:
        for name, value in human.values.items():
            values[name].append(value)
    for shape in SHAPES:
        known = [human for human in group if np.isfinite(human.shapes.get(shape.name, np.nan)).all()]
        if len(known) >= FEWEST_CHARTS:
            shapes[shape.name] = np.mean([human.shapes[shape.name] for human in known], axis=0)
            metric = next(name for name, of in SHAPE_METRICS.items() if of == shape.name)
            values[metric] = _distances_from_others(shape, known)
    finite = {name: [value for value in of if np.isfinite(value)] for name, of in values.items()}
    quantiles = {name: np.quantile(of, QUANTILES) for name, of in finite.items() if len(of) >= FEWEST_CHARTS}
    return Band(len(group), shapes, quantiles)


def _distances_from_others(shape, humans: list[MeasuredHuman]) -> list[float]:
    """Return each chart's distance from the mean of other songs' charts."""
    distances = []
    for human in humans:
        others = [other.shapes[shape.name] for other in humans if other.song != human.song]
        if others:
            distances.append(shape.distance(human.shapes[shape.name], np.mean(others, axis=0)))
    return distances
