"""What a step of one row cannot be faster than: reading its weights and its cache at the speed of memory."""

from __future__ import annotations

import time

import torch

from osuT5.model.seq2seq import MapperModel

COPIED_MB = 256
COPIES = 5


def numbers_read(model: MapperModel, length: float) -> tuple[int, float]:
    """How many numbers a step reads: of weights, and of the cache of a row with so many tokens."""
    config = model.config
    weights = sum(p.numel() for p in model.decoder.parameters()) + model.proj_out.weight.numel()
    weights -= 0 if model.decoder.embed_positions is None else model.decoder.embed_positions.weight.numel()
    audio = 2 * config.decoder_layers * config.max_source_positions * config.d_model
    for layer in model.decoder.layers:  # keys and values of the audio are read, not made, in a step
        weights -= sum(p.numel() for name, p in layer.encoder_attn.named_parameters() if name[0] in "kv")
    return weights, audio + 2 * config.decoder_layers * config.d_model * length


def copy_gb_s(device: str = "cpu") -> float:
    """How fast a device copies its memory, read and written."""
    source = torch.ones(COPIED_MB * 250_000, device=device)
    target = torch.empty_like(source)
    target.copy_(source)
    return max(2 * source.nbytes / _seconds_of_copy(source, target) / 1e9 for _ in range(COPIES))


def _seconds_of_copy(source: torch.Tensor, target: torch.Tensor) -> float:
    if source.device.type != "cuda":
        started = time.perf_counter()
        target.copy_(source)
        return time.perf_counter() - started
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    target.copy_(source)
    end.record()
    end.synchronize()
    return start.elapsed_time(end) / 1e3
