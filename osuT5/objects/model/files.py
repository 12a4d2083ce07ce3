"""Files of an object model: weights and contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from model_files.network_folder import check_contract, load_network, save_network, sizes_from_dict
from osuT5.objects.model.config import ObjectConfig, contract_of
from osuT5.objects.model.network import ObjectNetwork

CONTRACT_FILE = "objects.json"


def save_object_model(folder: Path, config: ObjectConfig, weights: Mapping[str, Tensor], rhythm_digest: str) -> None:
    """Write the weights in half precision, and the contract."""
    save_network(folder, weights, CONTRACT_FILE, contract_of(config, rhythm_digest))


def load_object_model(folder: Path, rhythm_digest: str = "") -> ObjectNetwork:
    """Load a model for prediction, in single precision.

    Args:
        rhythm_digest: SHA-256 of the rhythm model's weights; empty to accept any.

    Raises:
        ModelError: The folder does not contain an object model of this version for that rhythm model.
    """
    network, contract = load_network(
        folder, CONTRACT_FILE, "an object model", lambda sizes: ObjectNetwork(sizes_from_dict(ObjectConfig, sizes))
    )
    check_contract(folder, contract, contract_of(network.config, rhythm_digest or contract.get("rhythm_model", "")))
    return network
