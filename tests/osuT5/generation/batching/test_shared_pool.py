"""Songs that share their steps: each is written as if it were alone, whoever comes, goes or fails."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from osuT5.generation.batching import shared_pool
from osuT5.generation.batching.shared_pool import share_pools, stop_sharing
from osuT5.generation.rules.grammar import is_published
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.inference_setup import prepare_to_generate
from tests.support.tiny_song import HOT, charts, filled_in, network, song_of_noise, tiny_spec

SONGS = 3


class Gone(Exception):
    """Somebody stopped waiting."""


WAYS = [("mini", False), ("v29", False), ("v29", True)]
"""A model, and whether it is in int8; the published one is large enough for layers in oneDNN's layout."""


@pytest.fixture
def model_and_spec(request, monkeypatch):
    version, int8 = getattr(request, "param", WAYS[1])
    if version != "mini":
        monkeypatch.setattr("osuT5.model.decoding.packed_linear.INT8_FROM_WEIGHTS", 0)
        monkeypatch.setattr("osuT5.model.decoding.packed_linear.ONEDNN_FROM_WEIGHTS", 0)
    spec = tiny_spec(version)
    return prepare_to_generate(network(spec, version), int8), spec


@pytest.fixture
def songs(model_and_spec, monkeypatch) -> list[SongGenerator]:
    """Several songs of one model that share their steps, with nobody at work before and after."""
    monkeypatch.setattr(shared_pool, "WATCH_SECONDS", 0.005)
    share_pools()
    yield [song_of_noise(*model_and_spec, seed) for seed in range(SONGS)]
    stop_sharing()
    assert nobody_writes()


def nobody_writes() -> bool:
    for thread in threading.enumerate():
        if thread.name == "rows":
            thread.join(10)
    return not any(thread.name == "rows" for thread in threading.enumerate())


def written(song: SongGenerator, seed: int) -> list[dict]:
    (chart, *_) = charts()
    chart.seed = seed
    return filled_in(song, replace(HOT, kind_first=not is_published(song.spec.encoding)), [chart])


def windows_of_steps(song: SongGenerator, monkeypatch) -> list[int]:
    """How many windows the rows of each step listen to, from now on."""
    decoder, counts = song.model.row_decoder, []
    step = decoder.step

    def counted(rows, ids):
        counts.append(len({id(row.window) for row in rows}))
        return step(rows, ids)

    monkeypatch.setattr(decoder, "step", counted)
    return counts


def hold(song: SongGenerator, monkeypatch, until: Callable[[list], bool], since: threading.Event | None = None) -> None:
    """No step is taken until that is so of the orders that there are, counted from an event on; then all go on."""
    step, held = song.model.row_decoder.step, [True]

    def holding(rows, ids):
        if held[0] and (since is None or since.is_set()):
            (pool,) = shared_pool.shared_pools()._pools.values()
            latest = time.monotonic() + 60
            while not until(pool.arrived + pool.orders) and time.monotonic() < latest:
                time.sleep(0.001)
            held[0] = False
        return step(rows, ids)

    monkeypatch.setattr(song.model.row_decoder, "step", holding)


def when_a_row_is_written(song: SongGenerator, monkeypatch) -> threading.Event:
    event, take = threading.Event(), song.take

    def taking(*arguments):
        take(*arguments)
        event.set()

    monkeypatch.setattr(song, "take", taking)
    return event


@pytest.mark.parametrize("model_and_spec", WAYS, ids=["mini", "v29", "v29 in int8"], indirect=True)
def test_who_comes_later_shares_steps_and_each_song_is_what_it_is_alone(songs, monkeypatch):
    alone = [written(song, seed) for seed, song in enumerate(songs)]
    assert alone[0] != alone[1]
    heard = windows_of_steps(songs[0], monkeypatch)
    assert written(songs[0], 0) == alone[0]
    most_alone = max(heard)
    begun = when_a_row_is_written(songs[0], monkeypatch)
    hold(songs[0], monkeypatch, lambda orders: len(orders) == SONGS, since=begun)
    with ThreadPoolExecutor(SONGS) as threads:
        first = threads.submit(written, songs[0], 0)
        assert begun.wait(60)
        later = [threads.submit(written, songs[seed], seed) for seed in range(1, SONGS)]
        assert [song.result(60) for song in (first, *later)] == alone
    assert max(heard) > most_alone


def test_who_goes_takes_the_rows_along(songs, monkeypatch):
    expected = written(songs[1], 1)
    whole = windows_of_steps(songs[0], monkeypatch)
    written(songs[0], 0)
    steps = windows_of_steps(songs[0], monkeypatch)
    begun = when_a_row_is_written(songs[0], monkeypatch)

    def progress(stage: str, done: int, total: int) -> None:
        if begun.is_set():
            raise Gone

    songs[0].progress = progress
    with monkeypatch.context() as patch:
        hold(songs[0], patch, lambda orders: any(order.is_left for order in orders), since=begun)
        with pytest.raises(Gone):
            written(songs[0], 0)
    assert nobody_writes()
    assert len(steps) < len(whole) / 2
    assert written(songs[1], 1) == expected


def test_who_stays_does_not_notice_who_goes(songs, monkeypatch):
    expected = written(songs[1], 1)
    begun, both_are_there = when_a_row_is_written(songs[0], monkeypatch), threading.Event()

    def are_both(orders: list) -> bool:
        if len(orders) == 2:
            both_are_there.set()
        return both_are_there.is_set()

    hold(songs[0], monkeypatch, are_both)

    def progress(stage: str, done: int, total: int) -> None:
        # A row that ends with its first token takes no step, and nothing holds it.
        if begun.is_set() and both_are_there.is_set():
            raise Gone

    songs[0].progress = progress
    with ThreadPoolExecutor(2) as threads:
        gone, stays = threads.submit(written, songs[0], 0), threads.submit(written, songs[1], 1)
        with pytest.raises(Gone):
            gone.result(60)
        assert stays.result(60) == expected


def test_an_error_is_that_of_its_own_song(songs, monkeypatch):
    expected = written(songs[1], 1)

    def fail(row, window, groups):
        raise ValueError("a mistake")

    monkeypatch.setattr(songs[0], "take", fail)
    with ThreadPoolExecutor(2) as threads:
        failed, fine = threads.submit(written, songs[0], 0), threads.submit(written, songs[1], 1)
        with pytest.raises(ValueError, match="a mistake"):
            failed.result(60)
        assert fine.result(60) == expected


def test_a_step_that_fails_ends_those_at_work_and_nothing_else(songs, monkeypatch):
    expected = written(songs[0], 0)
    with monkeypatch.context() as patch:
        patch.setattr(songs[0].model.row_decoder, "step", lambda rows, ids: [][0])
        with pytest.raises(IndexError):
            written(songs[0], 0)
    assert written(song_of_noise(songs[0].model, songs[0].spec, 0), 0) == expected
