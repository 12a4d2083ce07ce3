import json

import pytest
import torch
from torch import nn

from training.average import WeightAverage
from training.checkpoint import RunState, Trained, load_checkpoint, save_checkpoint
from training.loop import LoopOptions, prefetched, run_training
from training.schedule import RateSchedule


class LineTask:
    """Learn y = 2x + 1 from batches that depend on the step alone."""

    def batch(self, step):
        x = torch.randn(8, 1, generator=torch.Generator().manual_seed(step))
        return x, 2 * x + 1

    def loss(self, model, batch, step):
        x, y = batch
        loss = ((model(x) - y) ** 2).mean()
        return loss, {"error": float(loss.detach())}

    def evaluate(self, model):
        loss, _ = self.loss(model, self.batch(10_000), 0)
        return {"loss": float(loss)}


def options(**changes) -> LoopOptions:
    facts = {"total_steps": 40, "warmup_steps": 5, "learning_rate": 0.05, "log_every": 10, "evaluate_every": 20}
    return LoopOptions(**{**facts, "checkpoint_every": 7, **changes})


def line_model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Linear(1, 1)


def test_the_rate_warms_up_then_falls_to_its_floor():
    schedule = RateSchedule("cosine", 1.0, warmup_steps=10, total_steps=110)
    rates = [schedule.at(step) for step in range(200)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9] == rates[10] == pytest.approx(1.0)
    assert rates[60] == pytest.approx(0.02 + 0.98 * 0.5)
    assert rates[150] == rates[199] == pytest.approx(0.02)


def test_a_run_learns_and_logs(tmp_path):
    model = line_model()
    assert run_training(model, LineTask(), options(total_steps=200), tmp_path) == 200
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    held_out = [row["held_out"]["loss"] for row in rows if "held_out" in row]
    assert held_out[-1] < 0.1 * held_out[0]
    assert {"step", "rate", "loss", "error", "norm", "seconds_per_step"} <= set(rows[0])


def test_an_interrupted_run_ends_exactly_where_an_unbroken_one_does(tmp_path):
    whole, parts = line_model(), line_model()
    run_training(whole, LineTask(), options(), tmp_path / "whole")
    # The schedule must not know of the interruption, so the first part is cut by an error instead of by its length.
    task = LineTask()
    broken = LineTask()
    broken.loss = lambda model, batch, step: (
        (_ for _ in ()).throw(KeyboardInterrupt) if step == 23 else task.loss(model, batch, step)
    )
    with pytest.raises(KeyboardInterrupt):
        run_training(parts, broken, options(), tmp_path / "parts")
    resumed = line_model()
    run_training(resumed, task, options(), tmp_path / "parts")
    assert torch.equal(whole.weight, resumed.weight)
    assert torch.equal(whole.bias, resumed.bias)


def test_a_half_written_checkpoint_does_not_count(tmp_path):
    model = line_model()
    trained = Trained(model, [torch.optim.AdamW(model.parameters())], WeightAverage(model, 0.9))
    save_checkpoint(tmp_path / "c", trained, RunState(3))
    (tmp_path / "c.new").mkdir()
    assert load_checkpoint(tmp_path / "c", trained).step == 3
    # Stopped between the two renames: the previous one is still found.
    (tmp_path / "c").rename(tmp_path / "c.old")
    assert load_checkpoint(tmp_path / "c", trained).step == 3
    assert load_checkpoint(tmp_path / "nothing", trained) is None


def test_the_average_follows_and_swaps():
    model = line_model()
    average = WeightAverage(model, 0.5)
    start = model.weight.detach().clone()
    with torch.no_grad():
        model.weight += 1.0
    average.update(model)
    assert torch.all(average.weights["weight"] > start)
    held = model.weight.detach().clone()
    average.swap(model)
    assert not torch.equal(model.weight, held)
    average.swap(model)
    assert torch.equal(model.weight, held)


def test_batches_are_made_ahead_in_order():
    made = []
    steps = [step for step, batch in prefetched(lambda step: made.append(step) or step, 3, 6)]
    assert steps == made == [3, 4, 5]


def test_a_step_with_an_infinite_gradient_is_skipped(tmp_path):
    task = LineTask()
    spoiled = LineTask()
    spoiled.loss = lambda model, batch, step: (
        task.loss(model, batch, step)[0] * (float("inf") if step == 1 else 1.0),
        {},
    )
    model = line_model()
    run_training(model, spoiled, options(total_steps=5), tmp_path)
    assert torch.isfinite(model.weight).all()
