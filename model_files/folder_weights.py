"""The weights in a folder, whichever of the usual file names they have."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

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
    """Where each tensor of a model lies. Raises ModelError where there is none, or one that cannot be read."""
    name = next((name for name in WEIGHT_FILES if (folder / name).is_file()), None)
    if name is None:
        raise ModelError(f"{folder} holds no weights: {SAFETENSORS} is missing.")
    return _sharded_spans(folder / name) if name in (SAFETENSORS_INDEX, TORCH_INDEX) else file_spans(folder / name)


def file_spans(path: Path) -> dict[str, StoredTensor]:
    """Where each tensor of one file lies; its suffix tells the format. Raises ModelError."""
    return open_safetensors(path) if path.suffix == ".safetensors" else open_torch_file(path)


def _sharded_spans(index: Path) -> dict[str, StoredTensor]:
    """The tensors of a model that is cut into several files, listed as {"weight_map": {tensor: file}}."""
    places = read_json_object(index).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise ModelError(f"{index} lists no weights (weight_map).")
    shards = {name: _shard_spans(index, name) for name in dict.fromkeys(map(str, places.values()))}
    spans = {key: shards[str(name)].get(key) for key, name in places.items()}
    for key, span in spans.items():
        if span is None:
            raise ModelError(f"{index.parent / str(places[key])} lacks {key[:80]}, which {index.name} places there.")
    return spans  # type: ignore[return-value]


def _shard_spans(index: Path, name: str) -> dict[str, StoredTensor]:
    """One file of several, which must lie beside the index and nowhere else."""
    suffix = Path(index.name.removesuffix(".index.json")).suffix
    if PureWindowsPath(name).name != name or name in (".", "..") or Path(name).suffix != suffix:
        raise ModelError(f"{index} names {name[:80]}, which is no {suffix} file beside it.")
    if not (index.parent / name).is_file():
        raise ModelError(f"{index.parent} lacks {name}, which {index.name} names.")
    return file_spans(index.parent / name)
