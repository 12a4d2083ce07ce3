"""Summaries of a corpus's excerpts by a frozen reader, cached."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from classifier.dataset import Labels, NamedChart, NamedSong, OpenSong, SongOpener
from classifier.model import ExcerptReader
from osu_beatmap.files.writer import temporary_beside
from osuT5.dataset.files.sources import SourceReport


@dataclass(frozen=True)
class SummaryTable:
    """Summaries of excerpts [n, size] float16, and whose they are."""

    summaries: np.ndarray
    labels: Labels

    def inputs(self, rows: np.ndarray) -> Tensor:
        return torch.from_numpy(self.summaries[rows]).float()


@dataclass(frozen=True)
class Summariser:
    """Computation of summaries of a corpus, song by song, into a folder.

    `most_excerpts` is per chart. `identity` is that of the reader, so that summaries of another one are not reused.
    """

    reader: ExcerptReader
    opener: SongOpener
    identity: str
    overlap: float
    most_excerpts: int
    is_bf16: bool = False
    cache_folder: Path | None = None

    def table(self, songs: Mapping[int, NamedSong], mappers: Sequence[str], report: SourceReport) -> SummaryTable:
        """Return the summaries of excerpts of songs, by place in the corpus."""
        place = {mapper: number for number, mapper in enumerate(mappers)}
        parts, labels, song_of, chart_of = [], [], [], []
        for number, named in tqdm(songs.items(), desc="listening", unit="song"):
            for mapper, name, summaries in self._charts(named, frozenset(place), report):
                parts.append(summaries)
                labels += [place[mapper]] * len(summaries)
                song_of += [number] * len(summaries)
                chart_of += [f"{number}|{name}"] * len(summaries)
        _, charts = np.unique(chart_of, return_inverse=True)
        joined = np.concatenate(parts) if parts else np.zeros((0, self.reader.summary_size), np.float16)
        return SummaryTable(joined, Labels(np.array(labels, np.int64), np.array(song_of, np.int64), charts))

    def _charts(
        self, named: NamedSong, mappers: frozenset[str], report: SourceReport
    ) -> Iterator[tuple[str, str, np.ndarray]]:
        """Yield (mapper, name, summaries [n, size] float16) of usable charts."""
        wanted = [chart for chart in named.charts if chart.mapper in mappers]
        cached = self._find_cached(named, wanted)
        if cached is not None and cached.is_file():
            with np.load(cached) as stored:
                yield from [(c.mapper, c.chart.name, stored[f"{i}"]) for i, c in enumerate(wanted) if f"{i}" in stored]
            return
        opened = self.opener.open(named, mappers, report)
        found = self._summaries(opened) if opened else {}
        if cached is not None:
            cached.parent.mkdir(parents=True, exist_ok=True)
            with temporary_beside(cached) as file:
                np.savez(file, **{f"{i}": found[c.chart.name] for i, c in enumerate(wanted) if c.chart.name in found})
        yield from [(c.mapper, c.chart.name, found[c.chart.name]) for c in wanted if c.chart.name in found]

    @torch.inference_mode()
    def _summaries(self, opened: OpenSong) -> dict[str, np.ndarray]:
        excerpts = {
            name: opened.excerpts(chart, self.overlap, self.most_excerpts) for name, chart in opened.charts.items()
        }
        wanted = [each for found in excerpts.values() for each in found]
        summaries = np.zeros((len(wanted), self.reader.summary_size), dtype=np.float16)
        device = next(self.reader.parameters()).device
        with torch.autocast(device.type, torch.bfloat16, enabled=self.is_bf16):
            for rows, batch in opened.cuts.batches(wanted):
                summaries[rows] = self.reader(batch.to(device)).float().cpu().numpy()
        ends = np.cumsum([len(found) for found in excerpts.values()])
        return dict(zip(excerpts, np.split(summaries, ends[:-1]), strict=True))

    def _find_cached(self, named: NamedSong, charts: Sequence[NamedChart]) -> Path | None:
        if self.cache_folder is None:
            return None
        facts = [named.song.audio_identity, self.identity, self.overlap, self.most_excerpts, self.is_bf16]
        facts += [each.chart.name for each in charts]
        return self.cache_folder / f"{hashlib.sha256('|'.join(map(str, facts)).encode()).hexdigest()[:24]}.npz"
