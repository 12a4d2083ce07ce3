import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from shared_line import rows_of
from torch import nn

from training.average import WeightAverage
from training.checkpoint import RunState, Trained, load_checkpoint, save_checkpoint
from training.loop import LoopOptions, run_training
from training.options import OptionError


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


def trained_line() -> Trained:
    model = line_model()
    return Trained(model, [torch.optim.AdamW(model.parameters())], WeightAverage(model, 0.9))


def state_of(folder) -> dict:
    return json.loads((folder / "checkpoint" / "state.json").read_text(encoding="utf-8"))


def test_a_run_learns_and_logs(tmp_path):
    model = line_model()
    assert run_training(model, LineTask(), options(total_steps=200), tmp_path) == 200
    rows = rows_of(tmp_path)
    held_out = [row["held_out"]["loss"] for row in rows if "held_out" in row]
    assert held_out[-1] < 0.1 * held_out[0]
    assert {"step", "rate", "loss", "error", "norm", "seconds_per_step"} <= set(rows[0])


def test_a_half_written_checkpoint_does_not_count(tmp_path):
    trained = trained_line()
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


class SpoiledTask(LineTask):
    """Losses that are no numbers, at some steps."""

    def __init__(self, **factors):
        self.factors = {int(step.removeprefix("at_")): factor for step, factor in factors.items()}

    def loss(self, model, batch, step):
        loss, figures = super().loss(model, batch, step)
        return loss * self.factors.get(step, 1.0), figures

    def counts(self):
        return {"skipped_files": 4}


def test_steps_without_a_number_are_skipped_and_counted(tmp_path):
    model = line_model()
    task = SpoiledTask(at_1=float("inf"), at_3=float("nan"))
    run_training(model, task, options(total_steps=10, log_every=5), tmp_path)
    assert torch.isfinite(model.weight).all()
    rows = rows_of(tmp_path)
    assert [row["skipped_steps"] for row in rows] == [2, 2]
    assert all(row["skipped_files"] == 4 and row["loss"] > 0 for row in rows)
    assert state_of(tmp_path)["skipped_steps"] == 2


def test_the_best_weights_are_kept(tmp_path):
    """In the form that the task gives its models, and not again after they got worse."""
    losses = iter([3.0, 1.0, 2.0, float("nan")])
    exported = []

    class ExportingTask(LineTask):
        def evaluate(self, model):
            return {"loss": next(losses)}

        def export(self, weights, folder):
            exported.append(float(weights["weight"]))
            (folder / "model.txt").write_text(str(len(exported)), encoding="utf-8")

    run_training(line_model(), ExportingTask(), options(evaluate_every=10), tmp_path)
    assert (tmp_path / "best_model" / "model.txt").read_text(encoding="utf-8") == "2"
    state = state_of(tmp_path)
    assert (state["best_loss"], state["best_step"]) == (1.0, 20)


def test_without_a_form_of_its_own_the_best_is_the_bare_average(tmp_path):
    run_training(line_model(), LineTask(), options(), tmp_path)
    assert set(load_file(tmp_path / "best_model" / "average.safetensors")) == {"weight", "bias"}


def test_the_newest_checkpoints_are_kept(tmp_path):
    run_training(line_model(), LineTask(), options(keep_checkpoints=3), tmp_path)
    kept = sorted(path.name for path in tmp_path.glob("checkpoint*"))
    assert kept == ["checkpoint", "checkpoint-0000028", "checkpoint-0000035"]
    steps = [json.loads((tmp_path / name / "state.json").read_text(encoding="utf-8"))["step"] for name in kept]
    assert steps == [40, 28, 35]
    (tmp_path / "checkpoint").rename(tmp_path / "set aside")
    trained = trained_line()
    assert load_checkpoint(tmp_path / "checkpoint", trained).step == 35


def test_a_checkpoint_of_another_model_is_one_sentence(tmp_path):
    run_training(line_model(), LineTask(), options(total_steps=5), tmp_path)
    with pytest.raises(OptionError, match=r"is not one of this model .*: give another run_path") as error:
        run_training(nn.Linear(2, 1), LineTask(), options(), tmp_path)
    assert "\n" not in str(error.value)


def test_frozen_weights_are_not_saved(tmp_path):
    model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    model[0].requires_grad_(False)
    before = model[0].weight.clone()
    run_training(model, LineTask(), options(total_steps=10), tmp_path)
    assert set(load_file(tmp_path / "checkpoint" / "weights.safetensors")) == {"1.weight", "1.bias"}
    assert torch.equal(model[0].weight, before)


def test_samples_are_drawn_into_the_run(tmp_path):
    class DrawingTask(LineTask):
        def pictures(self, weights, folder):
            assert set(weights) == {"weight", "bias"}
            return {"taiko": np.zeros((3, 4, 3), dtype=np.uint8)}

    run_training(line_model(), DrawingTask(), options(sample_every=20), tmp_path)
    names = sorted(file.name for file in (tmp_path / "samples").iterdir())
    assert names == ["0000020-taiko.png", "0000040-taiko.png"]


def test_layers_are_compiled_in_place(tmp_path, monkeypatch):
    compiled = []
    monkeypatch.setattr(nn.Module, "compile", lambda self, **options: compiled.append((self, options)))

    class Stack(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1)])

        def forward(self, x):
            return self.layers[1](self.layers[0](x))

    model = Stack()
    run_training(model, LineTask(), options(total_steps=2, compile=True), tmp_path)
    assert [layer for layer, _ in compiled] == list(model.layers)
    assert set(load_file(tmp_path / "checkpoint" / "weights.safetensors")) == set(dict(model.named_parameters()))
