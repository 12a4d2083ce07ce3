"""Songs for windows: how often each is drawn, and how few of a large corpus are in memory."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest
from training_songs import song_of, steady_chart

from osu_beatmap.beatmap import GameMode
from osuT5.dataset.errors import CorpusError, EmptyCorpusError
from osuT5.dataset.files.chart_record import ChartRecord
from osuT5.dataset.files.filters import ChartFilter
from osuT5.dataset.options import BatchOptions
from osuT5.dataset.song_cache import ChartEntry, ChartPools, LazySupply, VisitOptions

STANDARD, TAIKO, CATCH, MANIA = GameMode
CHARTS = {mode: steady_chart(mode, 500.0) for mode in GameMode}


def shares_of(entries: list[ChartEntry], options: BatchOptions, draws: int = 6000) -> Counter:
    pools = ChartPools(entries, options)
    rng = np.random.default_rng(0)
    counts = Counter(pools.draw(rng) for _ in range(draws))
    return Counter({entry: count / draws for entry, count in counts.items()})


def test_modes_are_drawn_by_their_shares_whatever_their_numbers():
    entries = [ChartEntry(n, 0, STANDARD) for n in range(50)] + [ChartEntry(50, 0, MANIA)]
    drawn = shares_of(entries, BatchOptions(mode_shares=(0.5, 0.3, 0.1, 0.1)))
    of_mode = Counter()
    for entry, share in drawn.items():
        of_mode[entry.mode] += share
    # Modes without a chart leave their share to the others.
    assert of_mode[STANDARD] == pytest.approx(0.5 / 0.6, abs=0.02)
    assert of_mode[MANIA] == pytest.approx(0.1 / 0.6, abs=0.02)


def test_songs_of_many_charts_and_converted_charts_have_their_shares():
    entries = [ChartEntry(0, place, STANDARD) for place in range(9)] + [ChartEntry(1, 0, STANDARD)]
    drawn = shares_of(entries, BatchOptions())
    assert drawn[entries[-1]] == pytest.approx(0.25, abs=0.03)
    real = [ChartEntry(0, 0, CATCH)]
    converted = [ChartEntry(n, 0, CATCH, converted=True) for n in range(1, 9)]
    drawn = shares_of(real + converted, BatchOptions(converted_catch_share=0.25))
    assert drawn[real[0]] == pytest.approx(0.75, abs=0.03)
    assert shares_of(converted, BatchOptions()), "alone they are all there is"


def test_each_corpus_has_its_share_in_each_mode_and_none_is_an_error():
    entries = [ChartEntry(n, 0, STANDARD) for n in range(9)] + [ChartEntry(9, 0, STANDARD, corpus=1)]
    entries += [ChartEntry(10, 0, TAIKO)]
    drawn = shares_of(entries, BatchOptions(mode_shares=(0.5, 0.5, 0, 0), corpus_shares=(0.6, 0.4)))
    assert drawn[entries[9]] == pytest.approx(0.2, abs=0.02)
    assert drawn[entries[0]] == pytest.approx(0.3 / 9, abs=0.02)
    assert drawn[entries[10]] == pytest.approx(0.5, abs=0.02)
    with pytest.raises(EmptyCorpusError):
        ChartPools([], BatchOptions())
    with pytest.raises(EmptyCorpusError):
        ChartPools([ChartEntry(0, 0, STANDARD)], BatchOptions(mode_shares=(0.0, 1.0, 0.0, 0.0)))


@dataclass
class UnreadSong:
    name: str
    modes: tuple[GameMode, ...]
    broken: bool = False
    corpus: int = 0

    @property
    def records(self) -> tuple[ChartRecord, ...]:
        return tuple(ChartRecord(mode, (3.0,) * 7) for mode in self.modes)


@dataclass
class CountingLoader:
    """Loads songs without reading anything, and remembers which."""

    chart_filter: ChartFilter = field(default_factory=ChartFilter)
    loaded: list[str] = field(default_factory=list)

    def converts(self, records: list[ChartRecord]) -> bool:
        return False

    def load(self, song: UnreadSong, report, convert: bool):
        self.loaded.append(song.name)
        if song.broken:
            report.skip(song.name, "broken")
            return None
        ready = song_of(*(CHARTS[mode] for mode in song.modes))
        ready.name = song.name
        return ready


OPTIONS = BatchOptions(windows=4)


def lazy(songs, visits=None, loader=None) -> LazySupply:
    return LazySupply(songs, loader or CountingLoader(), OPTIONS, visits or VisitOptions(3, 10, seed=7))


def corpus(count: int = 40, broken: int = 0) -> list[UnreadSong]:
    modes = [(STANDARD,), (MANIA, STANDARD), (TAIKO,), (CATCH,)]
    return [UnreadSong(f"song {n}", modes[n % 4], broken=n < broken) for n in range(count)]


def names_of(supply: LazySupply, steps: range, windows=range(4)) -> dict[tuple[int, int], tuple[str, int]]:
    drawn = {}
    for step in steps:
        for window in windows:
            song, place = supply.draw(step, window, np.random.default_rng([step, window]))
            drawn[step, window] = (song.name, place)
    return drawn


def test_a_window_gets_the_same_song_whoever_asks_and_in_whatever_order():
    songs = corpus()
    whole = names_of(lazy(songs), range(60))
    assert names_of(lazy(songs), range(30, 60)) == {k: v for k, v in whole.items() if k[0] >= 30}
    shared = {**names_of(lazy(songs), range(60), range(2)), **names_of(lazy(songs), range(60), range(2, 4))}
    assert shared == whole
    backwards = {}
    supply = lazy(songs)
    for step in reversed(range(0, 60, 7)):
        backwards |= names_of(supply, range(step, step + 1))
    assert backwards == {key: value for key, value in whole.items() if key[0] % 7 == 0}
    other = names_of(lazy(songs, VisitOptions(3, 10, seed=8)), range(60))
    assert other != whole


def test_few_songs_are_in_memory_and_change_one_after_the_other():
    loader = CountingLoader()
    supply = lazy(corpus(), loader=loader)
    loads = []
    for step in range(100):
        before = len(loader.loaded)
        names_of(supply, range(step, step + 1))
        loads.append(len(loader.loaded) - before)
        assert len(supply._held) <= 4 * 3
    # 12 places change every 10 steps; each is filled when it is first drawn.
    assert sum(loads[50:]) <= 12 * 5
    assert max(loads[10:]) <= 4
    assert len(set(loader.loaded)) > 25, "the corpus is walked through"


def test_broken_songs_are_counted_and_others_take_their_place():
    songs = corpus(20, broken=10)
    supply = lazy(songs)
    drawn = names_of(supply, range(200))
    assert {name for name, _ in drawn.values()} <= {song.name for song in songs if not song.broken}
    assert sorted(set(supply.report.skipped)) == sorted(supply.report.skipped), "each is tried once"
    assert 0 < len(supply.report.skipped) <= 10


def test_broken_songs_alone_end_a_run_and_filters_hold_before_reading():
    with pytest.raises(CorpusError, match="the last error was: song"):
        names_of(lazy(corpus(20, broken=20)), range(1))
    loader = CountingLoader(ChartFilter(gamemodes=(3,)))
    supply = lazy(corpus(), loader=loader)
    assert supply.charts_by_mode == {MANIA: 10}
    names_of(supply, range(20))
    assert {int(name.split()[1]) % 4 for name in loader.loaded} == {1}


@pytest.mark.parametrize(("visits", "said"), [((0, 10), "songs_per_window"), ((3, 0), "visit_steps")])
def test_visits_that_cannot_be(visits, said):
    with pytest.raises(CorpusError, match=f"{said} must be 1 or more, got 0"):
        VisitOptions(*visits, seed=0)
