"""Every shipped YAML composes, and the one that users read says what the dataclasses say."""

from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from classifier.classify import ClassifyOptions
from classifier.options import ClassifierTrainOptions
from evaluation.options import EvaluationOptions
from modding.options import ReviewOptions
from model_files.hub import parse_hub_id
from osu_diffusion.options import RefinerTrainOptions
from osuT5.bars.config import BarConfig
from osuT5.bars.sampling import BarSamplingOptions
from osuT5.beats.config import BeatConfig
from osuT5.beats.sampling import BeatSamplingOptions
from osuT5.map_model.options import MapTrainOptions
from osuT5.map_model.part_run import PartRun
from osuT5.objects import batches as object_batches
from osuT5.objects.model.config import ObjectConfig
from osuT5.rhythm import sampling as rhythm_sampling
from osuT5.rhythm.config import RhythmConfig
from osuT5.training.architectures import ARCHITECTURES
from osuT5.training.options import TrainOptions
from pipeline.cli.command_line import CONFIG_DIR, CONFIG_DIRS, FlatConfig, compose_config
from pipeline.cli.config_help import read_help
from pipeline.cli.overrides import option_types
from pipeline.request.inference_options import InferenceOptions
from pipeline.request.options import option_fields
from pipeline.request.resolve import resolve
from rcomplexion.options import RhythmTrainOptions
from rcomplexion.predict import PredictOptions
from server.settings import ServeOptions, WebOptions
from tests.source_files import root_script
from training.options import build_options
from training.processes import Processes

ALL_CONFIGS = sorted(path.stem for folder in CONFIG_DIRS for path in folder.glob("*.yaml"))
OWN_TASKS = {
    "train_classifier": ClassifierTrainOptions,
    "train_diffusion": RefinerTrainOptions,
    "train_rcomplexion": RhythmTrainOptions,
}
MAP_CONFIGS = ["train_base", "train_mini", "train_mini_gpu"]
TRAIN_CONFIGS = sorted({p.stem for p in (CONFIG_DIR / "train").glob("*.yaml")} - {*OWN_TASKS, *MAP_CONFIGS})
INFERENCE_CONFIGS = [name for name in ALL_CONFIGS if name.startswith("inference")]
OPTIONS = {
    "inference": InferenceOptions,
    "mai_mod": ReviewOptions,
    "evaluate": EvaluationOptions,
    "build_dataset": root_script("build_dataset").BuildDatasetOptions,
    "serve": ServeOptions,
    "web_ui": WebOptions,
    "classify": ClassifyOptions,
    "rcomplexion": PredictOptions,
    "train/default": TrainOptions,
}
"""Configs that list all options of a program."""

UNUSED = {"loop.sample_every"}
"""Options of the common loop that training of a map model does not have."""

SHOWN_ANYWAY = {"lora.r", "lora.lora_alpha", "lora.target_modules", "lora.init_lora_weights"}
"""Options that everybody who trains an adapter looks for, whether they differ from the default or not."""


@pytest.fixture(scope="module")
def shown() -> FlatConfig:
    """The YAML that users read."""
    return compose_config("inference")


@pytest.mark.parametrize("name", ALL_CONFIGS)
def test_config_composes(name: str) -> None:
    assert compose_config(name)


@pytest.mark.parametrize("name", OPTIONS)
def test_yaml_states_every_option_with_its_default_and_explains_it(name: str) -> None:
    path = CONFIG_DIR / f"{name}.yaml"
    stated = OmegaConf.to_container(OmegaConf.load(path))
    assert stated.pop("defaults")[-1] == "_self_"  # type: ignore[union-attr]
    assert stated == OmegaConf.to_container(OmegaConf.structured(OPTIONS[name]))
    explained = {option.name: option.about for option in read_help(path) if option.group}
    assert set(explained) == set(option_types(OPTIONS[name]))
    assert all(len(about) > 10 for about in explained.values())


@pytest.mark.parametrize("name", INFERENCE_CONFIGS)
def test_inference_config_resolves(name: str) -> None:
    resolve({**compose_config(name), "audio_path": "song.mp3"})


def test_flat_options_are_those_of_the_request(shown: FlatConfig) -> None:
    assert set(shown) == set(option_fields())


def test_yaml_as_it_is_asks_for_nothing_beyond_the_defaults(shown: FlatConfig) -> None:
    song = {"audio_path": "song.mp3"}
    assert resolve({**shown, **song}) == resolve(song)


def test_names_of_configs_are_unique() -> None:
    """`-cn NAME` finds them in two folders."""
    assert len(ALL_CONFIGS) == len(set(ALL_CONFIGS))


@pytest.mark.parametrize("name", TRAIN_CONFIGS)
def test_train_config_fits_the_options(name: str) -> None:
    options = build_options(TrainOptions, compose_config(name))
    assert options.loop.total_steps > options.loop.warmup_steps
    assert sum(options.batch.mode_shares) == pytest.approx(1.0)
    assert options.architecture in ARCHITECTURES
    assert name != "default" or options == TrainOptions()


@pytest.mark.parametrize("name", MAP_CONFIGS)
def test_map_config_fits_the_options(name: str) -> None:
    options = build_options(MapTrainOptions, compose_config(name))
    for part, sizes, sampling in (
        ("beats", BeatConfig, BeatSamplingOptions),
        ("bars", BarConfig, BarSamplingOptions),
        ("rhythm", RhythmConfig, rhythm_sampling.SamplingOptions),
        ("objects", ObjectConfig, object_batches.SamplingOptions),
    ):
        run = PartRun(part, options, Processes())
        assert run.loop.total_steps > run.loop.warmup_steps + run.loop.sustain_steps
        made = run.sizes(sizes)
        assert made.width % getattr(made, "heads", 1) == 0
        assert run.sampling(sampling)


def test_the_config_of_a_map_model_explains_every_option() -> None:
    explained = {option.name: option.about for option in read_help(CONFIG_DIR / "train" / "train_mini.yaml")}
    assert set(explained) == set(option_types(MapTrainOptions)) - UNUSED
    assert all(len(about) > 10 for about in explained.values())


def test_last_names_of_training_options_are_unique() -> None:
    """So that each can be given by it alone."""
    names = [path.rpartition(".")[2] for path in option_types(TrainOptions)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", [name for name in TRAIN_CONFIGS if name != "default"])
def test_the_other_training_configs_state_only_what_differs(name: str) -> None:
    stated = OmegaConf.load(CONFIG_DIR / "train" / f"{name}.yaml")
    parent, _ = stated.pop("defaults")
    inherited = OmegaConf.create(compose_config(parent))
    for path in set(option_types(TrainOptions)) - SHOWN_ANYWAY:
        own = OmegaConf.select(stated, path)
        assert own is None or own != OmegaConf.select(inherited, path), path


def test_help_reads_headings_nested_options_and_comments(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    text = (
        "# About this file\n# in two lines\n\n# Group\n\na: 1  # first\n      # and more\nb: '#x'   # second\nc: null\n"
        "\nnest:\n  d: 2 # fourth\n"
    )
    path.write_text(text, encoding="utf-8")
    assert [(o.group, o.name, o.default, o.about) for o in read_help(path)] == [
        ("Group", "a", "1", "first and more"),
        ("Group", "b", "'#x'", "second"),
        ("Group", "c", "null", ""),
        ("nest", "nest.d", "2", "fourth"),
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
