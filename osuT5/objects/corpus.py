"""Corpus of the object model: sound of songs and tokens of maps.

The sound comes from a rhythm model, whose weights do not change. Both are cached. Maps whose song is not there are
read too: most of a map follows from its rhythm.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from model_files.network_folder import WEIGHTS_FILE, digest_of
from osu_beatmap.attributes import Attributes, attributes_of
from osu_beatmap.beatmap import GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.reader import decode_osu_bytes, parse_beatmap
from osu_beatmap.held_out import Split, held_out_titles, is_song_in_split
from osu_beatmap.song_bounds import check_in_song
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT, BeatClock
from osuT5.dataset.errors import CorpusError
from osuT5.dataset.files.filters import ANY_CHART, ChartFilter
from osuT5.dataset.files.sources import FolderSong, SourceReport
from osuT5.objects.model.sections import SongSections, sections_of
from osuT5.objects.styles import Style, measure_styles
from osuT5.objects.tokens.chart_tokens import ChartTokens, encode_chart
from osuT5.rhythm.axis import song_axes
from osuT5.rhythm.conditions import Origin, RhythmConditions
from osuT5.rhythm.config import RhythmConfig
from osuT5.rhythm.corpus import RhythmChart, RhythmSong, load_charts, load_songs
from osuT5.rhythm.files import load_rhythm_model
from osuT5.rhythm.network import RhythmNetwork
from osuT5.rhythm.prediction import SongEncoding

CACHE_VERSION = 3
"""Number to raise when the content of cached songs changes."""

LONGEST_SILENT_MS = 30 * 60_000.0
"""Latest object time of a map without its song; later ones are tests of an editor, not maps."""

FEWEST_SILENT_OBJECTS = 30
LEAST_ON_GRID = 0.9
"""Fraction of object times within GRID_TOLERANCE_MS of a tick, for a map without its song."""

GRID_TOLERANCE_MS = 3.0

_SOUND_ARRAYS = ("ticks", "beats")
_CLOCK_ARRAYS = ("places", "bar_beats", "beat_length_ms")
_TOKEN_ARRAYS = ("steps", "fields", "cursors", "columns", "hold_durations", "held")


@dataclass(frozen=True)
class SongSound:
    """A song on one clock.

    Attributes:
        ticks: Sound of each tick, float16 [beats, 24, tick width].
        beats: float16 [beats, width].
        places, bar_beats: Of each beat, int64 [beats].
        beat_length_ms: float32 [beats].
    """

    ticks: np.ndarray
    beats: np.ndarray
    places: np.ndarray
    bar_beats: np.ndarray
    beat_length_ms: np.ndarray

    @classmethod
    def of(cls, song: SongEncoding) -> SongSound:
        """Return the sound of an encoded song."""
        clock = song.clock
        return cls(*song.sound, clock.place_in_bar, clock.bar_beats, clock.beat_length_ms.astype(np.float32))

    @classmethod
    def silent(cls, clock: BeatClock, config: RhythmConfig) -> SongSound:
        """Return a clock without sound."""
        lengths = clock.beat_length_ms.astype(np.float32)
        return cls(*silence(len(clock), config), clock.place_in_bar, clock.bar_beats, lengths)

    @property
    def is_silent(self) -> bool:
        return not any(self.beats.strides)

    def __len__(self) -> int:
        return len(self.beats)


def silence(beats: int, config: RhythmConfig) -> list[np.ndarray]:
    """Return ticks and beats without sound; they take no memory."""
    shapes = (beats, TICKS_PER_BEAT, config.tick_width), (beats, config.width)
    return [np.broadcast_to(np.float16(0), shape) for shape in shapes]


@dataclass(frozen=True)
class ObjectChart:
    """A map: its conditions and its tokens."""

    name: str
    conditions: RhythmConditions
    attributes: Attributes
    tokens: ChartTokens

    @cached_property
    def styles(self) -> dict[Style, float]:
        """Measured styles."""
        return measure_styles(self.tokens, self.conditions.mode)


@dataclass(frozen=True)
class ObjectSong:
    """A song on one clock, with the maps that share it.

    Its sections are those of the maps that were made for osu!.
    """

    name: str
    sound: SongSound
    charts: tuple[ObjectChart, ...]
    sections: SongSections | None = None


def load_object_songs(
    rhythm_folder: Path,
    dataset: str,
    cache: Path,
    split: Split,
    report: SourceReport | None = None,
    chart_filter: ChartFilter = ANY_CHART,
) -> list[ObjectSong]:
    """Return the songs of a split on each of their clocks.

    Args:
        rhythm_folder: Rhythm model that describes the sound.
        dataset: As for `load_songs`.
        cache: Folder of cached features and tokens.
    """
    report = report or SourceReport()
    network = load_rhythm_model(rhythm_folder)
    digest = digest_of(rhythm_folder / WEIGHTS_FILE)[:8]
    songs: list[ObjectSong] = []
    known = load_songs(dataset, cache, split, report, chart_filter)
    for song in tqdm(known, desc="tokens", unit="song", mininterval=10):
        charts = ",".join(f"{chart.name}:{len(chart.times_ms)}" for chart in song.charts)
        text = f"{CACHE_VERSION}|{digest}|{song.name}|{song.source.audio_name}|{charts}"
        place = _cache_place(cache, "objects", text)
        songs += _cached(place, song.name, network.config, partial(_encode_song, song, network, report))
    return songs


def load_silent_songs(
    network: RhythmNetwork,
    dataset: str,
    cache: Path,
    split: Split,
    report: SourceReport,
    chart_filter: ChartFilter = ANY_CHART,
) -> list[ObjectSong]:
    """Return the maps of a folder without audio, as silent songs.

    Args:
        network: Rhythm model, for the sizes of its sound.
        dataset: Folder of .osu files, at any depth.
        cache: Folder of cached tokens.

    Raises:
        CorpusError: There is no such folder.
    """
    folder, held_out = Path(dataset), held_out_titles()
    if not folder.is_dir():
        raise CorpusError(f"silent_dataset_path must be a folder, got {dataset}.")
    songs: list[ObjectSong] = []
    for path in tqdm(sorted(folder.rglob("*.osu")), desc="maps", unit="map", mininterval=10):
        source = FolderSong(str(path.relative_to(folder)), path.parent.name, path, [path])
        charts = load_charts(source, cache, report, chart_filter.opted_out)
        if not charts or chart_filter.refusal(charts[0].record) or not is_song_in_split(charts, split, held_out):
            continue
        text = f"{CACHE_VERSION}|{source.name}|{path.stat().st_size}"
        place, config = _cache_place(cache, "silent", text), network.config
        songs += _cached(place, source.name, config, partial(_encode_silent, source, charts[0], config, report))
    return songs


def _encode_silent(
    source: FolderSong, chart: RhythmChart, config: RhythmConfig, report: SourceReport
) -> list[ObjectSong]:
    """Return a map as a song without sound, nothing if unusable."""
    times_ms = np.array(chart.times_ms)
    if len(times_ms) < FEWEST_SILENT_OBJECTS or times_ms[0] < 0 or times_ms[-1] > LONGEST_SILENT_MS:
        report.skip(chart.name, "not as long as a song")
        return []
    clock = BeatClock.from_timing(Timing(chart.timing_points()), times_ms[-1] + 1.0)
    if np.mean(np.abs(clock.residuals_ms(times_ms)) <= GRID_TOLERANCE_MS) < LEAST_ON_GRID:
        report.skip(chart.name, "off the grid of its red lines")
        return []
    beatmap = parse_beatmap(decode_osu_bytes(source.chart_bytes(0)), chart.name)
    attributes = attributes_of(beatmap, chart.stars)
    charts = (ObjectChart(chart.name, chart.conditions, attributes, encode_chart(beatmap, clock)),)
    return [ObjectSong(source.name, SongSound.silent(clock, config), charts)]


def _encode_song(song: RhythmSong, network: RhythmNetwork, report: SourceReport) -> list[ObjectSong]:
    encoded = []
    for axis in song_axes(song):
        charts, own_maps = [], []
        for chart in axis.charts:
            try:
                place = song.source.chart_names.index(chart.name)
                beatmap = parse_beatmap(decode_osu_bytes(song.source.chart_bytes(place)), chart.name)
                check_in_song(beatmap, song.duration_ms)
                tokens = encode_chart(beatmap, axis.clock)
            except (BeatmapError, OSError) as error:
                report.skip(chart.name, error)
                continue
            charts.append(ObjectChart(chart.name, chart.conditions, attributes_of(beatmap, chart.stars), tokens))
            own_maps += [beatmap] if chart.origin is Origin.OSU else []
        if charts:
            sound = SongSound.of(SongEncoding(network, axis))
            encoded.append(ObjectSong(song.name, sound, tuple(charts), sections_of(own_maps, axis.clock)))
    return encoded


def _cache_place(cache: Path, kind: str, text: str) -> Path:
    return cache / f"{kind}-{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:24]}.npz"


def _cached(
    place: Path, name: str, config: RhythmConfig, encode: Callable[[], Sequence[ObjectSong]]
) -> list[ObjectSong]:
    """Return the songs of a cache file; create it if missing."""
    if not place.is_file():
        _write_song(place, encode())
    return _read_song(place, name, config)


def _write_song(place: Path, songs: Sequence[ObjectSong]) -> None:
    arrays: dict[str, np.ndarray] = {}
    facts = []
    for number, song in enumerate(songs):
        for name in _CLOCK_ARRAYS if song.sound.is_silent else (*_SOUND_ARRAYS, *_CLOCK_ARRAYS):
            arrays[f"{number}.{name}"] = getattr(song.sound, name)
        for index, chart in enumerate(song.charts):
            for name in _TOKEN_ARRAYS:
                arrays[f"{number}.{index}.{name}"] = getattr(chart.tokens, name)
        if song.sections is not None:
            arrays[f"{number}.kiai"], arrays[f"{number}.volume"] = song.sections.kiai, song.sections.volume
        facts.append([_facts(chart) for chart in song.charts])
    arrays["facts"] = np.frombuffer(json.dumps(facts).encode("utf-8"), np.uint8)
    temporary = place.with_name(f"{place.stem}.{os.getpid()}.tmp.npz")
    np.savez(temporary, **arrays)
    os.replace(temporary, place)


def _facts(chart: ObjectChart) -> dict:
    wanted = chart.attributes
    return {
        "name": chart.name,
        "mode": int(chart.conditions.mode),
        "stars": chart.conditions.stars,
        "keys": chart.conditions.keys,
        "origin": int(chart.conditions.origin),
        "circle_size": wanted.circle_size,
        "slider_multiplier": wanted.slider_multiplier,
        "hitsounded": wanted.hitsounded,
        "hold_note_ratio": wanted.hold_note_ratio,
    }


def _read_song(place: Path, name: str, config: RhythmConfig) -> list[ObjectSong]:
    with np.load(place) as arrays:
        facts = json.loads(arrays["facts"].tobytes().decode("utf-8"))
        songs = []
        for number, known in enumerate(facts):
            clock = [arrays[f"{number}.{each}"] for each in _CLOCK_ARRAYS]
            sound = silence(len(clock[0]), config)
            if f"{number}.beats" in arrays:
                sound = [arrays[f"{number}.{each}"] for each in _SOUND_ARRAYS]
            charts = []
            for index, fact in enumerate(known):
                tokens = ChartTokens(*(arrays[f"{number}.{index}.{each}"] for each in _TOKEN_ARRAYS))
                charts.append(_chart(fact, tokens))
            has_sections = f"{number}.kiai" in arrays
            sections = SongSections(arrays[f"{number}.kiai"], arrays[f"{number}.volume"]) if has_sections else None
            songs.append(ObjectSong(name, SongSound(*sound, *clock), tuple(charts), sections))
    return songs


def _chart(fact: dict, tokens: ChartTokens) -> ObjectChart:
    mode = GameMode(fact["mode"])
    conditions = RhythmConditions(mode, fact["stars"], fact["keys"], Origin(fact["origin"]))
    attributes = Attributes(
        mode,
        fact["stars"],
        fact["circle_size"],
        fact["slider_multiplier"],
        fact["hitsounded"],
        fact["keys"] or None,
        fact["hold_note_ratio"],
    )
    return ObjectChart(fact["name"], conditions, attributes, tokens)
