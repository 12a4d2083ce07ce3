"""CPU linear layers with weights in a layout for repeated reading.

For generation alone: such weights cannot be trained, saved or read back.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Kernel = Callable[[Tensor], Tensor]
"""[..., in] -> [..., out]"""

ONEDNN_FROM_WEIGHTS = 512 * 512
"""Below it oneDNN's call costs more than its layout gains."""

INT8_FROM_WEIGHTS = 256 * 256
"""Below it, quantising what enters costs more than reading fp32 weights."""

SPARE_OUTPUTS = 64
"""A few cache lines."""


class PackedLinear(nn.Module):
    """Has no parameters: the weights are in the kernel."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__()
        self.kernel = kernel

    def forward(self, states: Tensor) -> Tensor:
        return self.kernel(states)


def kernel_of(layer: nn.Module) -> Kernel:
    """Return the function that computes a layer without a module call."""
    if isinstance(layer, PackedLinear):
        return layer.kernel
    return partial(F.linear, weight=layer.weight, bias=layer.bias) if type(layer) is nn.Linear else layer


def pack_linear(layer: nn.Linear, int8: bool, takes_steps: bool) -> nn.Module:
    """Return the fastest form of a layer, in int8 if requested.

    The layer itself is returned if nothing is gained. `takes_steps` states whether it is repeatedly called for one row.
    """
    weight = layer.weight
    if weight.device.type != "cpu" or weight.dtype is not torch.float32:
        return layer
    if int8 and weight.numel() >= INT8_FROM_WEIGHTS:
        return PackedLinear(_int8_kernel(weight, layer.bias))
    if weight.numel() >= ONEDNN_FROM_WEIGHTS and has_onednn():
        return PackedLinear(_onednn_kernel(weight, layer.bias, takes_steps))
    return layer


def pack_layers(parent: nn.Module, int8: bool, takes_steps: bool) -> None:
    """Replace all linear layers below a module by packed ones."""
    for name, child in parent.named_children():
        if type(child) is nn.Linear:
            setattr(parent, name, pack_linear(child, int8, takes_steps))
        else:
            pack_layers(child, int8, takes_steps)


def has_onednn() -> bool:
    return torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_reorder_linear_weight")


@torch.inference_mode()
def _onednn_kernel(weight: Tensor, bias: Tensor | None, takes_steps: bool) -> Kernel:
    """Return a oneDNN kernel, or a faster one for single rows.

    For one row and one thread, weights with more outputs than inputs are read faster input by input. This never splits
    a row between threads, as oneDNN does.
    """
    laid_out = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), 1)
    by_input = _transpose(weight) if takes_steps and weight.shape[0] > weight.shape[1] else None

    def kernel(states: Tensor) -> Tensor:
        if by_input is None or states.ndim > 2 or len(states) > 1 or torch.get_num_threads() > 1:
            return torch.ops.mkldnn._linear_pointwise(states, laid_out, bias, "none", [], "")
        return states @ by_input if bias is None else torch.addmm(bias, states, by_input)

    return kernel


def _transpose(weight: Tensor) -> Tensor:
    """Transpose [out, in] to [in, out] with spare room in each row.

    Rows some multiple of 4 KiB apart would share cache lines.
    """
    room = weight.new_empty(weight.shape[1], weight.shape[0] + SPARE_OUTPUTS)
    return room[:, : len(weight)].copy_(weight.t())


@torch.inference_mode()
def _int8_kernel(weight: Tensor, bias: Tensor | None) -> Kernel:
    """Return an int8 kernel with a scale for each output channel.

    What enters is quantised as it comes, each row by its own range.

    torch quantises a whole batch by one range, so that what a row gives would depend on its neighbours. So a row x is
    brought to [0, 1] first, which is then the range of every batch: W x = span W ((x - low) / span) + low W 1.
    """
    scales = weight.abs().amax(1).clamp(min=1e-12) / 127
    zeros = torch.zeros(len(weight), dtype=torch.long)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # tensors that carry their scales are on the way out of torch
        quantised = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
        weights = torch.ops.quantized.linear_prepack(quantised, None)
        sums = quantised.dequantize().sum(1)
    offset = weight.new_zeros(len(weight)) if bias is None else bias

    def kernel(states: Tensor) -> Tensor:
        low, high = states.aminmax(dim=-1, keepdim=True)
        span = (high - low).clamp_(min=1e-12)
        # Inputs of 7 bits: sums of pairs of 8-bit products overflow on CPUs without VNNI.
        product = torch.ops.quantized.linear_dynamic((states - low) / span, weights, True)
        return torch.addcmul(offset, low, sums).addcmul_(product, span)

    return kernel
