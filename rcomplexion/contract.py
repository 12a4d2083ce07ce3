"""Contract of a rhythm model as JSON; loading and saving with weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from model_files.errors import ModelError
from model_files.folder_weights import SAFETENSORS, open_tensors, save_small_model
from model_files.json_files import read_json_object
from paths import MODEL_DIR
from rcomplexion.model import RhythmConfig, RhythmModel
from rcomplexion.rhythm import BAR_BEATS, BEAT_FRACTIONS, INTERVALS

CONTRACT_FILE = "rcomplexion.json"
BUNDLED_MODEL = MODEL_DIR / "rcomplexion"


def known_classes() -> dict[str, list[str]]:
    """Return the tables that a model was trained with.

    Another version of the program may have others.
    """
    return {"intervals_beats": [str(beats) for beats in INTERVALS], "phases_beats": [str(p) for p in BEAT_FRACTIONS]}


def make_config(**sizes: int) -> RhythmConfig:
    """Return the sizes of a network for the tables of this version."""
    return RhythmConfig(len(INTERVALS), len(BEAT_FRACTIONS), BAR_BEATS, **sizes)


def save_model(config: RhythmConfig, folder: Path, weights: Mapping[str, Tensor]) -> None:
    """Write weights as fp16, and their contract."""
    save_small_model(folder, weights, CONTRACT_FILE, {"format": 1, "network": asdict(config), **known_classes()})


def load_model(folder: str | Path | None = None) -> RhythmModel:
    """Load a trained model from a folder; None is the bundled one.

    Raises:
        ModelError: It cannot be loaded.
    """
    folder = BUNDLED_MODEL if folder is None else Path(folder)
    data = read_json_object(folder / CONTRACT_FILE)
    if {name: data.get(name) for name in known_classes()} != known_classes():
        raise ModelError(f"The model in {folder} distinguishes other intervals than this version.")
    try:
        with torch.device("meta"):
            model = RhythmModel(RhythmConfig(**data["network"]))
        state = {name: stored.read(torch.float32) for name, stored in open_tensors(folder / SAFETENSORS).items()}
        model.load_state_dict(state, assign=True)
    except (KeyError, TypeError, RuntimeError) as error:
        raise ModelError(f"The weights in {folder} do not fit its {CONTRACT_FILE}.") from error
    return model.eval().requires_grad_(False)
