"""Models that are loaded once for many runs of a process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.generation.model_cache import MOST_KEPT, keep_models, load_cached, release_models


def weights_in(folder) -> bytes:
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture
def shelf() -> Iterator[None]:
    keep_models()
    yield
    release_models()


def test_one_run_keeps_no_model() -> None:
    release_models()  # of another test
    loaded = []
    assert load_cached(loaded.append, "a") is None
    load_cached(loaded.append, "a")
    assert loaded == ["a", "a"]


def test_models_are_loaded_once_each(shelf: None) -> None:
    loaded = []

    def load(name: str, *, lora: str | None = None) -> str:
        loaded.append((name, lora))
        return name

    for name, lora in (("a", None), ("a", "x"), ("a", None), ("a", "x")):
        assert load_cached(load, name, lora=lora) == name
    assert loaded == [("a", None), ("a", "x")]


def test_the_shelf_is_short(shelf: None) -> None:
    loaded = []

    def load(name: int) -> int:
        loaded.append(name)
        return name

    for name in (*range(MOST_KEPT + 1), 0):
        load_cached(load, name)
    assert loaded == [*range(MOST_KEPT + 1), 0]


def test_a_model_whose_files_have_changed_is_loaded_again(tmp_path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"one")
    keep_models()
    try:
        assert load_cached(weights_in, tmp_path) == b"one"
        assert load_cached(weights_in, tmp_path) is load_cached(weights_in, tmp_path)
        weights.write_bytes(b"other")
        assert load_cached(weights_in, tmp_path) == b"other"
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
            models = list(threads.map(load_cached, [load] * 4, ["a"] * 4))
    finally:
        release_models()
    assert loaded == ["a"]
    assert len(set(map(id, models))) == 1
