"""Many runs: which there are, what becomes of those that fail, and models that are loaded once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from pipeline.cli.command_line import described
from pipeline.cli.many_runs import perform, report, runs_of, titles_of
from pipeline.generation.model_cache import MOST_KEPT, keep_models, kept, release_models
from pipeline.request.options import RequestError


def weights_in(folder) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def test_every_combination_the_first_slowest() -> None:
    runs = runs_of(["difficulty=2,4", "gamemode=3", "audio_path='a, b.mp3',c.mp3"])
    assert runs == [
        ["difficulty=2", "gamemode=3", "audio_path='a, b.mp3'"],
        ["difficulty=2", "gamemode=3", "audio_path=c.mp3"],
        ["difficulty=4", "gamemode=3", "audio_path='a, b.mp3'"],
        ["difficulty=4", "gamemode=3", "audio_path=c.mp3"],
    ]
    assert titles_of(runs)[1] == "[2/4] difficulty=2 audio_path=c.mp3"
    assert titles_of([["hydra.run.dir=.", "audio_path=a.mp3"]]) == ["[1/1] audio_path=a.mp3"]


def test_a_run_that_fails_or_is_lost(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    def wrong() -> None:
        print("begun")
        raise RequestError("3 is no seed.")

    for number, action in enumerate((lambda: print("made"), wrong, lambda: 1 / 0)):
        perform(action, partial(described, "x.py"), f"run {number}", tmp_path / f"{number}.json")
    shown = capsys.readouterr()
    assert shown.out == "run 0\nmade\nrun 1\nbegun\nrun 2\n"
    assert shown.err.startswith("x.py: 3 is no seed.\nTraceback")
    assert shown.err.endswith("ZeroDivisionError: division by zero\n")
    assert report(tmp_path, ["run 0"], shows_all=False) == 0
    assert report(tmp_path, ["run 0", "run 1", "run 2", "run 3"], shows_all=True) == 2
    assert capsys.readouterr() == (shown.out, f"{shown.err}3 of 4 runs failed:\n  run 1\n  run 2\n  run 3\n")


@pytest.fixture
def shelf() -> Iterator[None]:
    keep_models()
    yield
    release_models()


def test_one_run_keeps_no_model() -> None:
    loaded = []
    assert kept(loaded.append, "a") is None
    kept(loaded.append, "a")
    assert loaded == ["a", "a"]


def test_models_are_loaded_once_each(shelf: None) -> None:
    loaded = []

    def load(name: str, *, lora: str | None = None) -> str:
        loaded.append((name, lora))
        return name

    for name, lora in (("a", None), ("a", "x"), ("a", None), ("a", "x")):
        assert kept(load, name, lora=lora) == name
    assert loaded == [("a", None), ("a", "x")]


def test_the_shelf_is_short(shelf: None) -> None:
    loaded = []

    def load(name: int) -> int:
        loaded.append(name)
        return name

    for name in (*range(MOST_KEPT + 1), 0):
        kept(load, name)
    assert loaded == [*range(MOST_KEPT + 1), 0]


def test_a_model_whose_files_have_changed_is_loaded_again(tmp_path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"one")
    keep_models()
    try:
        assert kept(weights_in, tmp_path) == b"one"
        assert kept(weights_in, tmp_path) is kept(weights_in, tmp_path)
        weights.write_bytes(b"other")
        assert kept(weights_in, tmp_path) == b"other"
    finally:
        release_models()


def test_threads_that_want_one_model_load_it_once() -> None:
    loaded = []

    def load(name: str) -> object:
        loaded.append(name)
        time.sleep(0.05)
        return object()

    keep_models()
    try:
        with ThreadPoolExecutor(4) as threads:
            models = list(threads.map(kept, [load] * 4, ["a"] * 4))
    finally:
        release_models()
    assert loaded == ["a"]
    assert len(set(map(id, models))) == 1
