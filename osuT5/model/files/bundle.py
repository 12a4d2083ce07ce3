"""Conversion of a published bundle's JSON files to contract and sizes.

Nothing else is needed: no training config, and no config of `openai/whisper-*`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from osuT5.model.config import ModelConfig
from osuT5.model.files.families import family_of, published_contract
from osuT5.model.files.network_sizes import model_config, spectrogram_spec
from osuT5.model.files.tokenizer import tables_of, vocabulary_of
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import EventKind
from osuT5.tokens.windows import WindowGrid

OURS = "osu_mapper"
"""Key of config.json under which a model of ours in the published form states what that form has no words for."""

TIME_STEP_MS = 10


class ModelBundle(NamedTuple):
    """Contents of a bundle's JSON files."""

    config: ModelConfig
    spec: Contract


def bundle_from_json(config: dict, tokenizer: dict, name: str = "") -> ModelBundle:
    """Return the sizes and the contract of a published bundle.

    Raises:
        ValueError: The files are of another kind of model; the message is one sentence.
    """
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
    return ModelBundle(sizes, contract)


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
    """Return a native model in the published form."""
    try:
        contract = Contract.from_json(stated["contract"], tables_of(tokenizer))
        return ModelConfig(**stated["config"]), contract
    except (AssertionError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"config.json has a damaged part {OURS}") from error
