"""Weights from safetensors files into a network, holding no more in memory than the network itself.

Tensors are read one by one, converted piece by piece as they come, and the network is built around them instead of
being filled. (Mapping the file would count its pages too while they are converted, and would lock it on Windows; whole
tensors in the file's precision would leave holes in the heap that stay with the process.)
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from osuT5.model.config import ModelConfig
from osuT5.model.seq2seq import MapperModel

WEIGHTS_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"

MAX_HEADER_BYTES = 100_000_000
"""The safetensors format's own limit."""

PIECE_ELEMENTS = 1 << 18

_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a folder: one, or the parts that its index names. Raises ValueError without any."""
    if (folder / WEIGHTS_FILE).is_file():
        return [folder / WEIGHTS_FILE]
    index = folder / INDEX_FILE
    if not index.is_file():
        raise ValueError(f"{folder} holds no model: {WEIGHTS_FILE} is missing")
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        parts = [folder / Path(name).name for name in names]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{index} is damaged") from error
    missing = [part.name for part in parts if not part.is_file()]
    if missing:
        raise ValueError(f"{folder} lacks {missing[0]}, which {INDEX_FILE} names")
    return parts


def read_tensors(
    path: Path, rename: Callable[[str], str | None] = str, dtype: torch.dtype | None = None
) -> Iterator[tuple[str, Tensor]]:
    """The tensors of a safetensors file, one at a time, floats converted to `dtype` if that is given.

    rename: gives the name to return, or None for a tensor that is not wanted and so not read.
    Raises ValueError, one sentence, for a file that is damaged or no such file.
    """
    with path.open("rb") as file:
        entries, data_start = _header(file, path)
        for name, entry in entries.items():
            new_name = rename(name)
            if new_name is None:
                continue
            yield new_name, _tensor(file, data_start, entry, dtype, f"{path} is damaged at {name}")


def build_model(config: ModelConfig, tensors: Iterable[tuple[str, Tensor]]) -> MapperModel:
    """A network around these tensors, ready to generate. They must be all of its parameters, and no others.

    Raises ValueError, one sentence, for the first that is missing, not known, or of another shape.
    """
    with torch.device("meta"):
        model = MapperModel(config)
    wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    state = {}
    for name, tensor in tensors:
        if name not in wanted:
            raise ValueError(f"the weights hold {name}, for which a network of this config has no place")
        if tuple(tensor.shape) != wanted[name]:
            found, expected = ("x".join(map(str, shape)) for shape in (tensor.shape, wanted[name]))
            raise ValueError(f"the weights hold {name} of size {found}, where the config asks for {expected}")
        state[name] = tensor
    missing = [name for name in wanted if name not in state]
    if missing:
        raise ValueError(f"the weights lack {missing[0]}" + (f" and {len(missing) - 1} more" * (len(missing) > 1)))
    model.load_state_dict(state, assign=True)
    return model.eval()


def load_weights(
    folder: Path,
    config: ModelConfig,
    rename: Callable[[str], str | None] = str,
    dtype: torch.dtype | None = None,
) -> MapperModel:
    """The network of a folder with safetensors; `rename` is `published.rename_key` for published ones."""
    files = weight_files(folder)
    return build_model(config, (item for path in files for item in read_tensors(path, rename, dtype)))


def _header(file: BinaryIO, path: Path) -> tuple[dict[str, dict], int]:
    """What a file says of its tensors, and where their data begin."""
    size = int.from_bytes(file.read(8), "little")
    if not 2 <= size <= MAX_HEADER_BYTES:
        raise ValueError(f"{path} is no safetensors file")
    text = file.read(size)
    try:
        entries = json.loads(text)
        entries.pop("__metadata__", None)
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no safetensors file, or a truncated one") from error
    return entries, 8 + size


def _tensor(file: BinaryIO, data_start: int, entry: dict, wanted: torch.dtype | None, complaint: str) -> Tensor:
    try:
        stored, shape = _DTYPES[entry["dtype"]], [int(size) for size in entry["shape"]]
        start, end = (int(offset) for offset in entry["data_offsets"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(complaint) from error
    if min([start, *shape]) < 0 or end - start != math.prod(shape) * stored.itemsize:
        raise ValueError(complaint)
    if data_start + end > os.fstat(file.fileno()).st_size:
        raise ValueError(f"{complaint}: the file ends early")
    file.seek(data_start + start)
    tensor = torch.empty(shape, dtype=wanted if wanted is not None and stored.is_floating_point else stored)
    _fill(tensor.view(-1), file, stored)
    return tensor


def _fill(flat: Tensor, file: BinaryIO, stored: torch.dtype) -> None:
    """Reads as many elements of type `stored` as there is room for."""
    converts = flat.dtype != stored
    piece = torch.empty(min(PIECE_ELEMENTS, len(flat)), dtype=stored) if converts else flat
    for begin in range(0, len(flat), max(1, len(piece))):
        place = flat[begin : begin + len(piece)]
        source = piece[: len(place)]
        # Straight into the tensor's memory; as bytes, since numpy has no bfloat16.
        file.readinto(source.view(torch.uint8).numpy())
        if converts:
            place.copy_(source)
