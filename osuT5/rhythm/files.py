"""Files of a rhythm model: weights and contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from model_files.network_folder import check_contract, load_network, save_network, sizes_from_dict
from osuT5.rhythm.config import RhythmConfig, contract_of
from osuT5.rhythm.network import RhythmNetwork

CONTRACT_FILE = "rhythm.json"


def save_rhythm_model(folder: Path, config: RhythmConfig, weights: Mapping[str, Tensor]) -> None:
    """Write the weights in half precision, and the contract."""
    save_network(folder, weights, CONTRACT_FILE, contract_of(config))


def load_rhythm_model(folder: Path) -> RhythmNetwork:
    """Load a model for prediction, in single precision.

    Raises:
        ModelError: The folder does not contain a rhythm model, or one with another clock or spectrogram.
    """
    network, contract = load_network(
        folder, CONTRACT_FILE, "a rhythm model", lambda sizes: RhythmNetwork(sizes_from_dict(RhythmConfig, sizes))
    )
    check_contract(folder, contract, contract_of(network.config))
    return network
