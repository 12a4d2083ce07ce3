"""train.py as a user types it, without training anything."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from osuT5.training.options import TrainOptions
from pipeline.cli.command_line import compose_config, run
from pipeline.cli.nested_options import option_paths, read_value, with_assignments, with_flat_names
from pipeline.request.options import RequestError
from tests.source_files import REPO_ROOT
from training.options import build_options


@pytest.fixture
def script() -> ModuleType:
    return importlib.import_module("train")


@pytest.fixture
def options(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[TrainOptions]:
    """What training is asked for, in place of training."""
    asked: list[TrainOptions] = []

    def train(config: dict) -> Path:
        asked.append(build_options(TrainOptions, config))
        return Path("runs/mine/model")

    monkeypatch.setitem(script.TASKS, "mapper", train)
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
    """It builds on one of ours, with groups or flat names; the command line has the last word."""
    own = tmp_path / "mine.yaml"
    own.write_text(
        "defaults: [train_mini, _self_]\ntotal_steps: 5\ntrain_dataset_path: /flat\n"
        "data:\n  cache_path: /nested\nsizes:\n  d_model: 64\n",
        encoding="utf-8",
    )
    assert run(script.TRAIN, ["-cn", str(own)]) == 0
    assert run(script.TRAIN, ["-cn", str(own), "data.train_dataset_path=/line", "sizes.encoder_layers=2"]) == 0
    first, second = options
    assert (first.data.train_dataset_path, first.data.cache_path) == ("/flat", "/nested")
    assert (first.loop.total_steps, first.batch.windows) == (5, 10)
    assert second.data.train_dataset_path == "/line"
    assert second.sizes == {"d_model": 64, "encoder_layers": 2, "chart_onset_dim": 192}


WRONG = [
    (
        ["-cn", "nothing"],
        "There is no configuration nothing; -cn can be lora, train_classifier, train_diffusion, train_mini,",
    ),
    (["-cn", "missing.yaml"], "There is no configuration missing.yaml"),
    (["loop.totl_steps=3"], "There is no option loop.totl_steps; did you mean loop.total_steps?"),
    (["train_dataset_pth=x"], "There is no option train_dataset_pth; did you mean data.train_dataset_path?"),
    (["total_steps=many"], "loop.total_steps must be of kind int, got 'many'."),
    (["total_steps=0"], "loop.total_steps must be 1 or more, got 0."),
    (["loop=3"], "loop is a group of options, got 3."),
    (["seed.x=3"], "seed is an option and no group, so there is no seed.x."),
    (["schedule=sudden"], "loop.schedule must be one of cosine, linear, constant, got sudden."),
    (["task=poet"], "task must be one of mapper"),
    (["songs"], "songs is not an option: write name=value, such as train_dataset_path=FOLDER"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_wrong_words_get_one_sentence(script, options, words: list[str], sentence: str, capsys) -> None:
    assert run(script.TRAIN, words) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith(f"train.py: {sentence}")
    assert len(shown.err.splitlines()) == 1
    assert not options


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("1e-3", 0.001),
        ("true", True),
        ("null", None),
        ("[1, 2]", [1, 2]),
        ("{a: 1}", {"a": 1}),
        ("C:\\songs\\[1] x", "C:\\songs\\[1] x"),
        ("[broken", "[broken"),
        ("a=b", "a=b"),
        ("", None),
    ],
)
def test_words_are_read_as_yaml_where_they_are_yaml(text: str, value: object) -> None:
    assert read_value(text) == value


def test_a_name_that_two_groups_have_is_refused() -> None:
    config = {"a": {"x": 1}, "b": {"x": 2}, "top": 3}
    with pytest.raises(RequestError, match=r"x can be a\.x or b\.x: say which"):
        with_assignments(config, [("x", "5")])
    with pytest.raises(RequestError, match="say which"):
        with_flat_names({**config, "x": 5})
    assert with_assignments(config, [("a.x", "5"), ("top", "4")]) == {"a": {"x": 5}, "b": {"x": 2}, "top": 4}


def test_the_script_inside_the_package_is_an_alias() -> None:
    words = [sys.executable, str(REPO_ROOT / "osuT5" / "train.py"), "-cn", "train_v29", "schedule=sudden"]
    result = subprocess.run(words, cwd=REPO_ROOT.parent, capture_output=True, text=True, encoding="utf-8", check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("train.py: loop.schedule must be one of")


def test_help_lists_the_options(script, capsys) -> None:
    assert run(script.TRAIN, ["-h"]) == 0
    shown = capsys.readouterr().out
    assert "data.train_dataset_path" in shown
    assert "lora.target_modules" in shown
    assert compose_config("default")["task"] == "mapper"


def test_what_the_documentation_names_is_there() -> None:
    text = (REPO_ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    own = {"my_run.yaml"}
    names = set(re.findall(r"-cn ([\w.-]+)", text)) - own
    assert names >= {"train_mini", "train_v29", "lora"}
    assert all(compose_config(name) for name in names)
    programs = ("default", "build_dataset", "inference")
    known = {path.rpartition(".")[2] for name in programs for path in option_paths(compose_config(name))}
    options = set(re.findall(r"(?<![\w/-])([a-z]\w*(?:\.\w+)*)=\S", text)) - {"nproc_per_node", "nnodes"}
    assert not [option for option in options if option.rpartition(".")[2] not in known]
