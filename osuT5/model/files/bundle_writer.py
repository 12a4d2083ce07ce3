"""A network and contract of ours -> the files of a published bundle.

What the published form has no words for (the pointer, frame heads, other encodings) is stated in config.json under a
key of its own, so that this package reads back what it wrote; the original program can run only models without it.
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
from osuT5.model.files.bundle import CONFIG_FILE, GENERATION_FILE, OURS, TOKENIZER_FILE, bundle_from_json
from osuT5.model.files.network_sizes import BACKBONES
from osuT5.model.files.parameter_names import published_key
from osuT5.model.files.tokenizer import tokenizer_json
from osuT5.model.spectrogram import mel_filter_bank
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import EventKind

RHYTHM_WEIGHT = {"whisper": 3.0}
"""Weight of time tokens in the loss that a generation was trained with; 1 in all but V28 and V29."""

BASE_WIDTH = 512
FIRST_MAX_LENGTH = 2048
"""The original's default, which its config.json repeats; other lengths stand in generation_config.json alone."""


def bundle_json(config: ModelConfig, contract: Contract) -> dict[str, dict]:
    """Contents of the JSON files of a bundle, by file name."""
    published = network_config(config) | input_config(contract)
    tokenizer = tokenizer_json(contract.vocabulary, contract.tables)
    if not _reads_back(published, tokenizer, config, contract):
        published[OURS] = {"config": own_values(config), "contract": contract.to_json()}
    generation = {
        "_from_model_config": True,
        "bos_token_id": config.bos_token_id,
        "decoder_start_token_id": config.bos_token_id,
        "disable_compile": True,
        "do_sample": True,
        "eos_token_id": config.eos_token_id,
        "max_length": config.max_target_positions,
        "pad_token_id": config.pad_token_id,
        "top_k": 0,
    }
    return {CONFIG_FILE: published, TOKENIZER_FILE: tokenizer, GENERATION_FILE: generation}


def runs_in_the_original(config: ModelConfig, contract: Contract) -> bool:
    """Whether the published form says everything about a model."""
    return OURS not in bundle_json(config, contract)[CONFIG_FILE]


def own_values(config: ModelConfig) -> dict[str, Any]:
    """The fields that ModelConfig declares, with their values."""
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
    """Our tensors under their published names, and those that the original program wants besides."""
    for name, tensor in tensors:
        yield published_key(name, config.layer_kind), tensor
    weights = torch.ones(config.vocab_size_out)
    times = contract.vocabulary.ids_of(EventKind.TIME)
    weights[times.start : times.stop] = RHYTHM_WEIGHT.get(config.layer_kind, 1.0)
    yield "loss_fn.weight", weights
    yield "transformer.model.decoder.embed_tokens.weight", torch.zeros(config.vocab_size_out, config.d_model)
    yield from _spectrogram_buffers(contract)


def _reads_back(published: dict, tokenizer: dict, config: ModelConfig, contract: Contract) -> bool:
    """Whether the plain published form gives this very network and contract again."""
    try:
        bundle = bundle_from_json(published, tokenizer, name=contract.name)
    except ValueError:
        return False
    return bundle.spec == contract and own_values(bundle.config) == own_values(config)


def input_config(contract: Contract) -> dict[str, Any]:
    """The part of config.json that a contract states: the spectrogram, and which tokens are times."""
    mel = contract.spectrogram
    times = contract.vocabulary.ids_of(EventKind.TIME)
    return {
        "sample_rate": mel.sample_rate,
        "n_fft": mel.n_fft,
        "hop_length": mel.hop_length,
        "n_mels": mel.n_mels,
        "f_min": _whole(mel.f_min),
        "f_max": _whole(mel.f_max),
        "pad_mode": mel.pad_mode,
        "spectrogram_implementation": "nnAudio" if mel.filter_bank == "slaney" else "torchaudio",
        "spectrogram_log_scale": mel.scale == "log1p",
        "rhythm_token_start": times.start,
        "rhythm_token_end": times.stop,
    }


def network_config(config: ModelConfig) -> dict[str, Any]:
    """The part of config.json that the sizes of a network state."""
    beginning = next(name for name, kind in BACKBONES.items() if kind == config.layer_kind)
    condition_size = len(config.audio_conditions) * config.condition_dim
    long = config.max_target_positions != FIRST_MAX_LENGTH
    return {
        "architectures": ["Mapperatorinator"],
        "backbone_config": _backbone(config),
        "backbone_model_name": f"{beginning}-{'base' if config.d_model == BASE_WIDTH else 'small'}",
        "bos_token_id": config.bos_token_id,
        "cond_dim": config.condition_dim,
        "cond_size": condition_size,
        "decoder_start_token_id": config.bos_token_id,
        "disable_compile": True,
        **{switch: name in config.audio_conditions for name, switch in PUBLISHED_SWITCHES.items()},
        "do_sample": True,
        "do_style_embed": False,
        "dtype": "float32",
        "embed_decoder_input": True,
        "eos_token_id": config.eos_token_id,
        "hidden_size": config.d_model,
        "init_std": config.init_std,
        "input_features": True,
        "input_raw_wave": False,
        "is_encoder_decoder": True,
        "label_smoothing": 0.0,
        "max_length": None if long else FIRST_MAX_LENGTH,
        "max_source_positions": config.max_source_positions,
        "max_target_positions": config.max_target_positions,
        "model_type": "mapperatorinator",
        "num_attention_heads": config.encoder_heads,
        "num_classes": 0,
        "num_hidden_layers": config.encoder_layers,
        "num_mappers": config.mapper_count,
        "pad_token_id": config.pad_token_id,
        "project_encoder_input": config.input_projection,
        "rhythm_weight": RHYTHM_WEIGHT.get(config.layer_kind, 1.0),
        "top_k": 0,
        "vocab_size": config.vocab_size_out,
        "vocab_size_in": config.vocab_size_in,
    }


def _backbone(config: ModelConfig) -> dict[str, Any]:
    """The nested config; what is constant here is constant in all published models."""
    values = {
        "activation_dropout": 0.0,
        "activation_function": "gelu",
        "apply_spec_augment": False,
        "architectures": ["WhisperForConditionalGeneration"],
        "attention_dropout": 0.0,
        "begin_suppress_tokens": None,
        "bos_token_id": config.bos_token_id,
        "classifier_proj_size": 256,
        "d_model": config.d_model,
        "decoder_attention_heads": config.decoder_heads,
        "decoder_ffn_dim": config.decoder_ffn_dim,
        "decoder_layerdrop": 0.0,
        "decoder_layers": config.decoder_layers,
        "decoder_start_token_id": config.bos_token_id,
        "dropout": config.dropout,
        "dtype": "float32",
        "encoder_attention_heads": config.encoder_heads,
        "encoder_ffn_dim": config.encoder_ffn_dim,
        "encoder_layerdrop": 0.0,
        "encoder_layers": config.encoder_layers,
        "eos_token_id": config.eos_token_id,
        "forced_decoder_ids": None,
        "init_std": config.init_std,
        "mask_feature_length": 10,
        "mask_feature_min_masks": 0,
        "mask_feature_prob": 0.0,
        "mask_time_length": 10,
        "mask_time_min_masks": 2,
        "mask_time_prob": 0.05,
        "max_length": 448,
        "max_source_positions": config.max_source_positions,
        "max_target_positions": config.max_target_positions,
        "median_filter_width": 7,
        "model_type": "whisper",
        "num_hidden_layers": config.encoder_layers,
        "num_mel_bins": config.d_model if config.input_projection else config.audio_width,
        "pad_token_id": config.pad_token_id,
        "scale_embedding": False,
        "tie_word_embeddings": False,
        "use_cache": False,
        "use_weighted_layer_sum": False,
        "vocab_size": config.vocab_size_out,
    }
    if config.layer_kind == "rotary":
        values |= {"rope_type": "dynamic", "rope_encoder_scaling_factor": 1.0, "rope_decoder_scaling_factor": 1.0}
    if config.layer_kind == "rotary_fused":
        values |= {
            "attention_bias": config.attention_bias,
            "deterministic_flash_attn": False,
            "global_attn_every_n_layers": config.global_attention_every,
            "global_rope_theta": _whole(config.rope_theta),
            "local_attention": config.local_attention,
            "local_rope_theta": _whole(config.local_rope_theta),
            "rope_scaling": {"factor": 1.0, "rope_type": "default"},
        }
    return values


def _spectrogram_buffers(contract: Contract) -> Iterator[tuple[str, Tensor]]:
    """What nnAudio's and torchaudio's spectrograms keep in a state dict."""
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


def _whole(value: float) -> float | int:
    """Whole numbers without a decimal point, as the original writes them."""
    return int(value) if float(value).is_integer() else value
