"""Conversion of a native network and contract to a published bundle.

Parts without a published counterpart (the pointer, frame heads, other encodings) are in config.json under a key of
their own, so that this package reads back its output. The original can run only models without it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from osuT5.model.audio_conditions import PUBLISHED_SWITCHES
from osuT5.model.config import ModelConfig
from osuT5.model.files.bundle import OURS, bundle_from_json
from osuT5.model.files.find import CONFIG_FILE, GENERATION_FILE, TOKENIZER_FILE
from osuT5.model.files.network_sizes import BACKBONES, ROTARY, SIZES, SPECTROGRAM
from osuT5.model.files.parameter_names import published_key
from osuT5.model.files.tokenizer import tokenizer_json
from osuT5.model.spectrogram import mel_filter_bank
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import EventKind

CONSTANTS = json.loads(Path(__file__).with_name("published_constants.json").read_text(encoding="utf-8"))
"""What is the same in the files of all published models, or of those with one kind of layers."""

RHYTHM_WEIGHT = {"whisper": 3.0}
"""Weight of time tokens in the loss that a generation was trained with; 1 in all but V28 and V29."""

BASE_WIDTH = 512
FIRST_MAX_LENGTH = 2048
"""The original's default, which its config.json repeats; other lengths stand in generation_config.json alone."""


def bundle_json(config: ModelConfig, contract: Contract) -> dict[str, dict]:
    """Return the contents of the JSON files of a bundle by name."""
    published = network_config(config) | input_config(contract)
    tokenizer = tokenizer_json(contract.vocabulary, contract.tables)
    if not _is_reproducible(published, tokenizer, config, contract):
        published[OURS] = {"config": own_values(config), "contract": contract.to_json()}
    generation = CONSTANTS["generation"] | _end_tokens(config) | {"max_length": config.max_target_positions}
    return {CONFIG_FILE: published, TOKENIZER_FILE: tokenizer, GENERATION_FILE: generation}


def can_run_in_the_original(config: ModelConfig, contract: Contract) -> bool:
    """Return whether the published form describes a model completely."""
    return OURS not in bundle_json(config, contract)[CONFIG_FILE]


def own_values(config: ModelConfig) -> dict[str, Any]:
    """Return the fields that ModelConfig declares, with their values."""
    values = config.to_dict()
    return {name: values[name] for name in ModelConfig.__annotations__ if name in values}


def write_bundle_json(folder: Path, config: ModelConfig, contract: Contract) -> None:
    for name, content in bundle_json(config, contract).items():
        indent = None if name == TOKENIZER_FILE else 2
        text = json.dumps(content, indent=indent, ensure_ascii=False, sort_keys=name != TOKENIZER_FILE)
        (folder / name).write_text(text + "\n", encoding="utf-8")


def published_tensors(
    tensors: Iterable[tuple[str, Tensor]], config: ModelConfig, contract: Contract
) -> Iterator[tuple[str, Tensor]]:
    """Yield native tensors under their published names.

    Those that the original needs in addition follow.
    """
    for name, tensor in tensors:
        yield published_key(name, config.layer_kind), tensor
    weights = torch.ones(config.vocab_size_out)
    times = contract.vocabulary.ids_of(EventKind.TIME)
    weights[times.start : times.stop] = RHYTHM_WEIGHT.get(config.layer_kind, 1.0)
    yield "loss_fn.weight", weights
    yield "transformer.model.decoder.embed_tokens.weight", torch.zeros(config.vocab_size_out, config.d_model)
    yield from _spectrogram_buffers(contract)


def _is_reproducible(published: dict, tokenizer: dict, config: ModelConfig, contract: Contract) -> bool:
    """Return whether the plain published form reproduces a network and contract."""
    try:
        bundle = bundle_from_json(published, tokenizer, name=contract.name)
    except ValueError:
        return False
    return bundle.spec == contract and own_values(bundle.config) == own_values(config)


def input_config(contract: Contract) -> dict[str, Any]:
    """Return the contract's part of config.json.

    It is the spectrogram, and the token ids of times.
    """
    mel = contract.spectrogram
    times = contract.vocabulary.ids_of(EventKind.TIME)
    return {
        **{name: _whole(getattr(mel, name)) for name in SPECTROGRAM},
        "spectrogram_implementation": "nnAudio" if mel.filter_bank == "slaney" else "torchaudio",
        "spectrogram_log_scale": mel.scale == "log1p",
        "rhythm_token_start": times.start,
        "rhythm_token_end": times.stop,
    }


def network_config(config: ModelConfig) -> dict[str, Any]:
    """Return the network's part of config.json."""
    beginning = next(name for name, kind in BACKBONES.items() if kind == config.layer_kind)
    long = config.max_target_positions != FIRST_MAX_LENGTH
    return {
        **CONSTANTS["config"],
        **_end_tokens(config),
        **{switch: name in config.audio_conditions for name, switch in PUBLISHED_SWITCHES.items()},
        "backbone_config": _backbone(config),
        "backbone_model_name": f"{beginning}-{'base' if config.d_model == BASE_WIDTH else 'small'}",
        "cond_dim": config.condition_dim,
        "cond_size": len(config.audio_conditions) * config.condition_dim,
        "hidden_size": config.d_model,
        "init_std": config.init_std,
        "max_length": None if long else FIRST_MAX_LENGTH,
        "max_source_positions": config.max_source_positions,
        "max_target_positions": config.max_target_positions,
        "num_attention_heads": config.encoder_heads,
        "num_hidden_layers": config.encoder_layers,
        "num_mappers": config.mapper_count,
        "project_encoder_input": config.input_projection,
        "rhythm_weight": RHYTHM_WEIGHT.get(config.layer_kind, 1.0),
        "vocab_size": config.vocab_size_out,
        "vocab_size_in": config.vocab_size_in,
    }


def _backbone(config: ModelConfig) -> dict[str, Any]:
    names = SIZES | (ROTARY if config.layer_kind == "rotary_fused" else {})
    return {
        **CONSTANTS["backbone"],
        **CONSTANTS.get(config.layer_kind, {}),
        **_end_tokens(config),
        **{theirs: _whole(getattr(config, ours)) for ours, theirs in names.items()},
        "dropout": config.dropout,
        "init_std": config.init_std,
        "num_hidden_layers": config.encoder_layers,
        "num_mel_bins": config.d_model if config.input_projection else config.audio_width,
        "vocab_size": config.vocab_size_out,
    }


def _end_tokens(config: ModelConfig) -> dict[str, Any]:
    ids = {name: getattr(config, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    return ids | {"decoder_start_token_id": config.bos_token_id}


def _spectrogram_buffers(contract: Contract) -> Iterator[tuple[str, Tensor]]:
    """Yield the buffers of nnAudio's or torchaudio's spectrogram.

    They are part of its state dict.
    """
    mel = contract.spectrogram
    window = torch.hann_window(mel.n_fft)
    filters = mel_filter_bank(mel)  # [bins, n_mels]
    if mel.filter_bank == "htk":
        yield "spectrogram.transform.spectrogram.window", window
        yield "spectrogram.transform.mel_scale.fb", filters
        return
    bins, samples = torch.arange(mel.n_fft // 2 + 1).double()[:, None], torch.arange(mel.n_fft).double()
    angles = 2 * math.pi * bins * samples / mel.n_fft  # [bins, n_fft]
    yield "spectrogram.transform.mel_basis", filters.T.contiguous()
    yield "spectrogram.transform.stft.wsin", (angles.sin() * window.double()).float()[:, None]
    yield "spectrogram.transform.stft.wcos", (angles.cos() * window.double()).float()[:, None]
    yield "spectrogram.transform.stft.window_mask", window[None, :, None]


def _whole(value: Any) -> Any:
    """Convert whole floats to integers, as the original writes them."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
