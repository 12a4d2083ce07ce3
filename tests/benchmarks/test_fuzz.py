"""A small run of the fuzzer, and its limits."""

import resource
import time

import numpy as np
import pytest

from benchmarks.fuzz import watch
from benchmarks.fuzz.__main__ import main
from benchmarks.fuzz.absurd_charts import absurd_chart
from benchmarks.fuzz.watch import FuzzReport
from osu_beatmap.errors import BeatmapError


@pytest.fixture
def own_memory_limit():
    """Without it, a browser that a later test starts would have the limit of the fuzzer, and end."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def test_absurd_charts_and_mutated_inputs_end_in_results_or_sentences(capsys, own_memory_limit):
    status = main(["--seed", "5", "--charts", "12", "--inputs", "60"])
    assert status == 0, capsys.readouterr().out


def test_a_seed_repeats_a_case():
    assert absurd_chart(3) == absurd_chart(3)
    assert len({absurd_chart(seed) for seed in range(50)}) == 50


def test_what_is_no_sentence_is_a_failure(monkeypatch):
    report = FuzzReport()

    def refuse():
        raise BeatmapError("A sentence.")

    def fail():
        raise KeyError("x")

    def stall():
        end_s = time.process_time() + 20
        while time.process_time() < end_s:
            pass

    report.run("refused", 1, refuse)
    report.run("done", 2, lambda: 3)
    assert not report.failures
    report.run("failed", 3, fail)
    report.run("stalled", 4, stall, max_seconds=0.2)
    monkeypatch.setattr(watch, "MAX_GROWTH_MIB", 100.0)
    report.run("large", 5, lambda: np.ones(2**27).sum(), max_seconds=60.0)
    assert [failure.split(":")[0] for failure in report.failures] == [
        "failed, seed 3",
        "stalled, seed 4",
        "large, seed 5",
    ]
