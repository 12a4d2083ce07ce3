"""The safetensors format: a length, a JSON header, and the tensors one after the other.

The header is read by us rather than by the package of that name, since that maps the whole file into memory:
converted to bf16, a model would then take three times what it weighs while it loads.
Source: https://huggingface.co/docs/safetensors (format).
"""

from __future__ import annotations

import struct
from math import prod
from pathlib import Path

import torch

from model_files.errors import ModelError
from model_files.json_files import parse_json_object
from model_files.tensor_spans import TensorSpan

MAX_HEADER_BYTES = 100_000_000
"""As in the format's definition."""

_LENGTH = struct.Struct("<Q")

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


def safetensors_spans(path: Path) -> dict[str, TensorSpan]:
    """Where each tensor of a safetensors file lies. Raises ModelError for a missing, damaged or foreign file."""
    try:
        with path.open("rb") as file:
            start = file.read(_LENGTH.size)
            header_bytes = _LENGTH.unpack(start)[0] if len(start) == _LENGTH.size else 0
            if not 2 <= header_bytes <= MAX_HEADER_BYTES:
                raise ModelError(f"{path} is no safetensors file.")
            header = file.read(header_bytes)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error}).") from error
    if len(header) < header_bytes:
        raise ModelError(f"{path} is truncated, or no safetensors file.")
    data_start = _LENGTH.size + header_bytes
    data_bytes = path.stat().st_size - data_start
    entries = parse_json_object(header, f"The header of {path}")
    entries.pop("__metadata__", None)
    return {name: _span(path, name, entry, data_start, data_bytes) for name, entry in entries.items()}


def _span(path: Path, name: str, entry: object, data_start: int, data_bytes: int) -> TensorSpan:
    """One entry of the header: {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}."""
    match entry:
        case {"dtype": str(kind), "shape": list(shape), "data_offsets": [int(begin), int(end)]}:
            pass
        case _:
            raise ModelError(f"The header of {path} is damaged at {name[:80]}.")
    if kind not in DTYPES:
        raise ModelError(f"{path} stores {name[:80]} as {kind[:20]}, which cannot be read.")
    dtype = DTYPES[kind]
    if not all(type(size) is int and size >= 0 for size in shape) or end - begin != prod(shape) * dtype.itemsize:
        raise ModelError(f"The header of {path} is damaged at {name[:80]}.")
    if begin < 0 or end > data_bytes:
        raise ModelError(f"{path} is truncated.")
    return TensorSpan(path, data_start + begin, dtype, tuple(shape))
