"""Labelled excerpts: charts of known mappers with songs, split by song."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from classifier.excerpts import ChartTokens, Excerpt
from classifier.mappers import mapper_key, mapper_of
from classifier.song_excerpts import SongExcerpts
from osu_beatmap.held_out import title_hash
from osuT5.dataset.files.corpus import open_source
from osuT5.dataset.files.sources import ReadChart, Song, SourceReport, charts_in_song, read_charts
from osuT5.dataset.training_songs import SongLoader
from osuT5.tokens.contract import Contract


@dataclass(frozen=True, slots=True)
class NamedChart:
    """A chart of a known mapper, read."""

    mapper: str
    chart: ReadChart


@dataclass(frozen=True, slots=True)
class NamedSong:
    """A song and its charts of known mappers.

    `titles`: hashes of its titles, by which it is known elsewhere.
    """

    song: Song
    titles: frozenset[str]
    charts: tuple[NamedChart, ...]


@dataclass
class NamedCorpus:
    """`names`: of mappers by key, as most of their charts write them."""

    songs: list[NamedSong]
    names: dict[str, str]
    report: SourceReport = field(default_factory=SourceReport)

    def mappers(self, songs: Iterable[NamedSong], fewest_charts: int) -> list[str]:
        """Return the mappers with at least `fewest_charts` charts.

        Those with most come first. The result holds their keys.
        """
        counts = Counter(chart.mapper for song in songs for chart in song.charts)
        return sorted((key for key, n in counts.items() if n >= fewest_charts), key=lambda key: (-counts[key], key))


def named_corpus(path: str) -> NamedCorpus:
    """Return the charts of known mappers in a corpus, without audio.

    Raises CorpusError or ModelError.
    """
    report, songs, spellings = SourceReport(), [], {}
    sources = list(open_source("train_dataset_path", path, report))
    for song in tqdm(sources, desc="looking for mappers", unit="song"):
        charts, titles = [], set()
        for chart in read_charts(song, report):
            metadata = chart.beatmap.metadata
            titles |= {title_hash(title) for title in (metadata.title, metadata.title_unicode) if title}
            if name := mapper_of(metadata):
                spellings.setdefault(mapper_key(name), Counter())[name] += 1
                charts.append(NamedChart(mapper_key(name), chart))
        if charts:
            songs.append(NamedSong(song, frozenset(titles), tuple(charts)))
    names = {key: found.most_common(1)[0][0] for key, found in spellings.items()}
    return NamedCorpus(songs, names, report)


@dataclass(frozen=True)
class OpenSong:
    """Song ready to be cut: spectrogram, and charts as tokens by name.

    The charts are those of the requested mappers.
    """

    cuts: SongExcerpts
    charts: dict[str, ChartTokens]

    def excerpts(self, chart: ChartTokens, overlap: float, most: int) -> list[tuple[Excerpt, int]]:
        """Return up to `most` excerpts of a chart with their first frames.

        They are spread over the chart. Their windows are those of the song, so its charts share encoded audio.
        """
        spec = self.cuts.spec
        stride = max(1, round((spec.grid.frames - 1) * (1.0 - overlap)))
        first_ms, last_ms = chart.object_times_ms[0], chart.object_times_ms[-1]
        places = range(int(first_ms / spec.grid.frame_ms) // stride, int(last_ms / spec.grid.frame_ms) // stride + 1)
        return _spread(self.cuts.with_enough(chart, (place * stride for place in places)), most)


@dataclass(frozen=True)
class SongOpener:
    """Loader of songs for a reader.

    Spectrograms are cached as in the training of the seq2seq model.
    """

    spec: Contract
    max_tokens: int
    cache_folder: Path | None = None

    def open(self, named: NamedSong, mappers: frozenset[str], report: SourceReport) -> OpenSong | None:
        """Load a song; return None and report it if unusable."""
        wanted = [chart for chart in named.charts if chart.mapper in mappers]
        loader = SongLoader(self.spec, cache_folder=self.cache_folder)
        mel = loader.mel_of(named.song, report) if wanted else None
        if mel is None:
            return None
        cuts = SongExcerpts(mel, self.spec, self.max_tokens)
        charts = {}
        for chart in charts_in_song([each.chart for each in wanted], cuts.song_ms, report, named.song.name):
            try:
                charts[chart.name] = ChartTokens.of(chart.beatmap, self.spec, cuts.song_ms)
            except (ValueError, ArithmeticError) as error:
                report.skip(chart.name, error)
        return OpenSong(cuts, charts) if charts else None


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of excerpts [n].

    They are the index of the mapper among those distinguished, of the song in the corpus, and of the chart.
    """

    mappers: np.ndarray
    songs: np.ndarray
    charts: np.ndarray

    def __len__(self) -> int:
        return len(self.mappers)


def _spread(values: Sequence[tuple[Excerpt, int]], most: int) -> list[tuple[Excerpt, int]]:
    if len(values) <= most:
        return list(values)
    return [values[place] for place in np.linspace(0, len(values) - 1, most).round().astype(int)]
