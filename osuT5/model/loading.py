"""Loading a model of ours from a folder: weights, sizes and contract."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers.utils import logging as transformers_logging

from osuT5.model.seq2seq import MapperModel
from osuT5.spec import CONTRACT_FILE, ModelSpec

EMBEDDED_MODEL = Path(__file__).resolve().parents[2] / "models" / "mini"

WEIGHTS_FILE = "model.safetensors"


class ModelError(ValueError):
    """A model that cannot be loaded; the message is one sentence for the user."""


DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def load_model(
    folder: Path | None = None, device: str = "cpu", precision: str = "fp32"
) -> tuple[MapperModel, ModelSpec]:
    """The model of a folder, ready to generate; without a folder the embedded one. `precision` is a key of DTYPES.

    Raises ModelError when the folder holds no model of ours, or a damaged one.
    """
    folder = EMBEDDED_MODEL if folder is None else folder
    for name in (CONTRACT_FILE, "config.json", WEIGHTS_FILE):
        if not (folder / name).is_file():
            raise ModelError(f"{folder} holds no model: {name} is missing")
    transformers_logging.disable_progress_bar()  # it would show for a tenth of a second
    try:
        spec = ModelSpec.load(folder)
        model = MapperModel.from_pretrained(folder, dtype=DTYPES[precision], local_files_only=True)
    except Exception as error:  # whatever a foreign or truncated file makes the loaders raise
        raise ModelError(f"The model in {folder} cannot be loaded: {_first_line(error)}") from error
    if model.config.vocab_size_out != spec.vocabulary.size_out or model.config.vocab_size_in != spec.vocabulary.size_in:
        raise ModelError(f"The weights in {folder} do not fit its {CONTRACT_FILE}")
    return model.to(device).eval(), spec


def best_device(wanted: str = "auto") -> str:
    """`wanted`, or for "auto" CUDA (or ROCm), then MPS, then the CPU. Raises ModelError for one that is not there."""
    if wanted == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    kind = wanted.split(":")[0]
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(kind, False):
        raise ModelError(f"device={wanted} is not available on this machine; device=cpu always is")
    return wanted


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
