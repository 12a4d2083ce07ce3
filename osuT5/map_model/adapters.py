"""Adapter of a map model: one PEFT adapter per part, in subfolders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from torch import nn

from model_files.errors import ModelError
from model_files.hub import local_folder
from model_files.json_files import read_json_object
from model_files.network_folder import WEIGHTS_FILE, digest_of
from osuT5.model.files.lora import MAP_ADAPTER_FILE, Adapter


def save_bases(folder: Path, bases: Mapping[str, Path]) -> None:
    """Write the SHA-256 of the base weights of each adapted part."""
    digests = {part: digest_of(base / WEIGHTS_FILE) for part, base in bases.items()}
    (folder / MAP_ADAPTER_FILE).write_text(json.dumps(digests, indent=2) + "\n", encoding="utf-8")


def find_map_adapter(source: str, model: Path) -> Path:
    """Return the folder of an adapter for a map model.

    Args:
        source: Folder or hub id of the adapter.
        model: Folder of the map model.

    Raises:
        ModelError: There is no such adapter, or it is for another model.
    """
    files = (MAP_ADAPTER_FILE, "rhythm/*", "objects/*")
    folder = local_folder("lora_path", source, files, MAP_ADAPTER_FILE)
    if not (folder / MAP_ADAPTER_FILE).is_file():
        raise ModelError(
            f"lora_path={source} adapts a model of event tokens, and {model.name} generates maps on the beat clock: "
            f"train an adapter for it with train.py -cn lora pretrained_path={model}."
        )
    for part, digest in read_json_object(folder / MAP_ADAPTER_FILE).items():
        if digest_of(model / part / WEIGHTS_FILE) != digest:
            raise ModelError(f"lora_path={source} was trained on another {part} model than {model / part}.")
    return folder


def merge_adapter(network: nn.Module, folder: Path) -> None:
    """Add the adapter in a folder to the weights of a part.

    If there is no folder, they stay.

    Raises:
        ModelError: It does not fit the network.
    """
    if not folder.is_dir():
        return
    adapter, state = Adapter(folder), network.state_dict()
    adapter.check_fit({name: tuple(weight.shape) for name, weight in state.items()})
    network.load_state_dict({name: adapter.merge(name, weight) for name, weight in state.items()})
