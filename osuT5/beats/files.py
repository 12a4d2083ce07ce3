"""Model folder: fp16 weights as safetensors, and the contract as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from model_files.errors import ModelError
from osuT5.beats.config import BeatConfig, contract_of
from osuT5.beats.network import BeatNetwork

WEIGHTS_FILE, CONTRACT_FILE = "model.safetensors", "beats.json"


def save_beat_model(folder: Path, config: BeatConfig, weights: Mapping[str, Tensor]) -> None:
    """Write the weights in half precision, and the contract."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: weight.half().contiguous() for name, weight in weights.items()}, folder / WEIGHTS_FILE)
    (folder / CONTRACT_FILE).write_text(json.dumps(contract_of(config), indent=2) + "\n", encoding="utf-8")


def load_beat_model(folder: Path) -> BeatNetwork:
    """Load a model for prediction, in single precision.

    Raises:
        ModelError: The folder does not contain a beat model, or one with another spectrogram.
    """
    try:
        contract = json.loads((folder / CONTRACT_FILE).read_text(encoding="utf-8"))
        config = BeatConfig.from_dict(contract["network"])
        network = BeatNetwork(config)
        network.load_state_dict({name: weight.float() for name, weight in load_file(folder / WEIGHTS_FILE).items()})
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{folder} is not a beat model: {str(error).splitlines()[0][:160]}") from error
    expected = contract_of(config)
    for part in ("spectrogram", "lead_ms"):
        if contract.get(part) != expected[part]:
            raise ModelError(f"{folder} has another {part} than this version: retrain it with osuT5.beats.train.")
    return network.eval().requires_grad_(False)
