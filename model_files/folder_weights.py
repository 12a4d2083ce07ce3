"""Weights in a folder, under any of the usual file names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath

from safetensors.torch import save_file
from torch import Tensor

from model_files.errors import ModelError
from model_files.json_files import read_json_object
from model_files.tensor_files import StoredTensor, open_safetensors, open_torch_file

SAFETENSORS = "model.safetensors"
SAFETENSORS_INDEX = "model.safetensors.index.json"
TORCH = "pytorch_model.bin"
TORCH_INDEX = "pytorch_model.bin.index.json"

WEIGHT_FILES = (SAFETENSORS, SAFETENSORS_INDEX, TORCH, TORCH_INDEX)
"""In the order in which they are looked for."""


def folder_weights(folder: Path) -> dict[str, StoredTensor]:
    """Open the tensors of a model by name.

    Raises:
        ModelError: There are no weights, or they cannot be read.
    """
    name = next((name for name in WEIGHT_FILES if (folder / name).is_file()), None)
    if name is None:
        raise ModelError(f"{folder} holds no weights: {SAFETENSORS} is missing.")
    return _open_shards(folder / name) if name in (SAFETENSORS_INDEX, TORCH_INDEX) else open_tensors(folder / name)


def save_small_model(folder: Path, weights: Mapping[str, Tensor], contract_file: str, contract: dict) -> None:
    """Write weights as fp16, and their contract as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: weight.detach().half().contiguous() for name, weight in weights.items()}, folder / SAFETENSORS)
    (folder / contract_file).write_text(json.dumps(contract, indent=1) + "\n", encoding="utf-8")


def open_tensors(path: Path) -> dict[str, StoredTensor]:
    """Open the tensors of a file, whose suffix names the format.

    Raises:
        ModelError: The file cannot be read.
    """
    return open_safetensors(path) if path.suffix == ".safetensors" else open_torch_file(path)


def _open_shards(index: Path) -> dict[str, StoredTensor]:
    """Open the tensors of a model in several files.

    The index lists them as {"weight_map": {tensor: file}}.
    """
    places = read_json_object(index).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise ModelError(f"{index} lists no weights (weight_map).")
    shards = {name: _open_shard(index, name) for name in dict.fromkeys(map(str, places.values()))}
    for key, name in places.items():
        if key not in shards[str(name)]:
            raise ModelError(f"{index.parent / str(name)} lacks {key[:80]}, which {index.name} places there.")
    return {key: shards[str(name)][key] for key, name in places.items()}


def _open_shard(index: Path, name: str) -> dict[str, StoredTensor]:
    """Open one of several files, which must be next to the index."""
    suffix = Path(index.name.removesuffix(".index.json")).suffix
    if PureWindowsPath(name).name != name or name in (".", "..") or Path(name).suffix != suffix:
        raise ModelError(f"{index} names {name[:80]}, which is no {suffix} file next to it.")
    if not (index.parent / name).is_file():
        raise ModelError(f"{index.parent} lacks {name}, which {index.name} names.")
    return open_tensors(index.parent / name)
