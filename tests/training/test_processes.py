"""Several processes that train one model do what one does, and a killed run goes on as if nothing had been."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.source_files import REPO_ROOT
from tests.training.shared_line import Line, WeightedLineTask, options, rows_of
from training.loop import run_training

SCRIPT = REPO_ROOT / "tests" / "training" / "shared_line.py"
MACHINE_FIGURES = ("seconds_per_step", "tokens_per_second", "data_wait_share", "memory_mib")


def start(folder: Path, runs: list[dict], rank: int = 0, world_size: int = 1, port: int = 0) -> subprocess.Popen:
    """A process as torchrun starts it."""
    place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world_size, "LOCAL_WORLD_SIZE": world_size}
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "USE_LIBUV": 0, "OMP_NUM_THREADS": 1}
    env = {**os.environ, "PYTHONPATH": str(REPO_ROOT), **{name: str(v) for name, v in {**place, **address}.items()}}
    words = [sys.executable, str(SCRIPT), str(folder), json.dumps(runs)]
    return subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def finished(process: subprocess.Popen) -> None:
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors


def rows(folder: Path) -> list[dict]:
    """The lines of a log without what depends on the machine."""
    return [{name: v for name, v in row.items() if name not in MACHINE_FIGURES} for row in rows_of(folder)]


def assert_same_curve(one: list[dict], two: list[dict], tolerance: float) -> None:
    assert [row["step"] for row in one] == [row["step"] for row in two]
    for mine, theirs in zip(one, two, strict=True):
        assert mine.keys() == theirs.keys()
        for name in mine:
            assert mine[name] == pytest.approx(theirs[name], rel=tolerance, abs=1e-6), (name, mine["step"])


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone")
    run_training(Line(), WeightedLineTask(), options(), folder)
    return folder


def test_passes_over_parts_of_a_batch_are_one_step(alone: Path, tmp_path: Path) -> None:
    run_training(Line(), WeightedLineTask(), options(accumulation_steps=3), tmp_path)
    assert_same_curve(rows(alone), rows(tmp_path), tolerance=1e-4)


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in two processes, in several ways; the last is stopped after its first step."""
    folder = tmp_path_factory.mktemp("together")
    runs = [
        {"folder": "ddp"},
        {"folder": "fsdp", "parallel": "fsdp"},
        {"folder": "passes", "accumulation_steps": 2},
        {"folder": "stopped", "parallel": "fsdp", "max_minutes": 1e-9},
    ]
    port = free_port()
    for process in [start(folder, runs, rank, 2, port) for rank in range(2)]:
        finished(process)
    return folder


@pytest.mark.parametrize("kind", ["ddp", "fsdp", "passes"])
def test_two_processes_learn_what_one_learns(alone: Path, together: Path, kind: str) -> None:
    assert_same_curve(rows(alone), rows(together / kind), tolerance=1e-4)
    weights = load_file(together / kind / "checkpoint" / "weights.safetensors")
    for name, weight in load_file(alone / "checkpoint" / "weights.safetensors").items():
        torch.testing.assert_close(weights[name], weight, rtol=1e-4, atol=1e-5)


def test_a_sharded_run_goes_on_in_one_process(alone: Path, together: Path) -> None:
    """Checkpoints hold whole tensors, however many processes wrote them."""
    run = together / "stopped"
    assert json.loads((run / "checkpoint" / "state.json").read_text(encoding="utf-8"))["step"] == 1
    run_training(Line(), WeightedLineTask(), options(), run)
    assert_same_curve(rows(alone), rows(run), tolerance=1e-4)


def test_a_run_that_was_killed_goes_on_step_for_step(tmp_path: Path) -> None:
    """With dropout, and with a report that is due in the middle of what has to be done again."""
    facts = {"total_steps": 400, "evaluate_every": 150, "checkpoint_every": 50, "log_every": 7}
    process = start(tmp_path, [{"folder": "killed", "dropout": 0.2, **facts}])
    log = tmp_path / "killed" / "log.jsonl"
    while process.poll() is None and not (log.is_file() and log.stat().st_size > 3_000):
        time.sleep(0.01)
    assert process.poll() is None, "it must be killed in the middle"
    process.kill()
    process.communicate()
    for folder in (tmp_path / "killed", tmp_path / "whole"):
        run_training(Line(), WeightedLineTask(dropout=0.2), options(**facts), folder)
    assert rows(tmp_path / "killed") == rows(tmp_path / "whole")
