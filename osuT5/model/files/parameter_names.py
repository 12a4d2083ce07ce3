"""Names of parameters in published checkpoints and here.

published                                        here
transformer.model.encoder.*, .decoder.*          encoder.*, decoder.*
*.cross_attn.*, *.cross_attn_layer_norm.* (V32)  *.encoder_attn.*, *.encoder_attn_layer_norm.*
transformer.proj_out.weight                      proj_out.weight
difficulty_embedder.*, mapper_embedder.*,
song_pos_embedder.* (V30, V31)                   audio_conditions.*
encoder_embedder.*, decoder_embedder.weight      the same
spectrogram.*, loss_fn.weight,
transformer.model.decoder.embed_tokens.weight    dropped: derived from the config, or never used
"""

from __future__ import annotations

_PREFIXES = (
    ("transformer.model.", ""),
    ("transformer.", ""),
    ("difficulty_embedder.difficulty_proj.", "audio_conditions.difficulty.layers."),
    ("difficulty_embedder.", "audio_conditions.difficulty."),
    ("song_pos_embedder.position_proj.", "audio_conditions.song_position.layers."),
    ("song_pos_embedder.", "audio_conditions.song_position."),
    ("mapper_embedder.", "audio_conditions.mapper."),
)

DERIVED_KEYS = ("spectrogram.", "loss_fn.", "transformer.model.decoder.embed_tokens.")
"""Beginnings of published names that are not loaded: buffers that follow from the config, and a table never used."""

FUSED_KINDS = ("rotary_fused",)
"""Layer kinds whose published form calls the attention to the audio `cross_attn`."""


def rename_key(key: str) -> str | None:
    """Return the native name of a published parameter.

    It is None for an unused one; unknown names stay.
    """
    if key.startswith(DERIVED_KEYS):
        return None
    for prefix, replacement in _PREFIXES:
        if key.startswith(prefix):
            key = replacement + key.removeprefix(prefix)
            break
    return key.replace(".cross_attn", ".encoder_attn")


def published_key(key: str, layer_kind: str) -> str:
    """Return the published name of a native parameter.

    Parts that no published model has keep their names.
    """
    if layer_kind in FUSED_KINDS:
        key = key.replace(".encoder_attn", ".cross_attn")
    if key.startswith(("encoder.", "decoder.")):
        return f"transformer.model.{key}"
    if key.startswith("proj_out."):
        return f"transformer.{key}"
    for prefix, replacement in _PREFIXES[2:]:
        if key.startswith(replacement):
            return prefix + key.removeprefix(replacement)
    return key
