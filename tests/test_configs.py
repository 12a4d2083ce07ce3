"""Every shipped YAML composes, and the one that users read says what the dataclasses say."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from model_files.hub import parse_hub_id
from osuT5.training.architectures import ARCHITECTURES
from osuT5.training.options import TrainOptions
from pipeline.cli.command_line import CONFIG_DIR, CONFIG_DIRS, FlatConfig, compose_config
from pipeline.cli.config_help import read_help
from pipeline.cli.launchers import LAUNCHERS
from pipeline.cli.nested_options import option_paths
from pipeline.request.options import GenerationRequest, option_fields
from pipeline.request.resolve import READERS, resolve
from training.options import build_options, option_defaults

LAUNCHER_CONFIGS = sorted(path.stem for path in (CONFIG_DIR / "launcher").glob("*.yaml"))
ALL_CONFIGS = sorted(path.stem for folder in CONFIG_DIRS for path in folder.glob("*.yaml"))
TRAIN_CONFIGS = [
    name
    for name in sorted(path.stem for path in (CONFIG_DIR / "train").glob("*.yaml"))
    if compose_config(name)["task"] == "mapper"
]
INFERENCE_CONFIGS = [name for name in ALL_CONFIGS if name.startswith("inference")]
SHOWN_AS_NULL = {"output_type"}
"""Options whose default depends on others: the file shows null and says how."""


SHOWN_ANYWAY = {"lora.r", "lora.lora_alpha", "lora.target_modules", "lora.init_lora_weights"}
"""Options that everybody who trains an adapter looks for, whether they differ from the default or not."""


@pytest.fixture(scope="module")
def shown() -> FlatConfig:
    """The YAML that users read."""
    return compose_config("inference")


@pytest.mark.parametrize("name", [*ALL_CONFIGS, *(f"launcher/{name}" for name in LAUNCHER_CONFIGS)])
def test_config_composes(name: str) -> None:
    assert compose_config(name)


def test_every_launcher_has_a_config() -> None:
    assert sorted(LAUNCHERS) == LAUNCHER_CONFIGS


@pytest.mark.parametrize("name", INFERENCE_CONFIGS)
def test_inference_config_resolves(name: str) -> None:
    resolve({**compose_config(name), "audio_path": "song.mp3"})


def test_yaml_readers_and_dataclasses_have_the_same_options(shown: FlatConfig) -> None:
    options = set(option_fields())
    assert set(shown) == options
    assert set(READERS) == options


def test_yaml_shows_the_defaults_of_the_dataclasses(shown: FlatConfig) -> None:
    groups = {group.name: group.default_factory() for group in fields(GenerationRequest)}  # type: ignore[misc]
    for name, (group, field_name) in option_fields().items():
        default = getattr(groups[group], field_name)
        if name in SHOWN_AS_NULL or default in (None, ()):
            assert shown[name] is None, name
        else:
            assert READERS[name](name, shown[name]) == default, name


def test_yaml_as_it_is_asks_for_nothing_beyond_the_defaults(shown: FlatConfig) -> None:
    song = {"audio_path": "song.mp3"}
    assert resolve({**shown, **song}) == resolve(song)


@pytest.mark.parametrize("name", ["inference", "train/default", "serve", "build_dataset", "evaluate"])
def test_every_option_has_an_explanation_and_a_group(name: str) -> None:
    groups = read_help(CONFIG_DIR / f"{name}.yaml")
    explained = {option.name: option.about for group in groups for option in group.options if group.heading}
    assert set(explained) == set(option_paths(compose_config(Path(name).name)))
    assert all(len(about) > 10 for about in explained.values())


def test_names_of_configs_are_unique() -> None:
    """`-cn NAME` finds them in two folders."""
    assert len(ALL_CONFIGS) == len(set(ALL_CONFIGS))


def _train_options(name: str) -> TrainOptions:
    config = compose_config(name)
    assert config.pop("task") == "mapper"
    return build_options(TrainOptions, config)


@pytest.mark.parametrize("name", TRAIN_CONFIGS)
def test_train_config_fits_the_options(name: str) -> None:
    options = _train_options(name)
    assert options.loop.total_steps > options.loop.warmup_steps
    assert sum(options.batch.mode_shares) == pytest.approx(1.0)
    assert options.architecture in ARCHITECTURES


def test_default_lists_every_option_with_its_default() -> None:
    assert _train_options("default") == TrainOptions()
    shown = set(option_paths(compose_config("default")))
    assert shown == {"task", *(path for path, _ in option_defaults(TrainOptions))}


def test_last_names_of_training_options_are_unique() -> None:
    """So that each can be given by it alone."""
    names = [path.rpartition(".")[2] for path in option_paths(compose_config("default"))]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", [name for name in TRAIN_CONFIGS if name != "default"])
def test_the_other_training_configs_state_only_what_differs(name: str) -> None:
    stated = OmegaConf.to_container(OmegaConf.load(CONFIG_DIR / "train" / f"{name}.yaml"))
    parent, _ = stated.pop("defaults")  # type: ignore[union-attr]
    inherited = compose_config(parent)
    for path in set(option_paths(stated)) - SHOWN_ANYWAY:  # type: ignore[arg-type]
        own, given = stated, inherited
        for part in path.split("."):
            own, given = own[part], given.get(part)  # type: ignore[index,union-attr]
        assert own != given, path


def test_help_reads_headings_nested_options_and_comments(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    text = (
        "# About this file\n# in two lines\n\n# Group\n\na: 1  # first\n      # and more\nb: '#x'   # second\nc: null\n"
        "\nnest:\n  d: 2 # fourth\n"
    )
    path.write_text(text, encoding="utf-8")
    group, nested = read_help(path)
    assert (group.heading, nested.heading, nested.options[0].name) == ("Group", "nest", "nest.d")
    assert [(o.name, o.default, o.about) for o in group.options] == [
        ("a", "1", "first and more"),
        ("b", "'#x'", "second"),
        ("c", "null", ""),
    ]


PUBLISHED = ["inference_v28", "inference_v29", "inference_v30", "inference_v31", "inference_v32", "inference_v32-mini"]


def test_every_published_model_has_its_name() -> None:
    assert set(PUBLISHED) == set(INFERENCE_CONFIGS) - {"inference"}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_config_of_a_published_model_states_only_what_differs(name: str, shown: FlatConfig) -> None:
    stated = OmegaConf.load(CONFIG_DIR / f"{name}.yaml")
    assert stated.pop("defaults") == ["inference", "_self_"]
    assert parse_hub_id(stated.model_path) is not None
    assert name.removeprefix("inference_") in stated.model_path
    assert all(shown[option] != value for option, value in stated.items())
