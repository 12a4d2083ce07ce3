"""Bands from a folder of human charts: what is usual, by mode and difficulty level."""

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
from osu_beatmap.files.named_files import named_file
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
    """What human charts are like, of all modes, none of them of held-out songs."""
    return load_bands(BUNDLED)


@dataclass(frozen=True)
class MeasuredHuman:
    """What is kept of one human chart: its song, its shapes, and its values of the metrics that need no band."""

    song: str
    mode: GameMode
    level: Level
    shapes: dict[str, np.ndarray]
    values: dict[str, float]


def songs_with_charts(folder: Path) -> list[FolderSong]:
    """Songs of a folder and of folders in it, by the audio that charts name, whether or not that is there."""
    by_audio: dict[Path, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*.osu")):
        by_audio[named_file(path.parent, audio_filename(path))].append(path)
    return [FolderSong(audio.parent.name, audio.parent.name, audio, paths) for audio, paths in by_audio.items()]


def human_charts(songs: Iterable[FolderSong], split: Split) -> Iterator[tuple[str, MeasuredChart]]:
    """(hash of the song's title, chart) of the songs of a split; what cannot be read or is very short is left out."""
    for song, charts in songs_in_split(songs, split):
        for chart in charts:
            measured = MeasuredChart(chart.beatmap, chart.name, song.audio_path)
            if len(measured.objects) >= FEWEST_OBJECTS and measured.play_seconds >= FEWEST_SECONDS:
                yield title_hash(chart.record.title), measured


def measure_human(song: str, chart: MeasuredChart) -> MeasuredHuman:
    """Shapes and habits of a chart."""
    mode = chart.beatmap.mode
    shapes = {shape.name: shape.of(chart) for shape in SHAPES if mode in shape.modes}
    case = Case(chart)
    values = {
        metric.name: metric.measure(case)
        for metric in METRICS.values()
        if metric.is_habit and mode in metric.modes and metric.name not in SHAPE_METRICS
    }
    return MeasuredHuman(song, mode, chart.level, shapes, values)


def measure_song(song: FolderSong) -> list[MeasuredHuman]:
    """All charts of a song, in whatever process; none of a held-out song, which is there to be compared with."""
    return [measure_human(*named) for named in human_charts([song], REFERENCE_SPLIT)]


def bands_of(humans: Sequence[MeasuredHuman], made_from: dict[str, object]) -> Bands:
    """The bands of all modes and levels; where a level has too few charts, with those of the levels beside it."""
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
    """What some charts are like together, whatever their levels."""
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
    """How far each chart is from the mean of the charts of all other songs."""
    distances = []
    for human in humans:
        others = [other.shapes[shape.name] for other in humans if other.song != human.song]
        if others:
            distances.append(shape.distance(human.shapes[shape.name], np.mean(others, axis=0)))
    return distances
