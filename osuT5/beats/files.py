"""Files of a beat model: weights and contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from model_files.network_folder import check_contract, load_network, save_network, sizes_from_dict
from osuT5.beats.config import BeatConfig, contract_of
from osuT5.beats.network import BeatNetwork

CONTRACT_FILE = "beats.json"


def save_beat_model(folder: Path, config: BeatConfig, weights: Mapping[str, Tensor]) -> None:
    """Write the weights in half precision, and the contract."""
    save_network(folder, weights, CONTRACT_FILE, contract_of(config))


def load_beat_model(folder: Path) -> BeatNetwork:
    """Load a model for prediction, in single precision.

    Raises:
        ModelError: The folder does not contain a beat model, or one with another spectrogram.
    """
    network, contract = load_network(
        folder, CONTRACT_FILE, "a beat model", lambda sizes: BeatNetwork(sizes_from_dict(BeatConfig, sizes))
    )
    check_contract(folder, contract, contract_of(network.config))
    return network
