"""Songs for windows: all in memory, or a few at a time.

The latter is for a corpus that does not fit there. The song of a step's window depends on these two and the seed alone,
so a batch can be made anywhere and repeated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from osu_beatmap.beatmap import GameMode
from osuT5.dataset.errors import CorpusError, EmptyCorpusError
from osuT5.dataset.files.sources import Song, SourceReport
from osuT5.dataset.options import BatchOptions
from osuT5.dataset.training_songs import SongLoader, TrainingSong

MAX_TRIES = 50
"""So many songs in a row that cannot be used end a run."""

_VISITS = 1
"""Tells the dice for visits from those for windows."""


@dataclass(frozen=True, slots=True)
class ChartEntry:
    """Chart that can be drawn: song, mode, conversion, and corpus."""

    song: int
    place: int
    mode: GameMode
    converted: bool = False
    corpus: int = 0


class ChartPools:
    """Charts by mode, each with its own probability.

    A mode is drawn by its share, then a chart of it. A song with n charts of the mode counts sqrt(n) times. Converted
    charts have a share of their own next to real ones, and so has each corpus, if the options set shares.
    """

    def __init__(self, entries: Iterable[ChartEntry], options: BatchOptions) -> None:
        entries = list(entries)
        self.charts_by_mode = Counter(entry.mode for entry in entries)
        self._pools = {mode: _pool([e for e in entries if e.mode is mode], options) for mode in GameMode}
        shares = [share if self._pools[GameMode(m)][0] else 0.0 for m, share in enumerate(options.mode_shares)]
        if not sum(shares):
            raise EmptyCorpusError("There is no chart to train on: each song needs its .osu files next to its audio.")
        self._mode_shares = np.array(shares) / sum(shares)

    def draw(self, rng: np.random.Generator) -> ChartEntry:
        entries, ends = self._pools[GameMode(rng.choice(4, p=self._mode_shares))]
        return entries[min(int(np.searchsorted(ends, rng.random(), side="right")), len(entries) - 1)]


def _pool(entries: list[ChartEntry], options: BatchOptions) -> tuple[list[ChartEntry], np.ndarray]:
    """Return a mode's entries, and where each's interval in 0..1 ends."""
    counts: dict[int, int] = {}
    for entry in entries:
        counts[entry.song] = counts.get(entry.song, 0) + 1
    weights = np.array([counts[entry.song] ** -0.5 for entry in entries])
    converted = np.array([entry.converted for entry in entries], dtype=bool)
    if options.corpus_shares:
        corpora = np.array([entry.corpus for entry in entries], dtype=int)
        for kind in (converted, ~converted):
            weights[kind] = _with_shares(weights[kind], corpora[kind], dict(enumerate(options.corpus_shares)))
    if converted.any() and not converted.all():
        share = options.converted_catch_share
        weights = _with_shares(weights, converted, {True: share, False: 1 - share})
    return entries, np.cumsum(weights / weights.sum()) if entries else weights


def _with_shares(weights: np.ndarray, groups: np.ndarray, shares: Mapping[int, float]) -> np.ndarray:
    """Scale weights so that each group has its share.

    A group without a share has weight 0.
    """
    scaled = np.zeros_like(weights)
    for group, share in shares.items():
        members = groups == group
        scaled[members] = weights[members] * (share / weights[members].sum()) if members.any() else 0.0
    return scaled


class MemorySupply:
    """Songs that are all in memory."""

    def __init__(
        self, songs: Sequence[TrainingSong], options: BatchOptions, report: SourceReport | None = None
    ) -> None:
        self.songs = songs
        self.report = report or SourceReport()
        self._pools = ChartPools(
            (
                ChartEntry(number, place, chart.attributes.mode, chart.converted, song.corpus)
                for number, song in enumerate(songs)
                for place, chart in enumerate(song.charts)
            ),
            options,
        )
        self.charts_by_mode = self._pools.charts_by_mode

    def draw(self, step: int, window: int, rng: np.random.Generator) -> tuple[TrainingSong, int]:
        """Return a song, and the place of its drawn chart."""
        entry = self._pools.draw(rng)
        return self.songs[entry.song], entry.place


@dataclass(frozen=True, slots=True)
class VisitOptions:
    """Options of visits of songs.

    Each window of a batch keeps `songs_per_window` songs, each for `steps` steps.
    """

    songs_per_window: int
    steps: int
    seed: int

    def __post_init__(self) -> None:
        for name, value in (("songs_per_window", self.songs_per_window), ("visit_steps", self.steps)):
            if value < 1:
                raise CorpusError(f"{name} must be 1 or more, got {value}.")


class LazySupply:
    """Songs that are read on first use and dropped after their visit.

    A window draws among the songs that visit it; they change one at a time, so that reading is spread over the steps.
    Memory holds at most `songs_per_window` songs for each window that is drawn here, for any size of the corpus.
    """

    def __init__(
        self,
        songs: Sequence[Song],
        loader: SongLoader,
        options: BatchOptions,
        visits: VisitOptions,
        report: SourceReport | None = None,
    ) -> None:
        self.songs = songs
        self.loader = loader
        self.visits = visits
        self.report = report or SourceReport()
        self._windows = options.windows
        self._pools = ChartPools(_entries(songs, loader), options)
        self.charts_by_mode = self._pools.charts_by_mode
        self._held: dict[tuple[int, int], tuple[int, TrainingSong, GameMode]] = {}
        self._unusable: set[int] = set()

    def draw(self, step: int, window: int, rng: np.random.Generator) -> tuple[TrainingSong, int]:
        """Return as `MemorySupply.draw` does. Raises CorpusError where there is none."""
        place = int(rng.integers(self.visits.songs_per_window))
        song, mode = self._visitor(step, window, place)
        charts = [number for number, chart in enumerate(song.charts) if chart.attributes.mode is mode]
        return song, int(rng.choice(charts))

    def _visitor(self, step: int, window: int, place: int) -> tuple[TrainingSong, GameMode]:
        """Return the song at a window's place, and its drawn mode."""
        visits = self.visits
        number = window * visits.songs_per_window + place
        # Places change at different steps, each after the same number of them.
        visit = (step + number * visits.steps // (self._windows * visits.songs_per_window)) // visits.steps
        held = self._held.get((window, place))
        if held is None or held[0] != visit:
            self._held.pop((window, place), None)
            held = (visit, *self._load(np.random.default_rng([visits.seed, _VISITS, number, visit])))
            self._held[window, place] = held
        return held[1], held[2]

    def _load(self, rng: np.random.Generator) -> tuple[TrainingSong, GameMode]:
        for _ in range(MAX_TRIES):
            entry = self._pools.draw(rng)
            if entry.song in self._unusable:
                continue
            song = self.loader.load(self.songs[entry.song], self.report, convert=entry.converted)
            if song is None:
                self._unusable.add(entry.song)
            elif any(chart.attributes.mode is entry.mode for chart in song.charts):
                return song, entry.mode
        raise CorpusError(f"{MAX_TRIES} songs in a row cannot be used; the last error was: {self._last_trouble()}.")

    def _last_trouble(self) -> str:
        return self.report.skipped[-1] if self.report.skipped else "charts listed in the metadata are missing"


SongSupply = MemorySupply | LazySupply
"""Gives windows their songs."""


def _entries(songs: Sequence[Song], loader: SongLoader) -> Iterable[ChartEntry]:
    """Yield entries of unread songs by their records."""
    for number, song in enumerate(songs):
        places = loader.chart_filter.select_charts(song.records)
        converts = loader.converts([song.records[place] for place in places])
        for place in places:
            mode = song.records[place].mode
            yield ChartEntry(number, place, mode, corpus=song.corpus)
            if converts and mode is GameMode.STANDARD:
                yield ChartEntry(number, place, GameMode.CATCH, converted=True, corpus=song.corpus)
