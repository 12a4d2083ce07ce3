"""Many runs: which there are, and what becomes of those that fail."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from pipeline.cli.many_runs import keep_outcome, report, runs_of, titles_of
from pipeline.cli.outcomes import outcome_of
from pipeline.request.options import RequestError


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
        keep_outcome(partial(outcome_of, "x.py", action), f"run {number}", tmp_path / f"{number}.json")
    shown = capsys.readouterr()
    assert shown.out == "run 0\nmade\nrun 1\nbegun\nrun 2\n"
    assert shown.err.startswith("x.py: 3 is no seed.\nTraceback")
    assert shown.err.endswith("ZeroDivisionError: division by zero\n")
    assert report(tmp_path, ["run 0"], shows_all=False) == 0
    assert report(tmp_path, ["run 0", "run 1", "run 2", "run 3"], shows_all=True) == 2
    assert capsys.readouterr() == (shown.out, f"{shown.err}3 of 4 runs failed:\n  run 1\n  run 2\n  run 3\n")
