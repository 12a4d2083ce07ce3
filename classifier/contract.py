"""Folder of a trained classifier: weights, and its contract as JSON.

It is self-contained: it has its own copy of the lower part and of the contract of the seq2seq model that it was made
from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from classifier.model import ExcerptReader, HeadConfig, MapperClassifier
from model_files.errors import ModelError
from model_files.folder_weights import SAFETENSORS, open_tensors, save_small_model
from model_files.json_files import read_json_object
from osuT5.model.config import ModelConfig
from osuT5.tokens.contract import Contract
from paths import MODEL_DIR

CONTRACT_FILE = "classifier.json"
BUNDLED_CLASSIFIER = MODEL_DIR / "classifier"


@dataclass(frozen=True)
class Classifier:
    """Network, contract of its seq2seq model, and names of mappers."""

    model: MapperClassifier
    spec: Contract
    mappers: tuple[str, ...]


def save_classifier(
    model: MapperClassifier, spec: Contract, mappers: Sequence[str], folder: Path, weights: Mapping[str, Tensor]
) -> None:
    """Write `weights` as fp16, with the rest of `model` and the contract."""
    state = {name: weight.cpu() for name, weight in model.state_dict().items()} | dict(weights)
    sizes = {name: getattr(model.reader.config, name) for name in ModelConfig.__annotations__ if name != "model_type"}
    data = {
        "format": 1,
        "mappers": list(mappers),
        "head": asdict(model.head),
        "reader": sizes,
        "spec": spec.to_json(),
    }
    save_small_model(folder, state, CONTRACT_FILE, data)


def load_classifier(folder: str | Path | None = None, device: str = "cpu") -> Classifier:
    """Load a trained classifier from a folder; None is the bundled one.

    Raises:
        ModelError: It cannot be loaded.
    """
    folder = BUNDLED_CLASSIFIER if folder is None else Path(folder)
    data = read_json_object(folder / CONTRACT_FILE)
    try:
        spec, mappers = Contract.from_json(data["spec"]), tuple(str(name) for name in data["mappers"])
        with torch.device("meta"):
            model = MapperClassifier(ExcerptReader(ModelConfig(**data["reader"])), HeadConfig(**data["head"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{folder / CONTRACT_FILE} is damaged, or from another version.") from error
    state = {name: stored.read(torch.float32) for name, stored in open_tensors(folder / SAFETENSORS).items()}
    try:
        model.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise ModelError(f"The weights in {folder} do not fit its {CONTRACT_FILE}.") from error
    if len(mappers) != model.head.mapper_count:
        raise ModelError(f"The weights in {folder} do not fit its {CONTRACT_FILE}.")
    return Classifier(model.to(device).eval().requires_grad_(False), spec, mappers)
