"""Loading of a model: weights, sizes and contract.

The model is native or published, in a folder or on the hub. `load_model("runs/mine")` loads one in a folder,
`load_model("OliBomby/Mapperatorinator-v29.1", lora="x/y")` one of the hub with an adapter merged into it. Map models
such as the bundled one have no event tokens, and are loaded by `osuT5/map_model/folder.py`.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch

from model_files.errors import ModelError, first_line
from model_files.json_files import read_json_object
from model_files.tensor_files import read_torch_file
from osu_beatmap.beatmap import GameMode
from osuT5.model.config import ModelConfig
from osuT5.model.files.bundle import bundle_from_json
from osuT5.model.files.find import CONFIG_FILE, TOKENIZER_FILE, find_model
from osuT5.model.files.lora import load_adapter
from osuT5.model.files.parameter_names import rename_key
from osuT5.model.files.weights import build_model, read_weights
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import CONTRACT_FILE, Contract

TOKENIZER_STATE_FILE = "custom_checkpoint_0.pkl"
"""What older training runs have instead of tokenizer.json: the same, as a pickle."""

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16, "int8": torch.float32}
"""In which weights are loaded; int8 is what `inference_setup.prepare_to_generate` makes of them."""


def load_model(
    source: str | Path,
    device: str = "cpu",
    precision: str = "fp32",
    *,
    lora: str | Path | None = None,
    gamemode: GameMode | None = None,
) -> tuple[MapperModel, Contract]:
    """Load a model for generation.

    Args:
        source: As in `find_model`, like `gamemode`.
        precision: Key of DTYPES.
        lora: Folder or hub id of an adapter.

    Raises:
        ModelError: It cannot be loaded.
    """
    folder = find_model(source, gamemode).map
    config, contract, is_published = read_contract(folder)
    adapter = None
    if lora is not None:
        is_for_a_mode = re.fullmatch(r"gamemode=\d+", folder.name)
        adapter = load_adapter(lora, folder.name if is_for_a_mode else "")
        adapter.check_contract(contract.to_json())
        if not is_published:
            adapter = adapter.rename(rename_key)  # adapters are made for published names
    rename = rename_key if is_published else str
    return build_model(config, read_weights(folder, config, rename, DTYPES[precision], device, adapter)), contract


def read_contract(folder: Path, name: str | None = None) -> tuple[ModelConfig, Contract, bool]:
    """Read the sizes, the contract, and whether parameter names are published ones.

    A published model is called `name`, by default as its folder or repository. Raises ModelError.
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
    if (folder / "objects").is_dir() and not (folder / CONFIG_FILE).is_file():
        raise ModelError(f"{folder} is a map model, without event tokens: train.py -cn train_mini trains it further.")
    if not (folder / CONFIG_FILE).is_file():
        is_published = any((folder / name).is_file() for name in (TOKENIZER_FILE, TOKENIZER_STATE_FILE))
        hint = ", which the published model that it was trained from has" if is_published else ""
        raise ModelError(f"{folder} holds no model: {CONFIG_FILE} is missing{hint}.")
    return read_json_object(folder / CONFIG_FILE)


def _tokenizer_json(folder: Path) -> dict:
    if (folder / TOKENIZER_FILE).is_file():
        return read_json_object(folder / TOKENIZER_FILE)
    if not (folder / TOKENIZER_STATE_FILE).is_file():
        raise ModelError(
            f"{folder} holds no model: {CONTRACT_FILE} (native) or {TOKENIZER_FILE} (published) is missing."
        )
    state = read_torch_file(folder / TOKENIZER_STATE_FILE)
    if not isinstance(state, dict):
        raise ModelError(f"{folder / TOKENIZER_STATE_FILE} holds no tokenizer.")
    return state


def _model_name(folder: Path) -> str:
    """Return the name of a folder or of its hub repository.

    The hub's cache keeps a repository in CACHE/models--OWNER--NAME/snapshots/.
    """
    return folder.parent.parent.name.rpartition("--")[2] if folder.parent.name == "snapshots" else folder.resolve().name
