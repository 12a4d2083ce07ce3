"""The Whisper encoder and decoder (Radford et al. 2022), for training and for step-by-step decoding.

Parameter names are those of the published checkpoints below `transformer.model.` (`encoder.layers.0.self_attn.q_proj`).
Both stacks are written against the two layer classes of `LAYER_KINDS`, so another kind of layer (rotary
positions, fused projections) is another pair of classes: what a layer may need travels in `SelfAttentionInput`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from osuT5.model.config import ModelConfig

KeyValues = tuple[Tensor, Tensor]  # keys and values, each [rows, heads, length, d / heads]


class LayerCache(Protocol):
    """One decoder layer's part of a key/value cache."""

    def append(self, keys: Tensor, values: Tensor) -> KeyValues:
        """Stores the keys and values of new tokens; returns those of all tokens so far."""


@dataclass(frozen=True, slots=True)
class SelfAttentionInput:
    """What decoder layers need to know about the tokens besides their states.

    positions: position ids [rows, tokens] or [tokens]
    mask: bool, True where a token may look, broadcast to [rows, heads, tokens, tokens so far]; None: everywhere,
        or to itself and before if `is_causal`
    """

    positions: Tensor
    mask: Tensor | None = None
    is_causal: bool = False


class Attention(nn.Module):
    """Multi-head attention with separate projections; the keys have no bias."""

    def __init__(self, d_model: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.k_proj = nn.Linear(d_model, d_model, bias=False)
        self.v_proj = nn.Linear(d_model, d_model)
        self.q_proj = nn.Linear(d_model, d_model)
        self.out_proj = nn.Linear(d_model, d_model)

    def split_heads(self, states: Tensor) -> Tensor:
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # [b, n, d] -> [b, heads, n, d / heads]

    def keys_values(self, source: Tensor) -> KeyValues:
        return self.split_heads(self.k_proj(source)), self.split_heads(self.v_proj(source))

    def forward(
        self, states: Tensor, keys_values: KeyValues, mask: Tensor | None = None, is_causal: bool = False
    ) -> Tensor:
        queries = self.split_heads(self.q_proj(states))  # [b, heads, n, d / heads]
        keys, values = keys_values  # [b, heads, m, d / heads]
        mixed = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, is_causal=is_causal)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))  # [b, n, d]


class WhisperEncoderLayer(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        d = config.d_model
        self.self_attn = Attention(d, config.encoder_heads)
        self.self_attn_layer_norm = nn.LayerNorm(d)
        self.fc1 = nn.Linear(d, config.encoder_ffn_dim)
        self.fc2 = nn.Linear(config.encoder_ffn_dim, d)
        self.final_layer_norm = nn.LayerNorm(d)
        self.dropout = config.dropout

    def forward(self, states: Tensor) -> Tensor:
        """states: [windows, positions, d]"""
        x = self.self_attn_layer_norm(states)
        x = self.self_attn(x, self.self_attn.keys_values(x))
        states = states + F.dropout(x, self.dropout, self.training)

        x = self.fc2(F.gelu(self.fc1(self.final_layer_norm(states))))
        return states + F.dropout(x, self.dropout, self.training)


class WhisperDecoderLayer(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        d = config.d_model
        self.self_attn = Attention(d, config.decoder_heads)
        self.self_attn_layer_norm = nn.LayerNorm(d)
        self.encoder_attn = Attention(d, config.decoder_heads)
        self.encoder_attn_layer_norm = nn.LayerNorm(d)
        self.fc1 = nn.Linear(d, config.decoder_ffn_dim)
        self.fc2 = nn.Linear(config.decoder_ffn_dim, d)
        self.final_layer_norm = nn.LayerNorm(d)
        self.dropout = config.dropout

    def cross_keys_values(self, encoder_states: Tensor) -> KeyValues:
        """Keys and values of the audio, [windows, heads, positions, d / heads] each; once per window."""
        return self.encoder_attn.keys_values(encoder_states)

    def forward(
        self, states: Tensor, tokens: SelfAttentionInput, cross: KeyValues, cache: LayerCache | None = None
    ) -> Tensor:
        """states: [rows, tokens, d]; cross: keys and values of each row's window"""
        x = self.self_attn_layer_norm(states)
        keys_values = self.self_attn.keys_values(x)
        if cache is not None:
            keys_values = cache.append(*keys_values)
        x = self.self_attn(x, keys_values, tokens.mask, tokens.is_causal)
        states = states + F.dropout(x, self.dropout, self.training)

        x = self.encoder_attn(self.encoder_attn_layer_norm(states), cross)
        states = states + F.dropout(x, self.dropout, self.training)

        x = self.fc2(F.gelu(self.fc1(self.final_layer_norm(states))))
        return states + F.dropout(x, self.dropout, self.training)


LAYER_KINDS: dict[str, tuple[type[nn.Module], type[nn.Module]]] = {
    "whisper": (WhisperEncoderLayer, WhisperDecoderLayer),
}


def layer_classes(kind: str) -> tuple[type[nn.Module], type[nn.Module]]:
    """The (encoder, decoder) layer classes of a kind; raises ValueError for an unknown one."""
    if kind not in LAYER_KINDS:
        raise ValueError(f"unknown layer_kind {kind!r}; known: {', '.join(LAYER_KINDS)}")
    return LAYER_KINDS[kind]


class Encoder(nn.Module):
    """Two convolutions, fixed sinusoidal positions, pre-norm layers, a final norm."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        d = config.d_model
        channels_in = d if config.input_projection else config.n_mels
        (stride1, stride2), (width1, width2) = config.conv_strides, config.conv_kernels
        self.conv1 = nn.Conv1d(channels_in, d, width1, stride1, padding=width1 // 2)
        self.conv2 = nn.Conv1d(d, d, width2, stride2, padding=width2 // 2)
        self.embed_positions = SinusoidalPositions(config.max_source_positions, d)
        encoder_layer, _ = layer_classes(config.layer_kind)
        self.layers = nn.ModuleList(encoder_layer(config) for _ in range(config.encoder_layers))
        self.layer_norm = nn.LayerNorm(d)
        self.dropout = config.dropout

    def forward(self, features: Tensor) -> Tensor:
        """features: [windows, frames, channels] -> states [windows, positions, d]"""
        x = F.gelu(self.conv1(features.transpose(1, 2)))  # [windows, d, frames / stride1]
        x = F.gelu(self.conv2(x)).transpose(1, 2)  # [windows, positions, d]
        states = x + self.embed_positions(x.shape[1])
        states = F.dropout(states, self.dropout, self.training)
        for layer in self.layers:
            states = layer(states)
        return self.layer_norm(states)


class Decoder(nn.Module):
    """Learned positions, pre-norm layers with attention to the audio, a final norm. Token embedding is outside."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embed_positions = nn.Embedding(config.max_target_positions, config.d_model)
        _, decoder_layer = layer_classes(config.layer_kind)
        self.layers = nn.ModuleList(decoder_layer(config) for _ in range(config.decoder_layers))
        self.layer_norm = nn.LayerNorm(config.d_model)
        self.dropout = config.dropout

    def cross_keys_values(self, encoder_states: Tensor, row_window: Tensor | None = None) -> list[KeyValues]:
        """Per layer the audio's keys and values, computed once per window and handed to each of its rows."""
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
        """embedded: token embeddings [rows, tokens, d] -> states [rows, tokens, d]"""
        states = embedded + self.embed_positions(tokens.positions)
        states = F.dropout(states, self.dropout, self.training)
        for i, layer in enumerate(self.layers):
            states = layer(states, tokens, cross[i], caches[i] if caches else None)
        return self.layer_norm(states)


class SinusoidalPositions(nn.Embedding):
    """Fixed position embeddings. A parameter only because the published checkpoints store them as one."""

    def forward(self, length: int) -> Tensor:
        return self.weight[:length].detach()  # [length, d]; never trained, whatever requires_grad says after loading


def sinusoids(positions: Tensor, channels: int) -> Tensor:
    """Whisper's sinusoidal embedding [n, channels] of positions [n], which need not be whole numbers.

    Wavelengths run geometrically from 2 pi to 2 pi * 10,000 positions; sines first, then cosines.
    """
    half = channels // 2
    rates = torch.exp(-math.log(10_000) / (half - 1) * torch.arange(half, dtype=torch.float32))
    angles = positions.float()[:, None] * rates  # [n, half]
    return torch.cat([angles.sin(), angles.cos()], dim=1)
