"""Initial weights of a training run.

They are new ones, a model to train further, or a model with an adapter next to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor
from transformers.utils import logging

from model_files.errors import ModelError
from osuT5.model.config import ModelConfig
from osuT5.model.files.find import find_model
from osuT5.model.files.loading import load_model
from osuT5.model.files.lora import BASE_CONTRACT_FILE
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.class_tables import NO_TABLES, TABLES_FILE, ClassTables
from osuT5.tokens.contract import CONTRACT_FILE, Contract
from osuT5.training.adapters import add_adapter
from osuT5.training.architectures import ARCHITECTURES
from osuT5.training.context_extension import with_contexts
from osuT5.training.options import TrainOptions
from training.options import OptionError, require, require_one_of


class Export(Protocol):
    def __call__(self, weights: Mapping[str, Tensor], folder: Path) -> None:
        """Write trained weights (on the CPU, by name) into a folder."""


@dataclass(frozen=True)
class StartingPoint:
    """Model at the start of a run.

    `export` writes the trained weights: a whole model with its contract, or an adapter.
    """

    model: MapperModel
    spec: Contract
    export: Export


def check_start(options: TrainOptions) -> None:
    """Check options that otherwise fail only when weights are made.

    Raises:
        OptionError: One sentence for the user.
    """
    require_one_of(tuple(ARCHITECTURES), "architecture", options.architecture)
    if options.lora.enable_lora:
        require(bool(options.pretrained_path), "pretrained_path", "given for LoRA: a model that it adapts", "nothing")
        require(
            not options.add_contexts, "add_contexts", "empty for LoRA, which does not change the vocabulary", "some"
        )
    for name in options.sizes:
        if name not in ModelConfig.__annotations__:
            raise OptionError(f"There is no size {name} of the network.")


def starting_point(options: TrainOptions) -> StartingPoint:
    """Load or initialise weights in fp32 with their contract.

    Raises OptionError or ModelError.
    """
    if not options.pretrained_path:
        return _fresh(options)
    source = options.pretrained_path
    if Path(source).exists() and not Path(source).is_dir():
        raise OptionError(f"pretrained_path must be the folder of a model or a hub id, got {source}.")
    try:
        # Exported weights are fp16; what is trained is fp32.
        model, contract = load_model(source)
    except ModelError as error:
        raise ModelError(str(error).replace("model_path", "pretrained_path")) from error
    _check_trainable(model.config)
    if options.sizes:
        model = _with_parts(model, options.sizes)
    if options.add_contexts:
        model, contract = with_contexts(model, contract, options.add_contexts)
    if not options.lora.enable_lora:
        model.requires_grad_(True)
        return StartingPoint(model, contract, whole_model_export(model.config, contract))
    is_published = not (find_model(source).map / CONTRACT_FILE).is_file()
    return StartingPoint(
        model, contract, adapter_export(add_adapter(model, options.lora, source, is_published), contract)
    )


def adapter_export(export: Export, contract: Contract) -> Export:
    """Return an export of an adapter with its model's contract."""

    def export_both(weights: Mapping[str, Tensor], folder: Path) -> None:
        export(weights, folder)
        text = json.dumps(contract.to_json(), indent=1)
        (folder / BASE_CONTRACT_FILE).write_text(text + "\n", encoding="utf-8")

    return export_both


def whole_model_export(config: ModelConfig, contract: Contract) -> Export:
    """Return an export of all weights in fp16, loadable by generation."""

    def export(weights: Mapping[str, Tensor], folder: Path) -> None:
        model = MapperModel(config)
        missing, unexpected = model.load_state_dict(dict(weights), strict=False)
        assert not unexpected and not missing, f"the weights do not fit the model: {missing}, {unexpected}"
        with _disable_progress_bar():
            model.half().save_pretrained(folder)
        contract.save(folder)

    return export


def _fresh(options: TrainOptions) -> StartingPoint:
    architecture = ARCHITECTURES[options.architecture]
    contract = architecture.spec(_tables(options.class_tables_path))
    try:
        config = architecture.config(contract, options.sizes)
    except ValueError as error:
        raise OptionError(f"sizes do not make a network: {error}.") from error
    torch.manual_seed(options.seed)
    model = MapperModel(config)
    if config.uses_pointer:
        model.init_time_embeddings()
    return StartingPoint(model, contract, whole_model_export(config, contract))


def _with_parts(known: MapperModel, sizes: Mapping[str, Any]) -> MapperModel:
    """Return a model with additional parts from `sizes`.

    Those parts have new weights.
    """
    model = MapperModel(ModelConfig(**{**known.config.to_dict(), **sizes}))
    try:
        fresh, unknown = model.load_state_dict(known.state_dict(), strict=False)
    except RuntimeError:
        fresh, unknown = [], ["layers of another size"]
    if unknown:
        raise OptionError(f"sizes must only add to the model of pretrained_path, but that has {unknown[0]}.")
    print(f"new weights: {len(fresh)} of {len(model.state_dict())} tensors")
    return model


def _tables(path: str) -> ClassTables:
    """Return the mappers and descriptors of a new published architecture.

    They are those of a model's folder.
    """
    if not path:
        return NO_TABLES
    if not (Path(path) / TABLES_FILE).is_file():
        raise OptionError(f"class_tables_path must be a folder with a {TABLES_FILE}, got {path}.")
    try:
        return ClassTables.load(Path(path))
    except (OSError, ValueError, AttributeError) as error:
        raise OptionError(f"{Path(path) / TABLES_FILE} is damaged.") from error


@contextmanager
def _disable_progress_bar() -> Iterator[None]:
    """Disable the progress bar for writing a file.

    The file is written at once, and the bar would separate lines of the log.
    """
    was_shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    yield
    if was_shown:
        logging.enable_progress_bar()


def _check_trainable(config: ModelConfig) -> None:
    if config.audio_conditions:
        raise OptionError(
            "Models with audio conditions (V30, V31) cannot be trained yet; V28, V29, V32 and native models can."
        )
