"""Model folder: fp16 weights as safetensors, and the contract as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from model_files.errors import ModelError
from osuT5.objects.config import ObjectConfig, contract_of
from osuT5.objects.network import ObjectNetwork

WEIGHTS_FILE, CONTRACT_FILE = "model.safetensors", "objects.json"


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file of weights."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error


def save_object_model(folder: Path, config: ObjectConfig, weights: Mapping[str, Tensor], rhythm_digest: str) -> None:
    """Write the weights in half precision, and the contract."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: weight.half().contiguous() for name, weight in weights.items()}, folder / WEIGHTS_FILE)
    contract = contract_of(config, rhythm_digest)
    (folder / CONTRACT_FILE).write_text(json.dumps(contract, indent=2) + "\n", encoding="utf-8")


def load_object_model(folder: Path, rhythm_digest: str = "") -> ObjectNetwork:
    """Load a model for prediction, in single precision.

    Args:
        rhythm_digest: SHA-256 of the rhythm model's weights; empty to accept any.

    Raises:
        ModelError: The folder does not contain an object model of this version for that rhythm model.
    """
    try:
        contract = json.loads((folder / CONTRACT_FILE).read_text(encoding="utf-8"))
        config = ObjectConfig.from_dict(contract["network"])
        network = ObjectNetwork(config)
        network.load_state_dict({name: weight.float() for name, weight in load_file(folder / WEIGHTS_FILE).items()})
        expected = contract_of(config, rhythm_digest or contract["rhythm_model"])
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{folder} is not an object model: {str(error).splitlines()[0][:160]}") from error
    for part in ("tables", "rhythm_model"):
        if contract.get(part) != expected[part]:
            raise ModelError(f"{folder} was trained with another {part}: retrain it with osuT5.objects.train.")
    return network.eval().requires_grad_(False)
