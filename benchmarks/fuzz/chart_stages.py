"""Stages of an absurd chart in process: all commands without generation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.fuzz.absurd_charts import absurd_chart
from benchmarks.fuzz.sane import SONG_MS, sane_chart, write_song
from benchmarks.fuzz.watch import FuzzReport
from classifier.excerpts import ChartTokens
from evaluation.charts import Case, MeasuredChart
from evaluation.metrics import values_of
from modding.observation.surprisal import SongReader
from modding.suggestion_builder import suggestions_of
from modding.thresholds import ThresholdTable
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.files.reader import parse_beatmap
from osu_beatmap.files.writer import write_beatmap
from osu_beatmap.profile.profile import profile_of
from osu_beatmap.rules import check
from osu_beatmap.song_bounds import part_in_song
from osu_beatmap.star_rating import stars_or_none, strains
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import BeatClock
from osuT5.dataset.examples import ExampleSampler
from osuT5.dataset.files.sources import FolderSong, SourceReport
from osuT5.dataset.options import AugmentationOptions, BatchOptions
from osuT5.dataset.song_cache import MemorySupply
from osuT5.dataset.training_songs import SongLoader
from osuT5.encoding import encode_context
from osuT5.model.files.find import BUNDLED_MODEL
from osuT5.objects.tokens.chart_tokens import encode_chart
from osuT5.rhythm.features import SongAudio
from osuT5.tokens.contract import mini_spec
from rcomplexion.rhythm import rhythm_of
from webui.preview_data import preview_of

SCORED_EVERY = 40
"""The model scores every so manieth chart; a score takes a second, everything else milliseconds."""


@dataclass
class ChartStages:
    """The song, and what is loaded once for all charts of it."""

    folder: Path

    @cached_property
    def song_path(self) -> Path:
        """The song of all charts."""
        return write_song(self.folder / "song.ogg")

    @cached_property
    def reader(self) -> SongReader:
        """Reader of maps of the song."""
        return SongReader(SongAudio.load(self.song_path))

    @cached_property
    def loader(self) -> SongLoader:
        """Loader of training songs; spectrograms are kept beside the song."""
        return SongLoader(mini_spec(), cache_folder=self.folder / "cache")

    @cached_property
    def humans(self) -> dict[GameMode, MeasuredChart]:
        """A sane chart of each mode."""
        return {mode: MeasuredChart(parse_beatmap(sane_chart(mode)), "", self.song_path) for mode in GameMode}

    def run_sane(self, report: FuzzReport) -> None:
        """Run a sane chart of each mode through all stages.

        This loads everything that is loaded once.
        """
        for mode in GameMode:
            self._run(sane_chart(mode), 0, report)

    def run(self, seed: int, report: FuzzReport) -> None:
        """Take an absurd chart through all stages."""
        self._run(absurd_chart(seed), seed, report)

    def _run(self, text: str, seed: int, report: FuzzReport) -> None:
        beatmap = report.run("reader", seed, lambda: _read_and_write(text))
        if not isinstance(beatmap, Beatmap):
            return
        report.run("rules", seed, lambda: check(beatmap, SONG_MS))
        report.run("star rating", seed, lambda: (stars_or_none(beatmap), strains(beatmap)))
        report.run("preview", seed, lambda: preview_of(beatmap))
        report.run("encoding", seed, lambda: self._encode(beatmap))
        report.run("review", seed, lambda: self._review(beatmap, seed))
        report.run("evaluation", seed, lambda: self._evaluate(beatmap))
        report.run("rhythm complexity", seed, lambda: rhythm_of(part_in_song(beatmap).beatmap))
        report.run("training", seed, lambda: self._train(text, seed))

    def _encode(self, beatmap: Beatmap) -> None:
        part, contract = part_in_song(beatmap, SONG_MS).beatmap, mini_spec()
        for context in contract.contexts_of(beatmap.mode):
            encode_context(part, context, contract.encoding, SONG_MS)
        ChartTokens.of(part, contract, SONG_MS)
        clock = BeatClock.from_timing(Timing(part.timing_points), SONG_MS)
        encode_chart(part, clock)

    def _review(self, beatmap: Beatmap, seed: int) -> None:
        only = None if seed % SCORED_EVERY == 0 else ()
        observed = self.reader.observe(beatmap, only=only)
        suggestions_of(beatmap, observed, ThresholdTable.load(BUNDLED_MODEL) or ThresholdTable(), SONG_MS, 3.0)

    def _evaluate(self, beatmap: Beatmap) -> None:
        profile_of(beatmap)
        if not beatmap.hit_objects:
            return  # left out before anything is measured
        measured = MeasuredChart(beatmap, "", self.song_path)
        for case in (Case(measured, self.humans[beatmap.mode]), Case(self.humans[beatmap.mode], measured)):
            values_of(case)

    def _train(self, text: str, seed: int) -> None:
        path = self.folder / "map.osu"
        path.write_bytes(text.encode("utf-8", errors="replace"))
        skipped = SourceReport()
        song = self.loader.load(FolderSong("fuzz", "fuzz", self.song_path, [path]), skipped)
        if song is None:
            assert skipped.skipped or skipped.refused, "a chart was left out without a word"
            return
        options = BatchOptions(windows=1, charts_per_window=1, mode_shares=(1.0, 1.0, 1.0, 1.0))
        supply = MemorySupply([song], options)
        sampler = ExampleSampler(supply, self.loader.contract, options, AugmentationOptions(), seed)
        batch = sampler.batch(0)
        assert np.isfinite(batch.mel).all(), "a training example has numbers that are not finite"


def _read_and_write(text: str) -> Beatmap:
    beatmap = parse_beatmap(text, "map.osu")
    assert parse_beatmap(write_beatmap(beatmap)) == beatmap, "writing changes the map"
    parse_beatmap(write_beatmap(beatmap, whole=True))
    return beatmap
