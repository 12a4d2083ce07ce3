"""Songs ready for training: a spectrogram and encoded charts each.

Spectrograms are computed once for a whole song and cached on disk, since they cost more than anything else here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from osu_beatmap.attributes import Attributes, attributes_of
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.writer import temporary_beside
from osu_beatmap.geometry.catch_conversion import convert_to_catch
from osu_beatmap.timing.active_point import Timing
from osuT5.audio.decode import AudioError, load_audio
from osuT5.audio.mel import song_mel
from osuT5.dataset.files.chart_record import ChartRecord
from osuT5.dataset.files.filters import ChartFilter
from osuT5.dataset.files.sources import ReadChart, Song, SourceReport, charts_in_song, read_charts
from osuT5.dataset.token_stream import TokenStream
from osuT5.encoding import encode_context
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind

MAX_CHART_STARS = 12.0

OWN_INPUTS = frozenset({ContextKind.NO_HS})
"""Inputs that are made from the chart itself; a guest difficulty is another chart."""


@dataclass(slots=True)
class Chart:
    """One difficulty: its conditions and the tokens of its contexts.

    `star_ratings`: at STAR_SPEEDS.
    """

    name: str
    attributes: Attributes
    streams: dict[ContextKind, TokenStream]
    object_times_ms: np.ndarray
    star_ratings: tuple[float, ...] = ()
    converted: bool = False


@dataclass(slots=True)
class TrainingSong:
    """A song: spectrogram [frames, mels], charts, and beats of its timing."""

    name: str
    mel: np.ndarray
    song_ms: float
    charts: list[Chart]
    beat_times_ms: np.ndarray
    downbeat_times_ms: np.ndarray
    corpus: int = 0


@dataclass(frozen=True)
class SongLoader:
    """Loader of songs that prepares them for a model.

    It reads, filters, converts and encodes charts, and computes the spectrogram. `convert_to_catch` adds catch charts,
    which are scarce, by converting standard ones as the game does. `given` are contexts that rows are given next to
    those that the model decodes. `map_cached` leaves cached spectrograms on disk, where all processes share them.
    """

    contract: Contract
    chart_filter: ChartFilter = field(default_factory=ChartFilter)
    cache_folder: Path | None = None
    convert_to_catch: bool = True
    given: frozenset[ContextKind] = frozenset()
    map_cached: bool = False

    def load(self, song: Song, report: SourceReport, convert: bool = True) -> TrainingSong | None:
        """Load a song; return None and report it if unusable.

        `convert`: whether to convert if the options request it.
        """
        charts = read_charts(song, report, self.chart_filter)
        if not charts:
            return None
        mel = self.mel_of(song, report)
        if mel is None:
            return None
        song_ms = (len(mel) - 1) * self.contract.grid.frame_ms
        charts = charts_in_song(charts, song_ms, report, song.name)
        if not charts:
            return None
        wanted = convert and self.converts([chart.record for chart in charts])
        encoded = self._encode_charts(charts, song_ms, report, wanted)
        return _training_song(song, charts[0].beatmap, mel, song_ms, encoded) if encoded else None

    def mel_of(self, song: Song, report: SourceReport) -> np.ndarray | None:
        """Return the spectrogram as float16 [frames, mels], or None.

        An unreadable song is reported.
        """
        try:
            return self._load_mel(song)
        except (AudioError, OSError) as error:
            report.skip(song.audio_name, error)
            return None

    def _load_mel(self, song: Song) -> np.ndarray:
        cached = self.cache_folder and self.cache_folder / f"{_cache_key(song, self.contract)}.npy"
        if cached and cached.is_file():
            return np.load(cached, mmap_mode="r" if self.map_cached else None)
        with song.audio_file() as audio_path:
            samples = load_audio(audio_path, self.contract.grid.sample_rate)
        mel = song_mel(samples, self.contract)
        if cached:
            cached.parent.mkdir(parents=True, exist_ok=True)
            with temporary_beside(cached) as file:
                np.save(file, mel)
        return mel

    def _encode_charts(
        self, charts: list[ReadChart], song_ms: float, report: SourceReport, convert: bool
    ) -> list[Chart]:
        encoded = []
        for chart, converted in _with_conversions(charts, report) if convert else [(chart, False) for chart in charts]:
            try:
                encoded.append(encode_chart(chart, self.contract, song_ms, converted, self.given))
            except (ValueError, ArithmeticError) as error:
                report.skip(chart.name, error)
        return encoded

    def converts(self, records: Iterable[ChartRecord]) -> bool:
        """Return whether a song's standard charts are converted to catch.

        They are if it has no catch chart.
        """
        is_wanted = self.convert_to_catch and int(GameMode.CATCH) in self.chart_filter.gamemodes
        return is_wanted and all(record.mode is not GameMode.CATCH for record in records)


def _with_conversions(charts: list[ReadChart], report: SourceReport) -> list[tuple[ReadChart, bool]]:
    """Return charts and, after standard ones, their conversions to catch.

    The second value is whether it is a conversion.
    """
    with_conversions = []
    for chart in charts:
        with_conversions.append((chart, False))
        if chart.record.mode is not GameMode.STANDARD:
            continue
        try:
            catch = convert_to_catch(chart.beatmap)
            record = replace(chart.record, mode=GameMode.CATCH, star_ratings=ChartRecord.of(catch).star_ratings)
        except BeatmapError as error:
            report.skip(chart.name, error)
            continue
        with_conversions.append((ReadChart(chart.name, catch, record), True))
    return with_conversions


def load_corpus(
    songs: Iterable[Song], loader: SongLoader, report: SourceReport, quiet: bool = False
) -> list[TrainingSong]:
    """Load songs into memory.

    Songs and charts that cannot be used are counted in the report.
    """
    unread = tqdm(list(songs), desc="loading songs", unit="song", disable=quiet)
    return [ready for song in unread if (ready := loader.load(song, report))]


def _training_song(song: Song, beatmap: Beatmap, mel: np.ndarray, song_ms: float, charts: list[Chart]) -> TrainingSong:
    beats = Timing(beatmap.timing_points).beats(0.0, song_ms)
    return TrainingSong(
        name=song.name,
        mel=mel,
        song_ms=song_ms,
        charts=charts,
        beat_times_ms=np.array([beat.time_ms for beat in beats]),
        downbeat_times_ms=np.array([beat.time_ms for beat in beats if beat.in_bar == 0]),
        corpus=song.corpus,
    )


def encode_chart(
    chart: ReadChart,
    contract: Contract,
    song_ms: float,
    converted: bool = False,
    given: frozenset[ContextKind] = frozenset(),
) -> Chart:
    """Encode a chart as tokens.

    It has the contexts that the model decodes, and those of `given` that are the chart's own.

    Raises:
        ValueError: The chart is implausible.
    """
    beatmap, record = chart.beatmap, chart.record
    if not 0.0 < record.stars <= MAX_CHART_STARS:
        raise ValueError(f"{record.stars:.1f} stars are outside 0..{MAX_CHART_STARS:g}")
    contexts = (*contract.contexts_of(beatmap.mode), *(given & OWN_INPUTS))
    streams = {
        context: TokenStream.of(encode_context(beatmap, context, contract.encoding, song_ms), contract.vocabulary)
        for context in contexts
    }
    attributes = replace(
        attributes_of(beatmap, record.stars),
        year=record.submitted_year,
        mapper_id=record.mapper_id,
        descriptors=record.descriptors,
    )
    times_ms = np.unique([hit_object.time_ms for hit_object in beatmap.hit_objects])
    return Chart(chart.name, attributes, streams, times_ms, record.star_ratings, converted)


def _cache_key(song: Song, contract: Contract) -> str:
    facts = f"{song.audio_identity}|{contract.to_json()['spectrogram']}"
    return hashlib.sha256(facts.encode("utf-8")).hexdigest()[:24]
