"""Corpus of the rhythm model: features, timing points and object times.

Maps are read once and cached as JSON, since star ratings of a corpus take minutes.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from osu_beatmap.beatmap import Beatmap, GameMode, HitObject, TimingPoint
from osu_beatmap.errors import BeatmapError
from osu_beatmap.held_out import Split, held_out_titles, is_song_in_split
from osu_beatmap.song_bounds import check_in_song
from osuT5.audio.decode import AudioError
from osuT5.dataset.files.chart_record import STAR_SPEEDS, ChartRecord
from osuT5.dataset.files.corpus import open_source
from osuT5.dataset.files.filters import ANY_CHART, NOBODY_OPTED_OUT, ChartFilter, OptOutList
from osuT5.dataset.files.sources import FolderSong, ReadChart, Song, SourceReport, read_charts
from osuT5.rhythm.conditions import Origin, RhythmConditions, origin_of
from osuT5.rhythm.features import FRAME_MS, load_features

CACHE_VERSION = 1
"""Number to raise when the content of cached maps changes."""


@dataclass(frozen=True)
class RhythmChart:
    """Object times of a map, its timing and its conditions.

    Attributes:
        keys: Number of columns in mania, otherwise 0.
        red_lines: (time_ms, beat_length_ms, meter) of each uninherited timing point.
        times_ms: Distinct start times of hit objects, in order.
    """

    name: str
    title: str
    title_unicode: str
    mode: GameMode
    origin: Origin
    stars: float
    keys: int
    red_lines: tuple[tuple[float, float, int], ...]
    times_ms: tuple[float, ...]

    @classmethod
    def from_read_chart(cls, chart: ReadChart) -> RhythmChart:
        """Reduce a map to its rhythm."""
        beatmap, record = chart.beatmap, chart.record
        reds = [point for point in beatmap.timing_points if point.uninherited]
        return cls(
            name=chart.name,
            title=record.title,
            title_unicode=record.title_unicode,
            mode=beatmap.mode,
            origin=origin_of(beatmap),
            stars=round(record.stars, 3),
            keys=record.key_count or 0,
            red_lines=tuple((red.time_ms, red.beat_length_ms, red.meter) for red in reds),
            times_ms=tuple(sorted({hit_object.time_ms for hit_object in beatmap.hit_objects})),
        )

    @classmethod
    def from_dict(cls, values: dict) -> RhythmChart:
        """Restore a map from the JSON of `asdict`."""
        lines = tuple((float(time), float(length), int(meter)) for time, length, meter in values["red_lines"])
        enums = {"mode": GameMode(values["mode"]), "origin": Origin(values["origin"])}
        return cls(**values | enums | {"red_lines": lines, "times_ms": tuple(values["times_ms"])})

    @property
    def conditions(self) -> RhythmConditions:
        return RhythmConditions(self.mode, self.stars, self.keys, self.origin)

    @property
    def record(self) -> ChartRecord:
        """Facts of a map that filters read."""
        return ChartRecord(self.mode, (self.stars,) * len(STAR_SPEEDS), self.keys or None)

    def timing_points(self) -> list[TimingPoint]:
        """Return the uninherited timing points."""
        return [TimingPoint(time, length, meter) for time, length, meter in self.red_lines]


@dataclass(frozen=True)
class RhythmSong:
    """A song with its features, float16 [frames, bands], and maps.

    Attributes:
        source: Files of the song; None for songs made by code.
    """

    name: str
    source: Song | None
    features: np.ndarray
    charts: tuple[RhythmChart, ...]

    @property
    def duration_ms(self) -> float:
        return len(self.features) * FRAME_MS


def load_songs(
    dataset: str,
    cache: Path,
    split: Split,
    report: SourceReport | None = None,
    chart_filter: ChartFilter = ANY_CHART,
) -> list[RhythmSong]:
    """Return the readable songs of a split, with cached features.

    Args:
        dataset: Folder of mapset folders, a dataset with metadata, or its hub id.
        report: List of the maps and songs that cannot be read.

    Raises:
        CorpusError: There is no such dataset.
    """
    report = report or SourceReport()
    held_out = held_out_titles()
    songs = []
    for song in tqdm(open_source("train_dataset_path", dataset, report), desc="songs", unit="song", mininterval=10):
        known = load_charts(song, cache, report, chart_filter.opted_out)
        charts = tuple(chart for chart in known if chart_filter.refusal(chart.record) is None)
        if not charts or not is_song_in_split(known, split, held_out):
            continue
        try:
            features = load_features(song, cache / f"{audio_key(song)}.npy")
        except (AudioError, OSError) as error:
            report.skip(song.name, error)
            continue
        charts = tuple(chart for chart in charts if _is_in_song(chart, len(features) * FRAME_MS, report))
        if charts:
            songs.append(RhythmSong(song.name, song, features, charts))
    return songs


def _is_in_song(chart: RhythmChart, song_ms: float, report: SourceReport) -> bool:
    """Return whether a map lies in its song; report it otherwise."""
    objects = [HitObject(time_ms, 0.0, 0.0) for time_ms in chart.times_ms]
    try:
        check_in_song(Beatmap(hit_objects=objects, timing_points=chart.timing_points()), song_ms)
    except BeatmapError as error:
        report.skip(chart.name, error)
        return False
    return True


def load_charts(
    song: Song, cache: Path, report: SourceReport, opted_out: OptOutList = NOBODY_OPTED_OUT
) -> tuple[RhythmChart, ...]:
    """Return the readable maps of a song, cached if possible.

    Maps of mappers who opted out are omitted.
    """
    cache_file = cache / f"{_charts_key(song, opted_out)}.json"
    if not cache_file.is_file():
        read = read_charts(song, report, ChartFilter(opted_out=opted_out))
        charts = [RhythmChart.from_read_chart(chart) for chart in read]
        cache_file.parent.mkdir(parents=True, exist_ok=True)
        temporary = cache_file.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps([asdict(chart) for chart in charts]), encoding="utf-8")
        os.replace(temporary, cache_file)
    return tuple(RhythmChart.from_dict(values) for values in json.loads(cache_file.read_text(encoding="utf-8")))


def audio_key(song: Song) -> str:
    """Return the name of the song's audio in the cache."""
    identity = song.audio_path.stat().st_size if isinstance(song, FolderSong) else song.audio_identity
    return _digest(f"{song.mapset}|{song.audio_name}|{identity}")


def _charts_key(song: Song, opted_out: OptOutList) -> str:
    if isinstance(song, FolderSong):
        files = [f"{path.name}:{path.stat().st_size}" for path in song.chart_paths]
    else:
        files = [song.audio_identity, *song.chart_names]
    mappers = [] if opted_out == NOBODY_OPTED_OUT else [str(sorted(opted_out.user_ids)), *sorted(opted_out.names)]
    return _digest("|".join([str(CACHE_VERSION), song.mapset, song.audio_name, *files, *mappers]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", errors="surrogateescape")).hexdigest()[:24]
