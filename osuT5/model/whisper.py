"""Whisper encoder and decoder (Radford et al. 2022).

They serve training and step-by-step decoding. One pair of layers serves all published models; `LAYER_STYLES` lists the
differences between their kinds. Parameter names are those of the published checkpoints below `transformer.model.`
(`encoder.layers.0.self_attn.q_proj`), except that the attention to the audio is `encoder_attn` in all kinds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from osuT5.model.attention import (
    Attention,
    FusedCrossAttention,
    FusedSelfAttention,
    KeyValues,
    LayerCache,
    Reach,
    SelfAttentionInput,
    SeparateAttention,
    rotation_of,
)

if TYPE_CHECKING:
    from osuT5.model.config import ModelConfig


@dataclass(frozen=True, slots=True)
class LayerStyle:
    """Style of a kind of layers.

    Attributes:
        rotary: Whether positions rotate queries and keys, instead of being added to the input of the first layer.
        fused: Whether queries, keys and values come from one matrix.
    """

    norm: type[nn.Module]
    rotary: bool
    fused: bool


LAYER_STYLES = {
    "whisper": LayerStyle(nn.LayerNorm, rotary=False, fused=False),
    "rotary": LayerStyle(nn.RMSNorm, rotary=True, fused=False),
    "rotary_fused": LayerStyle(nn.RMSNorm, rotary=True, fused=True),
}


def layer_style(kind: str) -> LayerStyle:
    """Return the style of a kind of layers.

    Raises:
        ValueError: The kind is unknown.
    """
    if kind not in LAYER_STYLES:
        raise ValueError(f"unknown layer_kind {kind!r}; known: {', '.join(LAYER_STYLES)}")
    return LAYER_STYLES[kind]


def layer_reach(config: ModelConfig, index: int) -> Reach:
    """Return the positions and limits of layer `index` of either stack."""
    if not layer_style(config.layer_kind).rotary:
        return Reach()
    if index % config.global_attention_every == 0:
        return Reach(config.rope_theta)
    return Reach(config.local_rope_theta, config.local_attention // 2)


def _self_attention(config: ModelConfig, heads: int, index: int) -> Attention:
    reach = layer_reach(config, index)
    if layer_style(config.layer_kind).fused:
        return FusedSelfAttention(config.d_model, heads, reach, config.attention_bias)
    return SeparateAttention(config.d_model, heads, reach)


def _cross_attention(config: ModelConfig) -> Attention:
    if layer_style(config.layer_kind).fused:
        return FusedCrossAttention(config.d_model, config.decoder_heads, config.attention_bias)
    return SeparateAttention(config.d_model, config.decoder_heads)


class Layer(nn.Module):
    """Layer of the encoder or the decoder.

    That of the decoder also attends to the audio.
    """

    def __init__(self, config: ModelConfig, side: str, index: int) -> None:
        super().__init__()
        d, norm = config.d_model, layer_style(config.layer_kind).norm
        ffn_dim = getattr(config, f"{side}_ffn_dim")
        self.self_attn = _self_attention(config, getattr(config, f"{side}_heads"), index)
        self.self_attn_layer_norm = norm(d)
        if side == "decoder":
            self.encoder_attn = _cross_attention(config)
            self.encoder_attn_layer_norm = norm(d)
        self.fc1 = nn.Linear(d, ffn_dim)
        self.fc2 = nn.Linear(ffn_dim, d)
        self.final_layer_norm = norm(d)
        self.dropout = config.dropout

    def cross_keys_values(self, encoder_states: Tensor) -> KeyValues:
        """Return the keys and values of the audio, once per window.

        Each is [windows, heads, positions, d / heads].
        """
        return self.encoder_attn.keys_values(encoder_states)

    def forward(
        self,
        states: Tensor,
        tokens: SelfAttentionInput,
        cross: KeyValues | None = None,
        cache: LayerCache | None = None,
    ) -> Tensor:
        """Transform states [windows, positions, d] or [rows, tokens, d].

        The latter have keys and values of each row's window in `cross`.
        """
        x = self.self_attn.attend_self(self.self_attn_layer_norm(states), tokens, cache)
        states = states + F.dropout(x, self.dropout, self.training)
        if cross is not None:
            x = self.encoder_attn.attend(self.encoder_attn_layer_norm(states), cross)
            states = states + F.dropout(x, self.dropout, self.training)
        x = self.fc2(F.gelu(self.fc1(self.final_layer_norm(states))))
        return states + F.dropout(x, self.dropout, self.training)


def _with_rotations(tokens: SelfAttentionInput, layers: Iterable[nn.Module], like: Tensor) -> SelfAttentionInput:
    """Return the tokens with the rotations of these layers.

    They are computed once for all of them.
    """
    attentions = [layer.self_attn for layer in layers]
    thetas = {a.reach.theta for a in attentions if a.reach.theta is not None}
    if not thetas:
        return tokens
    head_dim = like.shape[-1] // attentions[0].heads
    return replace(
        tokens, rotations={theta: rotation_of(tokens.positions, head_dim, theta, like.dtype) for theta in thetas}
    )


class Encoder(nn.Module):
    """Encoder: two convolutions, positions, pre-norm layers, a final norm.

    Positions are fixed sinusoids unless they are rotary.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        d = config.d_model
        style = layer_style(config.layer_kind)
        channels_in = d if config.input_projection else config.audio_width
        (stride1, stride2), (width1, width2) = config.conv_strides, config.conv_kernels
        self.conv1 = nn.Conv1d(channels_in, d, width1, stride1, padding=width1 // 2)
        self.conv2 = nn.Conv1d(d, d, width2, stride2, padding=width2 // 2)
        self.embed_positions = None if style.rotary else SinusoidalPositions(config.max_source_positions, d)
        self.layers = nn.ModuleList(Layer(config, "encoder", index) for index in range(config.encoder_layers))
        self.layer_norm = style.norm(d)
        self.dropout = config.dropout

    def forward(self, features: Tensor) -> Tensor:
        """Encode features [windows, frames, channels] as states [windows, positions, d]."""
        x = F.gelu(self.conv1(features.transpose(1, 2)))  # [windows, d, frames / stride1]
        x = F.gelu(self.conv2(x)).transpose(1, 2)  # [windows, positions, d]
        states = x if self.embed_positions is None else x + self.embed_positions(x.shape[1])
        states = F.dropout(states, self.dropout, self.training)
        places = SelfAttentionInput(torch.arange(x.shape[1], device=x.device))
        places = _with_rotations(places, self.layers, states)
        for layer in self.layers:
            states = layer(states, places)
        return self.layer_norm(states)


class Decoder(nn.Module):
    """Decoder: pre-norm layers with attention to the audio, a final norm.

    Positions are learned unless they are rotary. The token embedding is outside.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        style = layer_style(config.layer_kind)
        self.embed_positions = None if style.rotary else nn.Embedding(config.max_target_positions, config.d_model)
        self.layers = nn.ModuleList(Layer(config, "decoder", index) for index in range(config.decoder_layers))
        self.layer_norm = style.norm(config.d_model)
        self.dropout = config.dropout

    def cross_keys_values(self, encoder_states: Tensor, row_window: Tensor | None = None) -> list[KeyValues]:
        """Return the audio's keys and values of each layer.

        They are computed once per window and shared by its rows.
        """
        per_layer = [layer.cross_keys_values(encoder_states) for layer in self.layers]
        if row_window is None:
            return per_layer
        return [(keys[row_window], values[row_window]) for keys, values in per_layer]

    def forward(
        self,
        embedded: Tensor,
        tokens: SelfAttentionInput,
        cross: list[KeyValues],
        caches: list[LayerCache] | None = None,
    ) -> Tensor:
        """Transform token embeddings [rows, tokens, d] to states [rows, tokens, d]."""
        states = embedded if self.embed_positions is None else embedded + self.embed_positions(tokens.positions)
        states = F.dropout(states, self.dropout, self.training)
        tokens = _with_rotations(tokens, self.layers, states)
        for i, layer in enumerate(self.layers):
            states = layer(states, tokens, cross[i], caches[i] if caches else None)
        return self.layer_norm(states)


class SinusoidalPositions(nn.Embedding):
    """Fixed position embeddings.

    A parameter only because the published checkpoints store them as one.
    """

    def forward(self, length: int) -> Tensor:
        return self.weight[:length].detach()  # [length, d]; never trained, whatever requires_grad says after loading


def sinusoids(positions: Tensor, channels: int) -> Tensor:
    """Return Whisper's sinusoidal embedding [n, channels] of positions [n].

    Positions may be fractional. Wavelengths grow geometrically from 2 pi to 2 pi * 10,000 positions; sines first, then
    cosines.
    """
    half = channels // 2
    rates = torch.exp(-math.log(10_000) / (half - 1) * torch.arange(half, dtype=torch.float32))
    angles = positions.float()[:, None] * rates  # [n, half]
    return torch.cat([angles.sin(), angles.cos()], dim=1)
