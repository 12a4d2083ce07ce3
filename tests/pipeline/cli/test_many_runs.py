"""Many runs: where they take place, what becomes of those that fail, and models that are loaded once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.cli.launchers import Outcome, launch_here, launch_joblib
from pipeline.cli.many_runs import PlannedRun, PreparedRun, run_all, titles
from pipeline.generation.model_cache import MOST_KEPT, keep_models, kept, release_models
from pipeline.request.options import RequestError


def double(config: dict) -> None:
    """In place of a program; a module's function, since processes must find it."""
    if config["seed"] == 3:
        raise RequestError("3 is no seed.")
    print(f"{2 * config['seed']} by {os.getpid()}")


def nothing() -> None:
    pass


def weights_in(folder) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def describe(error: Exception) -> Outcome | None:
    return Outcome(2, error=f"x.py: {error}\n") if isinstance(error, RequestError) else None


RUN = PreparedRun(double, nothing, describe)


def planned(*seeds: int) -> list[PlannedRun]:
    return [PlannedRun(f"seed={seed}", {"seed": seed}) for seed in seeds]


def test_runs_in_this_process(capsys: pytest.CaptureFixture) -> None:
    assert run_all(planned(1, 2), RUN, "basic", {"runs_per_job": 1}) == 0
    assert capsys.readouterr().out.splitlines() == [
        "[1/2] seed=1", f"2 by {os.getpid()}", "[2/2] seed=2", f"4 by {os.getpid()}",
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 2])
def test_runs_in_other_processes(capsys: pytest.CaptureFixture, size: int) -> None:
    pytest.importorskip("joblib", reason="joblib is an extra")
    assert run_all(planned(1, 3, 5), RUN, "joblib", {"n_jobs": 2, "runs_per_job": size}) == 2
    shown = capsys.readouterr()
    assert sorted(line.split(" by ")[0] for line in shown.out.splitlines() if " by " in line) == ["10", "2"]
    assert str(os.getpid()) not in shown.out
    assert "x.py: 3 is no seed." in shown.err
    assert shown.err.endswith("1 of 3 runs failed:\n  seed=3\n")


def test_a_run_whose_outcome_never_came_has_failed(capsys: pytest.CaptureFixture, monkeypatch) -> None:
    def loses_the_rest(run, batches, options) -> Iterator:
        yield next(iter(launch_here(run, batches, options)))

    monkeypatch.setitem(__import__("pipeline.cli.many_runs").cli.many_runs.LAUNCHERS, "basic", loses_the_rest)
    assert run_all(planned(1, 2), RUN, "basic", {}) == 1
    assert capsys.readouterr().err.endswith("1 of 2 runs failed:\n  seed=2\n")


def test_a_launcher_that_is_not_installed_is_one_sentence(monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "joblib", None)
    with pytest.raises(RequestError, match=r"^hydra/launcher=joblib needs joblib: .*requirements-launchers\.txt\.$"):
        next(launch_joblib(RUN, [[(0, {})]], {}))


def test_titles_tell_runs_apart() -> None:
    runs = [[("audio_path", "a.mp3"), ("seed", "1")], [("audio_path", "a.mp3"), ("seed", "2")]]
    assert titles(runs) == ["seed=1", "seed=2"]
    assert titles(runs[:1]) == ["audio_path=a.mp3 seed=1"]


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
