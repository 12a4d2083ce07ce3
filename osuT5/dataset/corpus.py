"""Songs ready for training: a spectrogram and encoded charts each, kept in memory.

Spectrograms are computed once for a whole song and cached on disk, since they cost more than anything else here.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from osu_beatmap.attributes import Attributes, attributes_of
from osu_beatmap.catch import to_catch
from osu_beatmap.model import Beatmap, GameMode
from osu_beatmap.star_rating import star_rating
from osu_beatmap.timing import Timing
from osuT5.audio import AudioError, load_audio
from osuT5.dataset.sources import Song, SourceReport, Split, held_out_titles, read_charts, song_in_split
from osuT5.dataset.token_stream import TokenStream
from osuT5.encoding import encode_context
from osuT5.events import ContextKind
from osuT5.mel import song_mel
from osuT5.spec import ModelSpec

MAX_CHART_STARS = 12.0


@dataclass(slots=True)
class Chart:
    """One difficulty: its conditions and the tokens of its contexts."""

    name: str
    attributes: Attributes
    streams: dict[ContextKind, TokenStream]
    object_times_ms: np.ndarray
    converted: bool = False


@dataclass(slots=True)
class TrainingSong:
    """A song: its spectrogram [frames, mels], its charts, and the beats of its timing."""

    name: str
    mel: np.ndarray
    song_ms: float
    charts: list[Chart]
    beat_times_ms: np.ndarray
    downbeat_times_ms: np.ndarray


@dataclass(slots=True)
class CorpusReport(SourceReport):
    charts_by_mode: Counter = field(default_factory=Counter)
    songs_by_mode: Counter = field(default_factory=Counter)


def load_corpus(
    songs: Iterable[Song],
    spec: ModelSpec,
    split: Split,
    cache_folder: Path | None = None,
    convert_to_catch: bool = True,
    held_out: frozenset[str] | None = None,
) -> tuple[list[TrainingSong], CorpusReport]:
    """Reads, filters by split, encodes. Songs and charts that cannot be used are counted in the report.

    A song is held out when the title of any of its charts, romanised or not, is.
    """
    report = CorpusReport()
    held_out = held_out_titles() if held_out is None else held_out
    loaded = []
    for song in tqdm(list(songs), desc="loading songs", unit="song"):
        charts = read_charts(song, report)
        if not charts or not song_in_split([b for _, b in charts], split, held_out):
            continue
        try:
            mel, song_ms = _mel_of(song.audio_path, spec, cache_folder)
        except (AudioError, OSError) as error:
            report.skip(song.audio_path, error)
            continue
        encoded = _encode_charts(charts, spec, song_ms, convert_to_catch, report)
        if encoded:
            loaded.append(_training_song(song, charts[0][1], mel, song_ms, encoded))
            report.songs_by_mode.update({chart.attributes.mode for chart in encoded})
            report.charts_by_mode.update(chart.attributes.mode for chart in encoded)
    return loaded, report


def _training_song(song: Song, beatmap: Beatmap, mel: np.ndarray, song_ms: float, charts: list[Chart]) -> TrainingSong:
    beats = Timing(beatmap.timing_points).beats(0.0, song_ms)
    return TrainingSong(
        name=song.name,
        mel=mel,
        song_ms=song_ms,
        charts=charts,
        beat_times_ms=np.array([beat.time_ms for beat in beats]),
        downbeat_times_ms=np.array([beat.time_ms for beat in beats if beat.in_bar == 0]),
    )


def _encode_charts(
    charts: list[tuple[Path, Beatmap]], spec: ModelSpec, song_ms: float, convert_to_catch: bool, report: SourceReport
) -> list[Chart]:
    encoded = []
    has_catch = any(beatmap.mode is GameMode.CATCH for _, beatmap in charts)
    for path, beatmap in charts:
        variants = [(beatmap, False)]
        # Catch charts are scarce, and the game itself converts standard ones.
        if convert_to_catch and beatmap.mode is GameMode.STANDARD and not has_catch:
            variants.append((to_catch(beatmap), True))
        for variant, converted in variants:
            try:
                chart = encode_chart(variant, spec, song_ms, path.stem, converted)
            except (ValueError, ArithmeticError) as error:
                report.skip(path, error)
                continue
            encoded.append(chart)
    return encoded


def encode_chart(beatmap: Beatmap, spec: ModelSpec, song_ms: float, name: str, converted: bool = False) -> Chart:
    """A chart as tokens. Raises ValueError for one that no player could be shown."""
    stars = star_rating(beatmap)
    if not 0.0 < stars <= MAX_CHART_STARS:
        raise ValueError(f"{stars:.1f} stars are outside 0..{MAX_CHART_STARS:g}")
    streams = {
        context: TokenStream.of(encode_context(beatmap, context, spec.encoding, song_ms), spec.vocabulary)
        for context in spec.contexts_of(beatmap.mode)
    }
    times_ms = np.unique([hit_object.time_ms for hit_object in beatmap.hit_objects])
    return Chart(name, attributes_of(beatmap, stars), streams, times_ms, converted)


def _mel_of(audio_path: Path, spec: ModelSpec, cache_folder: Path | None) -> tuple[np.ndarray, float]:
    """The song's spectrogram as float16 [frames, mels], and its length in ms."""
    cached = cache_folder and cache_folder / f"{_cache_key(audio_path, spec)}.npy"
    if cached and cached.is_file():
        mel = np.load(cached)
        return mel, (len(mel) - 1) * spec.grid.frame_ms
    samples = load_audio(audio_path, spec.grid.sample_rate)
    mel = song_mel(samples, spec)
    if cached:
        cached.parent.mkdir(parents=True, exist_ok=True)
        temporary = cached.with_suffix(".tmp.npy")
        np.save(temporary, mel)
        os.replace(temporary, cached)
    return mel, (len(mel) - 1) * spec.grid.frame_ms


def _cache_key(audio_path: Path, spec: ModelSpec) -> str:
    stat = audio_path.stat()
    facts = f"{audio_path.resolve()}|{stat.st_size}|{spec.to_json()['spectrogram']}"
    return hashlib.sha256(facts.encode("utf-8")).hexdigest()[:24]
