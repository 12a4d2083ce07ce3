"""Corpus of the object model: sound of songs and tokens of maps.

The sound comes from a rhythm model, whose weights do not change. Both are cached.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from osu_beatmap.attributes import Attributes, attributes_of
from osu_beatmap.beatmap import GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.held_out import Split
from osu_beatmap.song_bounds import check_in_song
from osuT5.dataset.files.sources import SourceReport
from osuT5.objects.chart_tokens import ChartTokens, encode_chart
from osuT5.objects.files import digest_of
from osuT5.objects.sections import SongSections, sections_of
from osuT5.rhythm.axis import song_axes
from osuT5.rhythm.conditions import Origin, RhythmConditions
from osuT5.rhythm.corpus import RhythmSong, load_songs
from osuT5.rhythm.files import WEIGHTS_FILE, load_rhythm_model
from osuT5.rhythm.network import RhythmNetwork
from osuT5.rhythm.prediction import SongEncoding

CACHE_VERSION = 2
"""Number to raise when the content of cached songs changes."""

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

    def __len__(self) -> int:
        return len(self.beats)


@dataclass(frozen=True)
class ObjectChart:
    """A map: its conditions and its tokens."""

    name: str
    conditions: RhythmConditions
    attributes: Attributes
    tokens: ChartTokens


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
    folder: Path, cache: Path, rhythm_folder: Path, split: Split, report: SourceReport | None = None
) -> list[ObjectSong]:
    """Return the songs of a split on each of their clocks.

    Args:
        folder: Folder of mapset folders.
        cache: Folder of cached features and tokens.
        rhythm_folder: Rhythm model that describes the sound.
    """
    report = report or SourceReport()
    network = load_rhythm_model(rhythm_folder)
    digest = digest_of(rhythm_folder / WEIGHTS_FILE)[:8]
    songs: list[ObjectSong] = []
    for song in tqdm(load_songs(folder, cache, split, report), desc="tokens", unit="song", mininterval=10):
        charts = ",".join(f"{chart.name}:{len(chart.times_ms)}" for chart in song.charts)
        text = f"{CACHE_VERSION}|{digest}|{song.name}|{song.audio_path.name}|{charts}"
        place = cache / f"objects-{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:24]}.npz"
        if not place.is_file():
            _write_song(place, _encode_song(song, network, report))
        songs += _read_song(place, song.name)
    return songs


def _encode_song(song: RhythmSong, network: RhythmNetwork, report: SourceReport) -> list[ObjectSong]:
    encoded = []
    for axis in song_axes(song):
        charts, own_maps = [], []
        for chart in axis.charts:
            try:
                beatmap = read_beatmap(song.audio_path.parent / chart.name)
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


def _write_song(place: Path, songs: Sequence[ObjectSong]) -> None:
    arrays: dict[str, np.ndarray] = {}
    facts = []
    for number, song in enumerate(songs):
        for name in ("ticks", "beats", "places", "bar_beats", "beat_length_ms"):
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


def _read_song(place: Path, name: str) -> list[ObjectSong]:
    with np.load(place) as arrays:
        facts = json.loads(arrays["facts"].tobytes().decode("utf-8"))
        songs = []
        for number, known in enumerate(facts):
            sound = SongSound(
                *(arrays[f"{number}.{each}"] for each in ("ticks", "beats", "places", "bar_beats", "beat_length_ms"))
            )
            charts = []
            for index, fact in enumerate(known):
                tokens = ChartTokens(*(arrays[f"{number}.{index}.{each}"] for each in _TOKEN_ARRAYS))
                charts.append(_chart(fact, tokens))
            has_sections = f"{number}.kiai" in arrays
            sections = SongSections(arrays[f"{number}.kiai"], arrays[f"{number}.volume"]) if has_sections else None
            songs.append(ObjectSong(name, sound, tuple(charts), sections))
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
