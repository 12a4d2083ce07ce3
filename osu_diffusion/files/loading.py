"""Loading of a refiner, native or published, from folder or hub."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from model_files.errors import ModelError
from model_files.folder_weights import SAFETENSORS, open_tensors
from model_files.hub import local_folder
from model_files.tensor_files import StoredTensor, read_torch_file
from osu_diffusion.bundled_refiner import BundledRefiner
from osu_diffusion.files.contract import CONTRACT_FILE, RefinerContract
from osu_diffusion.refine import Refiner
from osu_diffusion.refiner import GridRefiner
from osu_diffusion.v2_network import V2Network
from osu_diffusion.v2_refiner import V2Refiner, published_conditions, published_config, rename_key
from paths import MODEL_DIR

BUNDLED_REFINER = MODEL_DIR / "mini_refiner"

WEIGHTS_PICKLE = "model_ema.pkl"
TOKENIZER_PICKLE = "tokenizer.pkl"
HUB_FILES = (CONTRACT_FILE, SAFETENSORS, WEIGHTS_PICKLE, TOKENIZER_PICKLE)


def load_refiner(source: str | Path | None = None, device: str = "cpu") -> Refiner:
    """Load a refiner from a folder or a hub repository.

    A missing repository is downloaded. None is the bundled refiner.

    Raises:
        ModelError: It cannot be loaded.
    """
    if source is None:
        return _load_own(BUNDLED_REFINER, device)
    needed = f"{CONTRACT_FILE} and {SAFETENSORS}, or {WEIGHTS_PICKLE} and {TOKENIZER_PICKLE},"
    folder = local_folder("diff_ckpt", str(source), HUB_FILES, needed)
    if (folder / CONTRACT_FILE).is_file():
        return _load_own(folder, device)
    if (folder / WEIGHTS_PICKLE).is_file():
        return _load_published(folder, device)
    raise ModelError(f"{folder} holds no refiner: {CONTRACT_FILE} (native) or {WEIGHTS_PICKLE} (published) is missing.")


def _load_own(folder: Path, device: str) -> BundledRefiner:
    contract = RefinerContract.load(folder)
    with torch.device("meta"):
        model = GridRefiner(contract.network, contract.spread)
    _fill(model, open_tensors(folder / SAFETENSORS), folder, device)
    return BundledRefiner(model, contract.conditions, contract.noise_share)


def _load_published(folder: Path, device: str) -> V2Refiner:
    stored = {rename_key(key): tensor for key, tensor in open_tensors(folder / WEIGHTS_PICKLE).items()}
    tables = read_torch_file(folder / TOKENIZER_PICKLE)
    shapes = {name: tensor.shape for name, tensor in stored.items()}
    conditions, config = published_conditions(tables, folder), published_config(shapes, folder)
    if config.class_size != conditions.spec.size:
        raise ModelError(f"The weights in {folder} do not fit its {TOKENIZER_PICKLE}.")
    with torch.device("meta"):
        network = V2Network(config)
    _fill(network, {f"dit.{name}": tensor for name, tensor in stored.items()}, folder, device)
    return V2Refiner(network, conditions)


def _fill(model: nn.Module, tensors: dict[str, StoredTensor], folder: Path, device: str) -> None:
    """Fill the network's parameters from a file, as float32.

    The file must hold exactly these.
    """
    wanted = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    stored = {name: tensor.shape for name, tensor in tensors.items()}
    if wanted != stored:
        odd = next(name for name in sorted({*wanted, *stored}) if wanted.get(name) != stored.get(name))
        raise ModelError(f"The weights in {folder} are not those of the refiner that its files describe: {odd[:80]}.")
    state: dict[str, Tensor] = {name: tensor.read(torch.float32).to(device) for name, tensor in tensors.items()}
    model.load_state_dict(state, assign=True)
    model.eval().requires_grad_(False)
