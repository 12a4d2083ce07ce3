"""Folder of a small network: half-precision weights, and its contract as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from model_files.errors import ModelError

WEIGHTS_FILE = "model.safetensors"

Network = TypeVar("Network", bound=nn.Module)
Sizes = TypeVar("Sizes")


def save_network(folder: Path, weights: Mapping[str, Tensor], contract_file: str, contract: Mapping[str, Any]) -> None:
    """Write the weights in half precision, and the contract."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: weight.half().contiguous() for name, weight in weights.items()}, folder / WEIGHTS_FILE)
    (folder / contract_file).write_text(json.dumps(contract, indent=2) + "\n", encoding="utf-8")


def load_network(
    folder: Path, contract_file: str, kind: str, build: Callable[[dict], Network]
) -> tuple[Network, dict[str, Any]]:
    """Load a network for prediction, in single precision, and its contract.

    Args:
        kind: Name of the kind of model in messages, with its article.
        build: Makes the network from the sizes under `network` in the contract.

    Raises:
        ModelError: The folder does not contain such a network.
    """
    try:
        contract = json.loads((folder / contract_file).read_text(encoding="utf-8"))
        network = build(contract["network"])
        network.load_state_dict({name: weight.float() for name, weight in load_file(folder / WEIGHTS_FILE).items()})
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{folder} is not {kind}: {str(error).splitlines()[0][:160]}") from error
    return network.eval().requires_grad_(False), contract


def check_contract(folder: Path, contract: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Check that a model was trained with the facts of this version.

    Sizes of the network do not count.

    Raises:
        ModelError: It was trained with others.
    """
    for part in expected:
        if part != "network" and contract.get(part) != expected[part]:
            raise ModelError(f"{folder} was trained with another {part} than expected: train it again with train.py.")


def sizes_from_dict(kind: type[Sizes], values: Mapping[str, Any]) -> Sizes:
    """Return the sizes of a network from JSON or from options.

    Raises:
        ValueError: A field is unknown to this version.
    """
    unknown = sorted(set(values) - {field.name for field in fields(kind)})  # type: ignore[arg-type]
    if unknown:
        raise ValueError(f"unknown sizes of the network: {', '.join(unknown)}")
    return kind(**values)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file of weights.

    Raises:
        ModelError: It cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
