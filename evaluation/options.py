"""Options of evaluate.py: flat options and a checked request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore

from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import Split
from pipeline.request.inference_options import READERS as GENERATION_READERS
from pipeline.request.input_files import check_writable_folder
from pipeline.request.option_values import (
    Number,
    OneOf,
    WholeNumber,
    is_absent,
    items,
    option,
    path,
    read_options,
    text,
)
from pipeline.request.options import RequestError, unknown_option
from pipeline.request.resolve import resolve

MOST_PROCESSES = 256
SET_BY_CHARTS = frozenset(
    {"audio_path", "beatmap_path", "gamemode", "difficulty", "difficulties", "spread", "output_path", "export_osz"}
)
"""Options of inference.py that follow from the charts that maps are generated for."""


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """A checked request.

    Paths are as the user gave them; without a `name` a model is called after its folder.
    """

    generated_path: Path | None = None
    human_path: Path | None = None
    dataset_path: Path | None = None
    split: Split = Split.HELD_OUT
    gamemodes: tuple[GameMode, ...] = tuple(GameMode)
    charts_per_song: int = 1
    songs: int = 0
    excerpt_seconds: float | None = None
    model_path: str | None = None
    lora_path: str | None = None
    seed: int = 1
    inference_options: tuple[str, ...] = ()
    processes: int = 1
    reference_path: Path | None = None
    classifier_path: str | None = None
    compare: tuple[str, ...] = ()
    name: str | None = None
    output_path: Path = Path("evaluation_output")

    @property
    def generation_options(self) -> dict[str, str]:
        """Options of all generated maps, as inference.py takes them."""
        shared = {"model_path": self.model_path, "lora_path": self.lora_path, "seed": str(self.seed)}
        given = dict(option.split("=", 1) for option in self.inference_options)
        return {name: value for name, value in shared.items() if value is not None} | given


def _modes(name: str, raw: object) -> tuple[GameMode, ...]:
    return tuple(dict.fromkeys(GENERATION_READERS["gamemode"](name, item) for item in items(name, raw)))


def _split(name: str, raw: object) -> Split:
    return Split(OneOf(tuple(split.value for split in Split))(name, raw))


def _inference_options(name: str, raw: object) -> tuple[str, ...]:
    options = items(name, raw)
    for each in options:
        key, equals, value = each.partition("=")
        if not equals:
            raise RequestError(f"{name} is a list such as [cfg_scale=2,generate_positions=false], got {each}.")
        if key not in GENERATION_READERS:
            raise RequestError(f"{name}: {unknown_option(key, GENERATION_READERS)}")
        if key in SET_BY_CHARTS:
            raise RequestError(f"{name} cannot hold {key}, which follows from the charts of the dataset.")
        if not is_absent(value):
            GENERATION_READERS[key](key, value)
    return options


@dataclass
class EvaluationOptions:
    """Options of evaluate.py as users type them; `configs/evaluate.yaml` explains each."""

    generated_path: str | None = option(path)
    human_path: str | None = option(path)
    dataset_path: str | None = option(path)
    split: str = option(_split, "held_out")
    gamemodes: list[Any] = option(_modes, [0, 1, 2, 3])
    charts_per_song: int = option(WholeNumber(1, 100), 1)
    songs: int = option(WholeNumber(0), 0)
    excerpt_seconds: float | None = option(Number(20, 3600))
    model_path: str | None = option(text)
    lora_path: str | None = option(text)
    seed: int = option(GENERATION_READERS["seed"], 1)
    inference_options: list[str] | None = option(_inference_options)
    processes: int = option(WholeNumber(1, MOST_PROCESSES), 1)
    reference_path: str | None = option(path)
    classifier_path: str | None = option(text)
    compare: list[str] | None = option(items)
    name: str | None = option(text)
    output_path: str = option(path, "evaluation_output")


ConfigStore.instance().store("evaluate_options", EvaluationOptions)

WAYS_IN = ("generated_path", "dataset_path", "compare")


def resolve_evaluation(flat: Mapping[str, object]) -> EvaluationRequest:
    """Read and check the options.

    Raises:
        RequestError: One sentence for the user.
    """
    given = read_options(EvaluationOptions, flat)
    ways = [name for name in WAYS_IN if name in given]
    if not ways and "reference_path" not in given:
        raise RequestError(
            "Nothing to evaluate: give maps as generated_path=FOLDER, songs to generate maps for as "
            "dataset_path=FOLDER, or results to compare as compare=[a/results.json,b/results.json]."
        )
    if len(ways) > 1:
        raise RequestError(f"{ways[0]} and {ways[1]} exclude each other: give one of them.")
    if "human_path" in given and "generated_path" not in given:
        raise RequestError("human_path needs generated_path: maps of a dataset are compared with its own charts.")
    request = EvaluationRequest(**given)  # type: ignore[arg-type]
    if request.dataset_path is not None:
        resolve({"audio_path": "song.mp3", **request.generation_options})
    return request


def check_evaluation_files(request: EvaluationRequest) -> None:
    """Raise RequestError for missing input or unwritable output.

    This runs before anything heavy.
    """
    for name in ("generated_path", "human_path", "dataset_path"):
        folder = getattr(request, name)
        if folder is not None and not folder.is_dir():
            raise RequestError(f"{name} must be a folder, and there is none at {folder}.")
    if request.reference_path is not None and not request.reference_path.exists():
        raise RequestError(f"There is no file or folder at {request.reference_path} (reference_path).")
    for file in request.compare:
        if not Path(file).is_file():
            raise RequestError(f"There is no file at {file} (compare).")
    check_writable_folder("output_path", request.output_path)
