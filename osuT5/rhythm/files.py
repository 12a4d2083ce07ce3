"""Model folder: fp16 weights as safetensors, and the contract as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from model_files.errors import ModelError
from osuT5.rhythm.config import RhythmConfig, contract_of
from osuT5.rhythm.network import RhythmNetwork

WEIGHTS_FILE, CONTRACT_FILE = "model.safetensors", "rhythm.json"


def save_rhythm_model(folder: Path, config: RhythmConfig, weights: Mapping[str, Tensor]) -> None:
    """Write the weights in half precision, and the contract."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: weight.half().contiguous() for name, weight in weights.items()}, folder / WEIGHTS_FILE)
    (folder / CONTRACT_FILE).write_text(json.dumps(contract_of(config), indent=2) + "\n", encoding="utf-8")


def load_rhythm_model(folder: Path) -> RhythmNetwork:
    """Load a model for prediction, in single precision.

    Raises:
        ModelError: The folder does not contain a rhythm model, or one with another clock or spectrogram.
    """
    try:
        contract = json.loads((folder / CONTRACT_FILE).read_text(encoding="utf-8"))
        config = RhythmConfig.from_dict(contract["network"])
        weights = load_file(folder / WEIGHTS_FILE)
        network = RhythmNetwork(config)
        network.load_state_dict({name: weight.float() for name, weight in weights.items()})
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{folder} is not a rhythm model: {str(error).splitlines()[0][:160]}") from error
    expected = contract_of(config)
    for part in ("spectrogram", "clock", "lead_ms"):
        if contract.get(part) != expected[part]:
            raise ModelError(f"{folder} has another {part} than this version: retrain it with osuT5.rhythm.train.")
    return network.eval().requires_grad_(False)
