"""Preparation of a model for inference: fewer and faster steps.

The function stays the same. A model as loaded is the reference implementation, used in training and comparisons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from osuT5.model.attention import FusedSelfAttention, SeparateAttention
from osuT5.model.decoding.packed_linear import pack_layers, pack_linear
from osuT5.model.decoding.row_decoder import RowDecoder
from osuT5.model.decoding.step_graphs import Capturing, CudaGraphs, GraphedSteps

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel


@torch.no_grad()
def prepare_to_generate(model: MapperModel, int8: bool = False, capture: Capturing | None = None) -> MapperModel:
    """Prepare a model; it can be neither trained nor saved afterwards.

    Args:
        int8: Whether to quantise the weights of large linear layers, on a CPU. Elsewhere projections are fused.
        capture: Converts steps of fixed shapes to graphs; by default `CudaGraphs` on CUDA and ROCm.
    """
    if model.row_decoder is not None or model.graphed_steps is not None:
        return model
    for layer in (*model.encoder.layers, *model.decoder.layers):
        if isinstance(layer.self_attn, SeparateAttention):
            layer.self_attn = _fuse(layer.self_attn)
    if capture is not None or model.device.type == "cuda":
        model.graphed_steps = GraphedSteps(capture or CudaGraphs(model.device))
    elif model.device.type == "cpu":
        for part in (model.encoder, model.decoder):
            pack_layers(part, int8, takes_steps=part is model.decoder)
        model.proj_out = pack_linear(model.proj_out, int8, takes_steps=True)
        model.row_decoder = RowDecoder(model)
    return model


def _fuse(separate: SeparateAttention) -> FusedSelfAttention:
    """Fuse queries, keys and values in one matrix.

    Keys have a bias of 0.
    """
    width = separate.q_proj.in_features
    with torch.device("meta"):
        fused = FusedSelfAttention(width, separate.heads, separate.reach, bias=True)
    parts = (separate.q_proj, separate.k_proj, separate.v_proj)
    biases = [torch.zeros_like(separate.q_proj.bias) if part.bias is None else part.bias for part in parts]
    fused.Wqkv.weight = _freeze(torch.cat([part.weight for part in parts]))
    fused.Wqkv.bias = _freeze(torch.cat(biases))
    fused.Wo = separate.out_proj
    return fused


def _freeze(values: torch.Tensor) -> nn.Parameter:
    return nn.Parameter(values, requires_grad=False)
