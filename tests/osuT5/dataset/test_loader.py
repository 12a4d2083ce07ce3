"""Batches from worker processes: the same as from one, whoever is how fast, and what happens when one fails."""

import multiprocessing
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from counting_sampler import DEADLY_STEP, REFUSED_STEP, WINDOWS, CountingSampler

from osuT5.dataset.batches import Batch, BatchPart
from osuT5.dataset.errors import CorpusError
from osuT5.dataset.loader import BatchLoader
from tests.source_files import REPO_ROOT


def same(one: Batch, other: Batch) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Batch))


def test_workers_make_what_the_sampler_makes_and_end_with_the_loader():
    sampler = CountingSampler()
    with BatchLoader(CountingSampler, WINDOWS, workers=2) as loader:
        for step in (0, 1, 2, 7, 8, 3):
            assert same(loader.batch(step), sampler.batch(step)), step
        assert loader.skipped >= 2 * 6
        assert len(multiprocessing.active_children()) == 2
    assert not multiprocessing.active_children()


def test_a_worker_that_fails_or_dies_ends_the_run_and_does_not_hang_it():
    """The second of two processes, which accumulates two parts a step; there are windows for one worker only."""
    parts = [BatchPart(2, 4), BatchPart(3, 4)]
    sampler = CountingSampler()
    with BatchLoader(CountingSampler, WINDOWS, parts, workers=4) as loader:
        for step in range(2):
            for part in parts:
                assert same(loader.batch(step, part), sampler.batch(step, part)), "its own parts, in their order"
        assert len(multiprocessing.active_children()) == 1
        with pytest.raises(CorpusError, match="nothing here"):
            loader.batch(REFUSED_STEP)
        with pytest.raises(CorpusError, match="worker ended"):
            loader.batch(DEADLY_STEP)


def test_more_parts_than_windows():
    with pytest.raises(CorpusError, match=r"batch\.windows must be at least 6"):
        BatchLoader(CountingSampler, WINDOWS, [BatchPart(0, 6)])


ABANDON = """
import os
from counting_sampler import WINDOWS, watchful_sampler
from osuT5.dataset.loader import BatchLoader

if __name__ == "__main__":
    loader = BatchLoader(watchful_sampler, WINDOWS)
    loader.batch(0)
    os._exit(9)
"""


def test_workers_end_when_the_training_process_is_killed(tmp_path):
    """A worker keeps the output of its parent open, so that output ends only when both have ended."""
    script = tmp_path / "abandon.py"
    script.write_text(ABANDON, encoding="utf-8")
    paths = os.pathsep.join([str(REPO_ROOT), str(Path(__file__).resolve().parent)])
    command = [sys.executable, str(script)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120
    )
    assert done.returncode == 9
