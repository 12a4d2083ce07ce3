"""A published bundle's JSON files -> our contract and the sizes of its network.

Nothing else is needed: no training config, and no config of `openai/whisper-*`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from osuT5.model.config import ModelConfig
from osuT5.model.files.families import family_of, published_contract
from osuT5.model.files.network_sizes import model_config, spectrogram_spec
from osuT5.model.files.tokenizer import tables_of, vocabulary_of
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import EventKind
from osuT5.tokens.windows import WindowGrid

CONFIG_FILE = "config.json"
TOKENIZER_FILE = "tokenizer.json"
GENERATION_FILE = "generation_config.json"

OURS = "osu_mapper"
"""Key of config.json under which a model of ours in the published form states what that form has no words for."""

TIME_STEP_MS = 10


@dataclass(frozen=True)
class PublishedBundle:
    """What the JSON files of a bundle say. `generation`: generation_config.json as it is, {} where there is none."""

    config: ModelConfig
    spec: Contract
    generation: dict[str, Any]


def read_bundle(folder: Path, name: str | None = None) -> PublishedBundle:
    """The config and the contract of a published bundle; `name` is that of the folder unless given.

    Raises ValueError, one sentence, where files are missing, damaged, or of another kind of model.
    """
    for required in (CONFIG_FILE, TOKENIZER_FILE):
        if not (folder / required).is_file():
            raise ValueError(f"{folder} holds no published model: {required} is missing")
    generation = read_json(folder / GENERATION_FILE) if (folder / GENERATION_FILE).is_file() else {}
    config, tokenizer = read_json(folder / CONFIG_FILE), read_json(folder / TOKENIZER_FILE)
    try:
        return bundle_from_json(config, tokenizer, generation, name or folder.resolve().name)
    except ValueError as error:
        raise ValueError(f"The model in {folder} cannot be used: {error}") from error


def bundle_from_json(config: dict, tokenizer: dict, generation: dict | None = None, name: str = "") -> PublishedBundle:
    """As `read_bundle`, from the contents of the files."""
    if OURS in config:
        sizes, contract = _ours(config[OURS], tokenizer)
    else:
        sizes = model_config(config)
        contract = _spec(config, tokenizer, sizes, name)
    vocabulary = contract.vocabulary
    if (sizes.vocab_size_in, sizes.vocab_size_out) != (vocabulary.size_in, vocabulary.size_out):
        raise ValueError(
            f"config.json is for {sizes.vocab_size_in} tokens to read and {sizes.vocab_size_out} to write, "
            f"tokenizer.json for {vocabulary.size_in} and {vocabulary.size_out}"
        )
    return PublishedBundle(sizes, contract, dict(generation or {}))


def _spec(config: dict, tokenizer: dict, sizes: ModelConfig, name: str) -> Contract:
    vocabulary = vocabulary_of(tokenizer)
    spectrogram = spectrogram_spec(config)
    grid = WindowGrid(
        sample_rate=spectrogram.sample_rate,
        hop_samples=spectrogram.hop_length,
        frames=sizes.max_source_positions * sizes.frames_per_position,
        time_step_ms=TIME_STEP_MS,
    )
    times = vocabulary.range_of(EventKind.TIME)
    if (times.low, times.high) != (0, grid.time_tokens - 1):
        raise ValueError(
            f"tokenizer.json has times from {times.low} to {times.high}, "
            f"but the windows of config.json have {grid.time_tokens} time steps"
        )
    family = family_of(vocabulary, sizes.d_model)
    sizes.time_token_start = vocabulary.ids_of(EventKind.TIME).start
    sizes.time_token_count = times.size
    return published_contract(name, family, grid, spectrogram, vocabulary, tables_of(tokenizer))


def _ours(stated: Any, tokenizer: dict) -> tuple[ModelConfig, Contract]:
    """A model of ours in the published form."""
    try:
        contract = Contract.from_json(stated["contract"], tables_of(tokenizer))
        return ModelConfig(**stated["config"]), contract
    except (AssertionError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"config.json has a damaged part {OURS}") from error


def read_json(path: Path) -> dict:
    """Raises ValueError for a file that holds no JSON object."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} cannot be read as JSON") from error
    if not isinstance(data, dict):
        raise ValueError(f"{path} holds no JSON object")
    return data
