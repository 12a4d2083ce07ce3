"""A run that is to fit a time finds out how many steps it can take, and keeps to that when it is resumed."""

import pytest
import torch
from shared_line import Line, WeightedLineTask, rows_of

from training import loop
from training.loop_options import LoopOptions

SECONDS_A_STEP = 1.0


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Time goes by in steps alone, and those before the counted ones take much longer."""
    now = [0.0]

    class TimedTask(WeightedLineTask):
        def loss(self, model, batch, step, totals=None):
            now[0] += SECONDS_A_STEP if step >= 5 else 10 * SECONDS_A_STEP
            return super().loss(model, batch, step, totals)

    monkeypatch.setattr(loop.time, "monotonic", lambda: now[0])
    return TimedTask()


def options(**changes) -> LoopOptions:
    facts = {"fit_minutes": 5.0, "pace_after_steps": 5, "log_every": 10, "evaluate_every": 10_000, "warmup_steps": 10}
    return LoopOptions(**{**facts, "checkpoint_every": 25, **changes})


def test_the_steps_fit_and_the_rate_falls_over_them(clock, tmp_path):
    reached = loop.run_training(Line(), clock, options(), tmp_path)
    whole = 5 * 10 + (reached - 5)  # in steps of the usual length
    assert 0.85 * 300 <= whole * SECONDS_A_STEP <= 300
    rates = [row["rate"] for row in rows_of(tmp_path) if "rate" in row]
    assert rates[-1] < 0.05 * max(rates)


@pytest.mark.parametrize("max_minutes", [0.5, 1.0])
def test_a_run_that_is_cut_while_it_finds_out_does_so_when_it_is_resumed(clock, tmp_path, max_minutes):
    """Half a minute ends before the counted steps, a whole one among them."""
    cut = options(max_minutes=max_minutes, log_every=1)
    assert loop.run_training(Line(), clock, cut, tmp_path) < 5 + loop.PACE_STEPS
    assert not any("total_steps" in row for row in rows_of(tmp_path))
    reached = loop.run_training(Line(), clock, options(), tmp_path)
    assert 0.85 * 300 <= reached * SECONDS_A_STEP <= 320
    assert [row["total_steps"] for row in rows_of(tmp_path) if "total_steps" in row] == [reached]


def test_a_resumed_run_keeps_its_number_of_steps(clock, tmp_path):
    whole, resumed = Line(), Line()
    reached = loop.run_training(whole, clock, options(), tmp_path / "whole")
    planned = next(row["total_steps"] for row in rows_of(tmp_path / "whole") if "total_steps" in row)
    assert planned == reached
    # Cut by the clock, after the first checkpoints.
    assert 50 < loop.run_training(resumed, clock, options(max_minutes=2.0), tmp_path / "parts") < reached
    assert loop.run_training(resumed, clock, options(), tmp_path / "parts") == reached
    assert torch.equal(whole.out.weight, resumed.out.weight)
