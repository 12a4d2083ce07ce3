"""Paths of a model and its device; nothing is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from model_files.errors import ModelError
from model_files.folder_weights import SAFETENSORS, SAFETENSORS_INDEX
from model_files.hub import local_folder
from osu_beatmap.beatmap import GameMode
from osuT5.model.files.mode_folders import bundle_folder, gamemode_subfolder
from osuT5.tokens.class_tables import TABLES_FILE
from osuT5.tokens.contract import CONTRACT_FILE
from paths import MODEL_DIR

BUNDLED_MODEL = MODEL_DIR / "mini"

CONFIG_FILE, GENERATION_FILE, TOKENIZER_FILE = "config.json", "generation_config.json", "tokenizer.json"

HUB_FILES = (
    CONFIG_FILE,
    GENERATION_FILE,
    TOKENIZER_FILE,
    CONTRACT_FILE,
    TABLES_FILE,
    SAFETENSORS,
    "model-*.safetensors",
    SAFETENSORS_INDEX,
    "beats/*",
    "bars/*",
    "rhythm/*",
    "objects/*",
)
"""What is wanted of a model on the hub; the last three are the parts of a map model (`osuT5/map_model/folder.py`)."""

NEEDED_FILES = f"{CONFIG_FILE}, {GENERATION_FILE}, {TOKENIZER_FILE} and {SAFETENSORS}"


@dataclass(frozen=True, slots=True)
class ModelFolders:
    """Folders of a model, possibly with a bundle for a mode.

    Timing comes from the root model, which was trained on songs of every mode.
    """

    root: Path
    map: Path

    @property
    def has_separate_timing(self) -> bool:
        return self.root != self.map


def find_model(source: str | Path | None = None, gamemode: GameMode | None = None) -> ModelFolders:
    """Return the folders of a model by folder or hub id.

    A missing repository is downloaded. None is the bundled model.

    Raises:
        ModelError: There is no such model.
    """
    if source is None:
        return ModelFolders(BUNDLED_MODEL, BUNDLED_MODEL)
    files = list(HUB_FILES)
    if gamemode is not None:
        files += [f"{gamemode_subfolder(gamemode)}/{name}" for name in HUB_FILES]
    root = local_folder("model_path", str(source), files, NEEDED_FILES)
    return ModelFolders(root, root if gamemode is None else bundle_folder(root, gamemode))


def best_device(requested: str = "auto") -> str:
    """Return `requested`; for "auto", CUDA (or ROCm), MPS or the CPU.

    "auto" takes the first of them that is available. Raises ModelError if `requested` is not available.
    """
    if requested == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    kind = requested.split(":")[0]
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(kind, False):
        raise ModelError(f"device={requested} is not available on this machine; device=cpu always is")
    return requested


def training_device(requested: str) -> str:
    """Return the device of a training.

    "auto" never chooses MPS, on which training was not tried.
    """
    return best_device(requested) if requested != "auto" or torch.cuda.is_available() else "cpu"
