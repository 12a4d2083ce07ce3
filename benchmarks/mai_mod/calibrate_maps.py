"""Human-made maps with cached audio features; their bands and outliers."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from modding.observation.audio_timing import Stretch
from modding.observation.line_fit import LineFit
from modding.observation.surprisal import SongReader
from modding.observation.tick_evidence import read_ticks
from modding.whole_map.norms import MapNorms, deviation_widths, outlier_curves
from modding.whole_map.own_metrics import metrics_of
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.held_out import Split
from osu_beatmap.profile.bands import load_profile_bands, make_bands
from osu_beatmap.profile.human_maps import human_maps
from osu_beatmap.profile.profile import MapProfile
from osu_beatmap.star_rating import star_rating
from osuT5.audio.decode import AudioError
from osuT5.dataset.files.sources import FolderSong
from osuT5.model.files.find import BUNDLED_MODEL
from osuT5.rhythm.features import FRAME_MS, load_features, load_pitches
from pipeline.generation.map_model.rhythm import SongRhythm


@dataclass(frozen=True)
class CachedSong:
    """Features and pitches of a song."""

    rhythm_features: np.ndarray
    pitches: np.ndarray

    @property
    def song_ms(self) -> float:
        return len(self.rhythm_features) * FRAME_MS


@dataclass(frozen=True)
class CachedMap:
    """Human-made map.

    `song` is None without audio, `title` the hash of its song's title.
    """

    place: str
    title: str
    beatmap: Beatmap
    stars: float
    song: SongRhythm | None
    song_ms: float = 0.0


class CachedReader(SongReader):
    """Reader of maps by beat models, habits and red lines, without audio."""

    def __init__(self, known: CachedMap) -> None:
        assert known.song is not None, "maps without audio cannot be read"
        self.rhythm, self._song_ms, self.writer = known.song, known.song_ms, None

    @property
    def song_ms(self) -> float:
        return self._song_ms

    def _stretches(self, beatmap: Beatmap, fits: Sequence[LineFit]) -> list[Stretch]:
        return []


def cached_maps(folder: Path, cache: Path, songs_per_mode: int, split: Split) -> Iterator[CachedMap]:
    """Yield human-made maps of up to `songs_per_mode` songs of each mode.

    Args:
        folder: Folder of mapset folders and of archives of maps.
        cache: Folder of cached features of songs.
        songs_per_mode: Songs are chosen in an order that depends on their titles alone.
        split: Songs to read.
    """
    found = sorted(human_maps(folder, split, []), key=lambda each: (each.song, each.place))
    chosen: dict[GameMode, set[str]] = defaultdict(set)
    song_path, rhythm, song_ms = Path(), None, 0.0
    for human in tqdm(found, unit="map", disable=None):
        mode, audio = human.beatmap.mode, (folder / human.place).parent / human.beatmap.audio_filename
        if human.song not in chosen[mode] and len(chosen[mode]) >= songs_per_mode:
            continue
        chosen[mode].add(human.song)
        if song_path != audio:
            song, song_path = read_song(audio, cache), audio
            rhythm, song_ms = (None, 0.0) if song is None else (SongRhythm(song, BUNDLED_MODEL), song.song_ms)
        try:
            yield CachedMap(human.place, human.song, human.beatmap, star_rating(human.beatmap), rhythm, song_ms)
        except BeatmapError as error:
            print(f"{human.place}: {error}", file=sys.stderr)


def read_song(audio: Path, cache: Path) -> CachedSong | None:
    """Return a song; None for maps in archives, which have none."""
    if not audio.is_file():
        return None
    key = hashlib.sha256(f"{audio.parent.name}|{audio.name}|{audio.stat().st_size}".encode()).hexdigest()[:24]
    song = FolderSong(audio.parent.name, audio.parent.name, audio, [])
    try:
        return CachedSong(load_features(song, cache / f"{key}.npy"), load_pitches(song, cache / f"{key}.pitches.npy"))
    except AudioError:
        return None


def measure(each: CachedMap) -> MapProfile | None:
    """Return all metrics of a map, or None.

    None stands for a map without a usable red line or with few objects.
    """
    try:
        evidence = None if each.song is None else read_ticks(each.song, each.beatmap, each.stars)
    except ValueError:
        return None
    metrics = metrics_of(each.beatmap, evidence)
    return MapProfile(each.place, each.title, each.beatmap.mode, each.stars, metrics) if metrics else None


def make_norms(maps: Sequence[MapProfile]) -> MapNorms:
    """Return the bands and the outliers of human-made maps."""
    profile = load_profile_bands()
    known = {metric for tables in profile.tables.values() for metric in tables}
    own = make_bands([_without(each, known) for each in maps])
    bands = MapNorms(profile, own)
    deviations: dict[tuple[GameMode, str], list[float]] = defaultdict(list)
    counts: Counter[GameMode] = Counter()
    for each in maps:
        counts[each.mode] += 1
        for metric, value in each.metrics.items():
            band = bands.band(each.mode, metric, each.stars)
            if band is not None and np.isfinite(value):
                outside = [] if band.contains(value) else [deviation_widths(value, band)]
                deviations[each.mode, metric].extend(outside)
    made_from = {mode.name.lower(): counts[mode] for mode in sorted(counts)}
    return MapNorms(profile, own, outlier_curves(deviations, counts), {}, made_from)


def _without(profile: MapProfile, names: set[str]) -> MapProfile:
    metrics = {name: value for name, value in profile.metrics.items() if name not in names}
    return MapProfile(profile.name, profile.song, profile.mode, profile.stars, metrics)
