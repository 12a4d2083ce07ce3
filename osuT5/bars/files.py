"""Files of a bar model: weights and contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from model_files.network_folder import check_contract, load_network, save_network, sizes_from_dict
from osuT5.bars.config import BarConfig, contract_of
from osuT5.bars.network import BarNetwork

CONTRACT_FILE = "bars.json"


def save_bar_model(folder: Path, config: BarConfig, weights: Mapping[str, Tensor]) -> None:
    """Write the weights in half precision, and the contract."""
    save_network(folder, weights, CONTRACT_FILE, contract_of(config))


def load_bar_model(folder: Path) -> BarNetwork:
    """Load a model for prediction, in single precision.

    Raises:
        ModelError: The folder does not contain a bar model, or one with another clock or spectrogram.
    """
    network, contract = load_network(
        folder, CONTRACT_FILE, "a bar model", lambda sizes: BarNetwork(sizes_from_dict(BarConfig, sizes))
    )
    check_contract(folder, contract, contract_of(network.config))
    return network
