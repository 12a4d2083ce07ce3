"""Samplers by options: batches of training songs, and of held-out ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import torch

from osu_beatmap.held_out import Split
from osuT5.dataset.batches import WHOLE_BATCH, BatchPart
from osuT5.dataset.contexts import context_mix
from osuT5.dataset.errors import CorpusError, EmptyCorpusError
from osuT5.dataset.examples import ExampleSampler
from osuT5.dataset.files.corpus import SEPARATOR, open_sources
from osuT5.dataset.files.filters import OPT_OUT_FILE, ChartFilter, OptOutList
from osuT5.dataset.files.sources import Song, SourceReport
from osuT5.dataset.files.splits import mapsets_between, songs_of_split
from osuT5.dataset.loader import BatchLoader
from osuT5.dataset.options import AugmentationOptions, BatchOptions, DataOptions
from osuT5.dataset.song_cache import LazySupply, MemorySupply, SongSupply, VisitOptions
from osuT5.dataset.training_songs import SongLoader, load_corpus
from osuT5.tokens.contract import Contract

HELD_OUT_SEED = 0
FOR_EVER = 1 << 40
"""Steps that a song of an evaluation stays: all of them."""


@dataclass
class TrainingData:
    """Samplers of a training run.

    `train` makes batches; `held_out` is None if nothing is held out; `notes` are lines to show.
    """

    train: ExampleSampler | BatchLoader
    held_out: ExampleSampler | None
    notes: list[str] = field(default_factory=list)

    def close(self) -> None:
        if isinstance(self.train, BatchLoader):
            self.train.close()


@dataclass(frozen=True)
class SamplerMaker:
    """Factory of the sampler of training songs or held-out ones.

    Worker processes call it with `quiet`.
    """

    contract: Contract
    data: DataOptions
    batch: BatchOptions
    augmentation: AugmentationOptions | None
    seed: int
    held_out: bool = False
    quiet: bool = False

    def __call__(self) -> ExampleSampler:
        """Return a sampler.

        Raises:
            CorpusError: There is nothing to draw from.
            ModelError: A hub does not answer.
        """
        if self.quiet:
            # Workers are as many as there are processors to spare; each takes one.
            torch.set_num_threads(1)
        self._check_shares()
        report = SourceReport()
        songs, loader = self._songs(report), self._loader()
        supply: SongSupply
        if self.data.lazy:
            steps = FOR_EVER if self.held_out else self.data.visit_steps
            visits = VisitOptions(self.data.songs_per_window, steps, self.seed)
            supply = LazySupply(songs, loader, self.batch, visits, report)
        else:
            supply = MemorySupply(load_corpus(songs, loader, report, self.quiet), self.batch, report)
        return ExampleSampler(supply, self.contract, self.batch, self.augmentation, self.seed)

    def _check_shares(self) -> None:
        shares, path = self.batch.corpus_shares, self.data.train_dataset_path
        corpora = path.count(SEPARATOR) + 1
        if shares and (len(shares) != corpora or min(shares) <= 0):
            raise CorpusError(
                f"batch.corpus_shares needs a number above 0 for each corpus of train_dataset_path={path}."
            )

    def _loader(self) -> SongLoader:
        data = self.data
        return SongLoader(
            contract=self.contract,
            chart_filter=chart_filter(data),
            cache_folder=Path(data.cache_path) if data.cache_path else None,
            convert_to_catch=data.convert_to_catch and not self.held_out,
            given=context_mix(self.batch.contexts, self.contract).given,
            map_cached=data.lazy,
        )

    def _songs(self, report: SourceReport) -> list[Song]:
        """Return the songs of the range and of the split."""
        data = self.data
        name, path = "train_dataset_path", data.train_dataset_path
        start, end, split = data.train_dataset_start, data.train_dataset_end, Split(data.split)
        if self.held_out and has_test_songs(data):
            if data.test_dataset_path:
                name, path = "test_dataset_path", data.test_dataset_path
            start, end, split = data.test_dataset_start, data.test_dataset_end, Split.ALL
        elif self.held_out:
            # Songs that were rendered from charts, and the like, are for training only.
            path, split = path.partition(SEPARATOR)[0], Split.HELD_OUT
        songs = mapsets_between(open_sources(name, path, report), start, end or None)
        return songs_of_split(list(songs), split, report, data.held_out_share, quiet=self.quiet)


def has_test_songs(data: DataOptions) -> bool:
    """Return whether options name test songs.

    Otherwise those with held-out titles are used.
    """
    return bool(data.test_dataset_path or data.test_dataset_start or data.test_dataset_end)


def chart_filter(data: DataOptions) -> ChartFilter:
    """Return the filter of charts by the options.

    Raises:
        CorpusError: The list of mappers who opted out cannot be read.
    """
    opted_out = OptOutList.read(Path(data.opt_out_path) if data.opt_out_path else OPT_OUT_FILE)
    wishes = {field.name: getattr(data, field.name) for field in fields(ChartFilter) if field.name != "opted_out"}
    return ChartFilter(**wishes, opted_out=opted_out)


def open_training_data(
    contract: Contract,
    data: DataOptions,
    batch: BatchOptions,
    augmentation: AugmentationOptions | None,
    seed: int,
    parts: Sequence[BatchPart] = (WHOLE_BATCH,),
) -> TrainingData:
    """Open all data that a run trains and is tested on.

    `parts` are the parts of a batch that this process makes.

    Raises CorpusError or ModelError, each with one sentence for the user.
    """
    maker = SamplerMaker(contract, data, batch, augmentation, seed)
    notes: list[str] = []
    train: ExampleSampler | BatchLoader
    if data.workers > 0:
        train = BatchLoader(replace(maker, quiet=True), batch.windows, parts, data.workers)
    else:
        train = maker()
        notes += _notes("training on", train)
    held_out = None
    if has_test_songs(data) or data.split == Split.TRAIN.value:
        held_out = _held_out(maker)
        notes += _notes("held out:", held_out) if held_out else []
    return TrainingData(train, held_out, notes)


def _held_out(maker: SamplerMaker) -> ExampleSampler | None:
    """Return the held-out sampler.

    It is None if the corpus has no such song, unless the user named some.
    """
    batch = replace(maker.batch, corpus_shares=())
    try:
        return replace(maker, batch=batch, augmentation=None, seed=HELD_OUT_SEED, held_out=True)()
    except EmptyCorpusError:
        if has_test_songs(maker.data):
            raise
        return None


def _notes(what: str, sampler: ExampleSampler) -> list[str]:
    supply = sampler.supply
    charts = ", ".join(f"{mode.name.lower()} {count}" for mode, count in sorted(supply.charts_by_mode.items()))
    refused = [f"  skipped {count} charts: {reason}" for reason, count in sorted(supply.report.refused.items())]
    skipped = [f"  skipped {line}" for line in supply.report.skipped]
    return [f"{what} {len(supply.songs)} songs, charts by mode: {charts}", *refused, *skipped]
