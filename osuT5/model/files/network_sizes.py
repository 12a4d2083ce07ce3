"""Conversion between a bundle's config.json and network sizes.

The sizes include the spectrogram.
"""

from __future__ import annotations

from typing import Any

from osuT5.model.audio_conditions import PUBLISHED_SWITCHES
from osuT5.model.config import ModelConfig
from osuT5.model.spectrogram import SpectrogramSpec

BACKBONES = {
    "openai/whisper": "whisper",
    "Tiger14n/ropewhisper": "rotary",
    "OliBomby/varwhisper": "rotary_fused",
}
"""Beginning of the published name of a network -> our layer kind."""

SIZES = {
    "d_model": "d_model",
    "encoder_layers": "encoder_layers",
    "decoder_layers": "decoder_layers",
    "encoder_heads": "encoder_attention_heads",
    "decoder_heads": "decoder_attention_heads",
    "encoder_ffn_dim": "encoder_ffn_dim",
    "decoder_ffn_dim": "decoder_ffn_dim",
    "max_source_positions": "max_source_positions",
    "max_target_positions": "max_target_positions",
}
"""Our name of a size -> the published one, in backbone_config."""

ROTARY = {
    "attention_bias": "attention_bias",
    "rope_theta": "global_rope_theta",
    "local_rope_theta": "local_rope_theta",
    "local_attention": "local_attention",
    "global_attention_every": "global_attn_every_n_layers",
}
"""The same for what rotary_fused layers have besides."""

SPECTROGRAM = dict.fromkeys(("sample_rate", "n_fft", "hop_length", "n_mels"), int) | {
    "f_min": (int, float),
    "f_max": (int, float),
    "pad_mode": str,
}
"""Fields of a spectrogram that have the same name in both forms, with their types."""

PLAIN_ROTATIONS = ("default", "dynamic")
"""Kinds of rotary positions that are the plain one within the longest sequence that a config allows."""

CONV_STRIDES = (1, 2)
CONV_KERNELS = (3, 3)


def require(data: dict, name: str, kind: type | tuple[type, ...], where: str = "config.json") -> Any:
    """Return a value of a JSON object.

    Raises:
        ValueError: It is missing or of another type.
    """
    value = data.get(name)
    if name not in data:
        raise ValueError(f"{where} lacks {name}")
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise ValueError(f"{where} has an unusable {name}: {str(value)[:40]!r}")
    return value


def layer_kind(published: dict) -> str:
    """Return the kind of layers of a published network.

    Raises:
        ValueError: No published model has such a network.
    """
    name = require(published, "backbone_model_name", str)
    for beginning, kind in BACKBONES.items():
        if name.startswith(beginning):
            return kind
    raise ValueError(f"config.json names the network {name}, which is none of the published models'")


def model_config(published: dict) -> ModelConfig:
    """Return the sizes of a published network.

    Raises:
        ValueError: The config is damaged, or the network is of another kind.
    """
    kind = layer_kind(published)
    backbone = require(published, "backbone_config", dict)
    for name, wanted in (("embed_decoder_input", True), ("input_raw_wave", False), ("do_style_embed", False)):
        if published.get(name, wanted) is not wanted:
            raise ValueError(f"config.json has {name} {published[name]}, which no published model of V28 to V32 has")
    rotation = backbone.get("rope_type") or (backbone.get("rope_scaling") or {}).get("rope_type", "default")
    if rotation not in PLAIN_ROTATIONS:
        raise ValueError(f"config.json has rotary positions of the unknown kind {rotation!r}")
    if backbone.get("activation_function", "gelu") != "gelu":
        raise ValueError(f"config.json has the unknown activation {backbone['activation_function']!r}")
    values: dict[str, Any] = {ours: require(backbone, theirs, int) for ours, theirs in SIZES.items()}
    for name, smallest in values.items():
        if smallest < 1:
            raise ValueError(f"config.json has an unusable {name}: {smallest}")
    return ModelConfig(
        **values,
        **(_rotary_values(backbone) if kind == "rotary_fused" else {}),
        layer_kind=kind,
        dropout=float(backbone.get("dropout", 0.0)),
        init_std=float(backbone.get("init_std", 0.02)),
        n_mels=require(published, "n_mels", int),
        input_projection=require(published, "project_encoder_input", bool),
        conv_strides=CONV_STRIDES,
        conv_kernels=CONV_KERNELS,
        ms_per_frame=spectrogram_spec(published).ms_per_frame,
        vocab_size_in=require(published, "vocab_size_in", int),
        vocab_size_out=require(published, "vocab_size", int),
        audio_conditions=tuple(name for name, switch in PUBLISHED_SWITCHES.items() if published.get(switch, False)),
        condition_dim=published.get("cond_dim", 128),
        mapper_count=published.get("num_mappers", 0),
        frame_heads=(),
        pointer=False,
        pad_token_id=published.get("pad_token_id", 0),
        bos_token_id=published.get("bos_token_id", 1),
        eos_token_id=published.get("eos_token_id", 2),
    )


def _rotary_values(backbone: dict) -> dict[str, Any]:
    """Return the rotary values of a backbone.

    Missing ones are those of `ModelConfig`; local layers rotate as global ones do.
    """
    values = {ours: backbone[theirs] for ours, theirs in ROTARY.items() if backbone.get(theirs) is not None}
    theta = values.setdefault("rope_theta", ModelConfig.rope_theta)
    return {**values, "rope_theta": float(theta), "local_rope_theta": float(values.get("local_rope_theta", theta))}


def spectrogram_spec(published: dict) -> SpectrogramSpec:
    """Return the spectrogram of a published config.

    That of nnAudio is Slaney's, that of torchaudio HTK's, log1p(power).

    Raises:
        ValueError: The config is damaged.
    """
    implementation = require(published, "spectrogram_implementation", str)
    if implementation not in ("nnAudio", "torchaudio"):
        raise ValueError(f"config.json has the unknown spectrogram {implementation!r}")
    return SpectrogramSpec(
        **{name: require(published, name, kinds) for name, kinds in SPECTROGRAM.items()},
        scale="log1p" if require(published, "spectrogram_log_scale", bool) else "linear",
        gain=1.0,
        filter_bank="slaney" if implementation == "nnAudio" else "htk",
    )
