"""train.py as a user types it, without training anything."""

from __future__ import annotations

import importlib
import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

from osuT5.map_model.options import MapTrainOptions
from osuT5.objects.batches import SamplingOptions
from osuT5.objects.model.config import ObjectConfig
from osuT5.training.options import TrainOptions
from pipeline.cli.command_line import compose_config, run
from pipeline.cli.overrides import option_types
from pipeline.request.inference_options import InferenceOptions
from tests.source_files import REPO_ROOT, root_script


@pytest.fixture
def script() -> ModuleType:
    return importlib.import_module("train")


@pytest.fixture
def options(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[TrainOptions]:
    """What training is asked for, in place of training."""
    asked: list[TrainOptions] = []

    def train(options: TrainOptions) -> Path:
        asked.append(options)
        return Path("runs/mine/model")

    monkeypatch.setitem(script.TRAINERS, TrainOptions, train)
    return asked


def test_options_by_path_by_last_name_and_from_the_config(script, options, capsys) -> None:
    words = ["-cn", "train_v29", "train_dataset_path=/data", "test_dataset_path=/data", "train_dataset_end=90"]
    words += ["test_dataset_start=90", "test_dataset_end=100", "loop.total_steps=7", "+accumulation_steps=4"]
    assert run(script.TRAIN, words) == 0
    (asked,) = options
    assert (asked.data.train_dataset_path, asked.data.train_dataset_end) == ("/data", 90)
    assert (asked.data.test_dataset_path, asked.data.test_dataset_start, asked.data.test_dataset_end) == (
        "/data",
        90,
        100,
    )
    assert (asked.loop.total_steps, asked.loop.accumulation_steps) == (7, 4)
    assert (asked.architecture, asked.loop.precision, asked.loop.schedule) == ("v29", "bf16", "linear")
    assert capsys.readouterr().out == f"Model: {Path('runs/mine/model')}\n"


def test_the_adapter_options_that_users_know(script, options) -> None:
    words = ["-cn", "lora", "pretrained_path=a/b", "r=8", "lora_alpha=16", "total_steps=50", "target_modules=[q_proj]"]
    assert run(script.TRAIN, [*words, "gamemodes=[1]"]) == 0
    (asked,) = options
    assert (asked.lora.enable_lora, asked.lora.r, asked.lora.lora_alpha) == (True, 8, 16)
    assert (asked.lora.target_modules, asked.lora.init_lora_weights) == (("q_proj",), "pissa")
    assert (asked.pretrained_path, asked.loop.total_steps, asked.data.gamemodes) == ("a/b", 50, (1,))
    assert run(script.TRAIN, ["-cn", "lora", "enable_lora=false"]) == 0
    assert not options[-1].lora.enable_lora


def test_a_yaml_of_the_users_own(script, options, tmp_path: Path) -> None:
    """It builds on one of ours; the command line has the last word."""
    own = tmp_path / "mine.yaml"
    own.write_text(
        "defaults: [train_seq2seq, _self_]\n"
        "data:\n  train_dataset_path: /own\n  cache_path: /nested\nsizes:\n  d_model: 64\nloop:\n  total_steps: 5\n",
        encoding="utf-8",
    )
    assert run(script.TRAIN, ["-cn", str(own)]) == 0
    assert run(script.TRAIN, ["-cn", str(own), "data.train_dataset_path=/line", "sizes.encoder_layers=2"]) == 0
    first, second = options
    assert (first.data.train_dataset_path, first.data.cache_path) == ("/own", "/nested")
    assert (first.loop.total_steps, first.batch.windows) == (5, 10)
    assert second.data.train_dataset_path == "/line"
    assert second.sizes == {"d_model": 64, "encoder_layers": 2, "chart_onset_dim": 192}


def test_help_lists_the_options_of_a_config(script, capsys) -> None:
    assert run(script.TRAIN, ["-cn", "train_v32", "-h"]) == 0
    assert "augmentation.mirror" in capsys.readouterr().out
    assert run(script.TRAIN, ["-h"]) == 0
    assert "rhythm.sampling" in capsys.readouterr().out


def test_what_the_documentation_names_is_there() -> None:
    text = (REPO_ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    own = {"my_run.yaml"}
    names = set(re.findall(r"-cn ([\w.-]+)", text)) - own
    assert names >= {"train_mini", "train_base", "train_v29", "lora"}
    assert all(compose_config(name) for name in names)
    programs = (TrainOptions, MapTrainOptions, root_script("build_dataset").BuildDatasetOptions, InferenceOptions)
    known = {path.rpartition(".")[2] for options in programs for path in option_types(options)}
    parts = (ObjectConfig, SamplingOptions)
    known |= {field.name for each in parts for field in fields(each)}
    options = set(re.findall(r"(?<![\w/-])([a-z]\w*(?:\.\w+)*)=\S", text)) - {"nproc_per_node", "nnodes"}
    assert not [option for option in options if option.rpartition(".")[2] not in known]
