"""Lines of the log, and where else they go."""

import json
import sys
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch

from training.loop_options import LoggingOptions
from training.options import OptionError
from training.run_log import RunLog
from training.trackers import make_trackers


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_report_has_means_of_its_steps_and_figures_of_the_machine(tmp_path):
    tracker = MagicMock()
    log = RunLog(tmp_path / "log.jsonl", trackers=[tracker])
    for loss in (1.0, 2.0):
        log.step_taken(waited_s=0.0)
        log.add({"loss": torch.tensor(loss), "tokens": 10.0})
    log.step_taken(waited_s=0.0)  # skipped: it has no figures, and takes its time all the same
    log.report(3, 0.5, {"skipped_steps": 1})
    (row,) = lines(tmp_path / "log.jsonl")
    assert (row["step"], row["rate"], row["loss"], row["skipped_steps"]) == (3, 0.5, 1.5, 1)
    assert row["tokens_per_second"] > 0
    assert row["memory_mib"] > 10
    assert 0 <= row["data_wait_share"] <= 1
    tracker.log.assert_called_once_with(3, {name: value for name, value in row.items() if name != "step"})
    log.write({"step": 5, "held_out": {"loss": 2.0, "accuracy/t": 0.5}})
    tracker.log.assert_called_with(5, {"held_out/loss": 2.0, "held_out/accuracy/t": 0.5})


def test_resuming_forgets_what_will_be_written_again(tmp_path):
    path = tmp_path / "log.jsonl"
    log = RunLog(path)
    for step in (10, 20, 30):
        log.write({"step": step, "loss": 1.0})
    with path.open("a", encoding="utf-8") as file:
        file.write('{"step": 40, "los')  # a kill in the middle of a line
    again = RunLog(path)
    again.resume(20, {"loss": 6.0, "steps": 3.0})
    assert [row["step"] for row in lines(path)] == [10, 20]
    again.step_taken(0.0)
    again.add({"loss": 2.0})
    again.report(24, 0.1, {})
    assert lines(path)[-1]["loss"] == 2.0, "the mean of the three steps before the stop and the one after"


def test_the_choice_of_tracker(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.setitem(sys.modules, "wandb", None)
    assert make_trackers(LoggingOptions("disabled"), tmp_path, {}) == []
    assert make_trackers(LoggingOptions("auto"), tmp_path, {}) == []
    assert "pip install -r requirements-train.txt" in capsys.readouterr().out
    for mode, package in (("offline", "wandb"), ("online", "wandb"), ("tensorboard", "tensorboard")):
        with pytest.raises(OptionError, match=rf"logging\.mode={mode} needs {package}, which is not installed: pip"):
            make_trackers(LoggingOptions(mode), tmp_path, {})
    with pytest.raises(OptionError, match=r"logging\.mode must be one of auto, online"):
        LoggingOptions("loud")


@pytest.mark.parametrize(("mode", "key", "expected"), [("auto", "secret", "online"), ("offline", "", "offline")])
def test_weights_and_biases(tmp_path, monkeypatch, mode, key, expected):
    monkeypatch.setenv("WANDB_API_KEY", key)
    wandb = MagicMock()
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    for _ in range(2):
        (tracker,) = make_trackers(LoggingOptions(mode, "maps", "first"), tmp_path, {"seed": 1})
    first, again = (started.kwargs for started in wandb.init.call_args_list)
    assert first["mode"] == expected
    assert (first["project"], first["name"]) == ("maps", "first")
    assert first["id"] == again["id"], "a resumed run goes on in the same curves"
    pixels = np.zeros((2, 3, 3), dtype=np.uint8)
    tracker.log(3, {"loss": 1.0})
    tracker.picture(4, "samples/taiko", pixels)
    tracker.close()
    figures, picture = (logged.args[0] for logged in wandb.init.return_value.log.call_args_list)
    assert figures == {"loss": 1.0, "step": 3}
    assert picture == {"samples/taiko": wandb.Image.return_value, "step": 4}
    wandb.Image.assert_called_once_with(pixels)
    wandb.init.return_value.finish.assert_called_once()


@pytest.mark.parametrize(
    ("mode", "package", "files"),
    [
        ("offline", "wandb", "wandb/offline-run-*/*.wandb"),
        ("tensorboard", "tensorboard", "tensorboard/events.out.tfevents.*"),
    ],
)
def test_real_files(tmp_path, monkeypatch, mode, package, files):
    pytest.importorskip(package)
    monkeypatch.setenv("WANDB_SILENT", "true")
    (tracker,) = make_trackers(LoggingOptions(mode), tmp_path, {"seed": 1})
    tracker.log(3, {"loss": 1.0})
    tracker.picture(4, "samples/taiko", np.zeros((2, 3, 3), dtype=np.uint8))
    tracker.close()
    assert list(tmp_path.glob(files))
