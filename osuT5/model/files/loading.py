"""Loading a model, ours or a published one, from a folder or from the hub: weights, sizes and contract.

`load_model()` gives the embedded model, `load_model("runs/mine")` one in a folder,
`load_model("OliBomby/Mapperatorinator-v29.1", lora="x/y")` one of the hub with an adapter merged into it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import torch

from model_files.errors import ModelError, first_line
from model_files.folder_weights import SAFETENSORS, SAFETENSORS_INDEX
from model_files.hub import local_folder
from model_files.json_files import read_json_object
from model_files.tensor_files import read_torch_file
from osu_beatmap.beatmap import GameMode
from osuT5.model.config import ModelConfig
from osuT5.model.files.bundle import CONFIG_FILE, GENERATION_FILE, TOKENIZER_FILE, bundle_from_json
from osuT5.model.files.lora import load_adapter
from osuT5.model.files.mode_folders import bundle_folder, gamemode_subfolder
from osuT5.model.files.parameter_names import rename_key
from osuT5.model.files.weights import build_model, read_weights
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.class_tables import TABLES_FILE
from osuT5.tokens.contract import CONTRACT_FILE, Contract
from paths import MODEL_DIR

EMBEDDED_MODEL = MODEL_DIR / "mini"

TOKENIZER_STATE_FILE = "custom_checkpoint_0.pkl"
"""What older training runs have instead of tokenizer.json: the same, as a pickle."""

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
    "rhythm/*",
    "objects/*",
)
"""What is wanted of a model on the hub; the last two are the parts of a map model (`osuT5/map_model/folder.py`)."""

NEEDED_FILES = f"{CONFIG_FILE}, {GENERATION_FILE}, {TOKENIZER_FILE} and {SAFETENSORS}"

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16, "int8": torch.float32}
"""In which weights are loaded; int8 is what `inference_setup.prepare_to_generate` makes of them."""


@dataclass(frozen=True, slots=True)
class ModelFolders:
    """The folders of a model that may bring a bundle of its own for a game mode.

    Timing comes from the root model, which has heard the songs of every mode.
    """

    root: Path
    map: Path

    @property
    def timing_is_separate(self) -> bool:
        return self.root != self.map


def find_model(source: str | Path | None = None, gamemode: GameMode | None = None) -> ModelFolders:
    """The folders of the model that `source` names: a folder, a hub id (downloaded when missing), None: the embedded.

    Raises ModelError.
    """
    if source is None:
        return ModelFolders(EMBEDDED_MODEL, EMBEDDED_MODEL)
    files = list(HUB_FILES)
    if gamemode is not None:
        files += [f"{gamemode_subfolder(gamemode)}/{name}" for name in HUB_FILES]
    root = local_folder("model_path", str(source), files, NEEDED_FILES)
    return ModelFolders(root, root if gamemode is None else bundle_folder(root, gamemode))


def load_model(
    source: str | Path | None = None,
    device: str = "cpu",
    precision: str = "fp32",
    *,
    lora: str | Path | None = None,
    gamemode: GameMode | None = None,
) -> tuple[MapperModel, Contract]:
    """A model, ready to generate. `source` and `gamemode` as in `find_model`; `precision` is a key of DTYPES.

    lora: the folder or hub id of an adapter. Raises ModelError.
    """
    folder = find_model(source, gamemode).map
    config, contract, is_published = read_contract(folder)
    adapter = None
    if lora is not None:
        is_for_a_mode = re.fullmatch(r"gamemode=\d+", folder.name)
        adapter = load_adapter(lora, folder.name if is_for_a_mode else "")
        adapter.check_contract(contract.to_json())
        if not is_published:
            adapter = adapter.renamed(rename_key)  # adapters are made for published names
    rename = rename_key if is_published else str
    return build_model(config, read_weights(folder, config, rename, DTYPES[precision], device, adapter)), contract


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


def training_device(wanted: str) -> str:
    """Return the device of a training. "auto" never chooses MPS, on which training was not tried."""
    return best_device(wanted) if wanted != "auto" or torch.cuda.is_available() else "cpu"


def read_contract(folder: Path, name: str | None = None) -> tuple[ModelConfig, Contract, bool]:
    """Sizes and contract, and whether the parameters have their published names. Raises ModelError.

    A published model is called `name`, or else as its folder or repository.
    """
    config = _config_json(folder)
    try:
        if (folder / CONTRACT_FILE).is_file():
            contract = Contract.load(folder)
            if config.get("model_type") != ModelConfig.model_type:
                raise ValueError(f"its {CONFIG_FILE} is for another kind of network")
            sizes = ModelConfig(**config)
            vocabulary = contract.vocabulary
            if (sizes.vocab_size_in, sizes.vocab_size_out) != (vocabulary.size_in, vocabulary.size_out):
                raise ModelError(f"The weights in {folder} do not fit its {CONTRACT_FILE}.")
            return sizes, contract, False
        bundle = bundle_from_json(config, _tokenizer_json(folder), name or _model_name(folder))
    except ModelError:
        raise
    except Exception as error:  # whatever damaged values make the constructors raise
        raise ModelError(f"The model in {folder} cannot be loaded: {first_line(error)}.") from error
    return *bundle, True


def _config_json(folder: Path) -> dict:
    if not (folder / CONFIG_FILE).is_file():
        is_published = any((folder / name).is_file() for name in (TOKENIZER_FILE, TOKENIZER_STATE_FILE))
        hint = ", which the published model that it was trained from has" if is_published else ""
        raise ModelError(f"{folder} holds no model: {CONFIG_FILE} is missing{hint}.")
    return read_json_object(folder / CONFIG_FILE)


def _tokenizer_json(folder: Path) -> dict:
    if (folder / TOKENIZER_FILE).is_file():
        return read_json_object(folder / TOKENIZER_FILE)
    if not (folder / TOKENIZER_STATE_FILE).is_file():
        raise ModelError(f"{folder} holds no model: {CONTRACT_FILE} (ours) or {TOKENIZER_FILE} (published) is missing.")
    state = read_torch_file(folder / TOKENIZER_STATE_FILE)
    if not isinstance(state, dict):
        raise ModelError(f"{folder / TOKENIZER_STATE_FILE} holds no tokenizer.")
    return state


def _model_name(folder: Path) -> str:
    """The name of a folder, or of the repository that the hub's cache keeps in CACHE/models--OWNER--NAME/snapshots/."""
    return folder.parent.parent.name.rpartition("--")[2] if folder.parent.name == "snapshots" else folder.resolve().name
