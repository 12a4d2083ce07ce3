"""From options to samplers: what is trained on, what is tested on, and that reading lazily changes only when."""

import pickle
from dataclasses import fields, replace

import numpy as np
import pytest
from training_songs import SPEC, small_beatmap, write_mapset

from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import title_hash
from osuT5.dataset.batches import Batch
from osuT5.dataset.errors import CorpusError, EmptyCorpusError
from osuT5.dataset.options import AugmentationOptions, BatchOptions, DataOptions
from osuT5.dataset.samplers import SamplerMaker, open_training_data

BATCH = BatchOptions(windows=2, max_tokens=128, mode_shares=(0.25, 0.25, 0.25, 0.25))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mapsets")
    write_mapset(folder / "1", small_beatmap("One"), small_beatmap("One", GameMode.MANIA), seed=1)
    write_mapset(folder / "2", small_beatmap("Two", step_ms=125.0), seed=2)
    write_mapset(folder / "3", small_beatmap("Three", GameMode.TAIKO), seed=3)
    write_mapset(folder / "4", small_beatmap("Secret", creator="Shy"), seed=4)
    return folder


@pytest.fixture(autouse=True)
def held_out(monkeypatch):
    monkeypatch.setattr("osuT5.dataset.files.splits.held_out_titles", lambda: frozenset({title_hash("Secret")}))


def opened(folder, **options):
    data = DataOptions(train_dataset_path=str(folder), convert_to_catch=False, **options)
    return open_training_data(SPEC, data, BATCH, AugmentationOptions(), seed=1)


def names(sampler) -> list[str]:
    return [song.name for song in sampler.supply.songs]


def test_held_out_titles_are_tested_on_and_workers_can_be_given_the_maker(folder):
    data = opened(folder)
    assert names(data.train) == ["1", "2", "3"]
    assert names(data.held_out) == ["4"]
    assert data.notes[0] == "training on 3 songs, charts by mode: standard 2, taiko 1, mania 1"
    assert data.held_out.augmentation is None
    maker = SamplerMaker(SPEC, DataOptions(train_dataset_path=str(folder)), BATCH, AugmentationOptions(), 1, quiet=True)
    one, other = (each().batch(3) for each in (maker, pickle.loads(pickle.dumps(maker))))
    assert all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Batch))


def test_ranges_of_mapsets_and_held_out_songs_of_a_lazy_run(folder):
    data = opened(folder, train_dataset_end=2, test_dataset_start=2, test_dataset_end=4)
    assert names(data.train) == ["1", "2"]
    assert names(data.held_out) == ["3", "4"]
    other = opened(folder, train_dataset_start=1, test_dataset_path=str(folder), test_dataset_end=1)
    assert names(other.train) == ["2", "3"], "what is held out by its title is never trained on"
    assert names(other.held_out) == ["1"]
    assert names(opened(folder, split="all").train) == ["1", "2", "3", "4"]
    data = opened(folder, lazy=True, visit_steps=1)
    assert names(data.held_out) == ["4"]
    first, much_later = data.held_out.batch(0), data.held_out.batch(1000)
    assert len(data.held_out.supply._held) <= BATCH.windows * 4
    assert first.mel.shape == much_later.mel.shape


def test_filters_and_wishes(folder, tmp_path):
    assert opened(folder, gamemodes=(3,)).train.supply.charts_by_mode == {GameMode.MANIA: 1}
    assert opened(folder, gamemodes=(3,), key_counts=(4,)).train.supply.charts_by_mode == {GameMode.MANIA: 1}
    with pytest.raises(EmptyCorpusError):
        opened(folder, gamemodes=(3,), key_counts=(7,))
    easy = opened(folder, gamemodes=(0,), max_difficulty=3.0)
    assert [song.name for song in easy.train.supply.songs] == ["1"]
    assert "  skipped 1 charts: outside the requested difficulties" in easy.notes
    (tmp_path / "list.txt").write_text("Shy\n", encoding="utf-8")
    assert opened(folder, split="all", opt_out_path=str(tmp_path / "list.txt")).train.supply.songs[-1].name == "3"


def test_several_corpora_are_one_and_figures_are_of_the_first(folder, tmp_path):
    write_mapset(tmp_path / "5", small_beatmap("Secret"), seed=5)
    write_mapset(tmp_path / "6", small_beatmap("Six"), seed=6)
    data = opened(f"{folder}; {tmp_path}", train_dataset_start=2)
    assert names(data.train) == ["3", "6"]
    assert names(data.held_out) == ["4"]


@pytest.mark.parametrize("shares", [(0.5,), (1.0, 0.0), (0.2, 0.3, 0.5)])
def test_every_corpus_needs_a_share(folder, shares):
    maker = SamplerMaker(
        SPEC, DataOptions(f"{folder};{folder}"), replace(BATCH, corpus_shares=shares), AugmentationOptions(), seed=1
    )
    with pytest.raises(CorpusError, match="corpus_shares needs a number above 0 for each corpus"):
        maker()


def test_songs_read_lazily_are_the_same_songs(folder, tmp_path):
    """One visit each: with a single song and one place, both samplers see the same windows of it."""
    data = DataOptions(
        train_dataset_path=str(folder),
        convert_to_catch=False,
        gamemodes=(1,),
        cache_path=str(tmp_path),
        songs_per_window=1,
    )
    memory = SamplerMaker(SPEC, data, BATCH, None, 1)()
    lazy = SamplerMaker(SPEC, replace(data, lazy=True), BATCH, None, 1)()
    (song,) = memory.supply.songs
    read, place = lazy.supply.draw(0, 0, np.random.default_rng(0))
    assert np.array_equal(read.mel, song.mel)
    assert read.charts[place].attributes == song.charts[0].attributes
    whole = lazy.batch(5)
    again = SamplerMaker(SPEC, replace(data, lazy=True), BATCH, None, 1)().batch(5)
    assert all(np.array_equal(getattr(whole, f.name), getattr(again, f.name)) for f in fields(Batch))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"train_dataset_start": 9}, "no chart to train on"),
        ({"test_dataset_start": 9}, "no chart to train on"),
        ({"opt_out_path": "nowhere.txt"}, "nowhere.txt, cannot be read"),
        ({"test_dataset_path": "no/such/folder"}, "test_dataset_path must be a folder of mapsets, a dataset, or a hub"),
    ],
)
def test_data_that_is_not_there(folder, options, said):
    with pytest.raises(CorpusError, match=said):
        opened(folder, **options)
