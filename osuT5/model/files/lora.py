"""PEFT adapters (LoRA), merged into weights while these are read.

The merged weight is W + scale * B A.

An adapter names the parameters of the model that it was trained on, which is a published one; so they are met under
their published names. PiSSA adapters (Meng et al. 2024) were not trained beside W but beside what is left of it without
its r largest singular directions, which went into B and A at the start: those are taken out of W first. Formulas as in
PEFT (https://huggingface.co/docs/peft, LoraConfig), checked against it in the tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from model_files.errors import ModelError
from model_files.folder_weights import open_tensors
from model_files.hub import local_folder
from model_files.json_files import read_json_object
from model_files.tensor_files import StoredTensor

CONFIG_FILE = "adapter_config.json"
WEIGHT_FILES = ("adapter_model.safetensors", "adapter_model.bin")
METADATA_FILE = "mapperatorinator_lora_metadata.json"
"""Says which models of a repository an adapter is for: {"ckpt_subfolders": ["", "gamemode=0"]}, or null for all."""

BASE_CONTRACT_FILE = "base_contract.json"
"""The contract of the model that an adapter was trained on; those of other programs have none."""

MAP_ADAPTER_FILE = "map_adapter.json"
"""File of an adapter of a map model, whose parts have an adapter each (`osuT5/map_model/adapters.py`)."""

CONTRACT_PARTS = ("grid", "spectrogram", "encoding", "vocabulary", "conditions", "marks_empty_input", "audio_lead_ms")
"""What a model must have in common with that one; its name may be another."""

_PREFIX = "base_model.model."
_PART = re.compile(
    r"(?P<module>.+)\.(?P<part>lora_A|lora_B|lora_embedding_A|lora_embedding_B|lora_magnitude_vector)"
    r"(?:\.default)?(?:\.(?P<kind>weight|bias))?"
)
_REPLACED = re.compile(r"\.(?:modules_to_save(?:\.default)?|base_layer)(?=\.)")

_KEEPS_THE_WEIGHTS = (True, False, None, "true", "false", "gaussian", "eva", "orthogonal", "mica")
"""Ways to start an adapter (init_lora_weights) that leave W as it is. Others but PiSSA are not known here."""

_NOT_MERGEABLE = (
    "alora_invocation_tokens",
    "arrow_config",
    "kasa_config",
    "layer_replication",
    "monteclora_config",
    "target_parameters",
    "trainable_token_indices",
    "use_bdlora",
    "use_qalora",
    "velora_config",
)
"""Settings of variants that are no plain sum of matrices."""


@dataclass(slots=True)
class _Change:
    """Change of one module by an adapter.

    `parts`: lora_A [r, in], lora_B [out, r], ...; `bias` comes from lora_B.
    """

    scale: float = 1.0
    removes_top: bool = False
    parts: dict[str, StoredTensor] = field(default_factory=dict)
    bias: StoredTensor | None = None

    def merge_into(self, weight: Tensor) -> Tensor:
        parts = {name: stored.read(torch.float32) for name, stored in self.parts.items()}
        if "lora_embedding_A" in parts:
            return weight + self.scale * (parts["lora_embedding_B"] @ parts["lora_embedding_A"]).T
        up, down = parts["lora_B"], parts["lora_A"]
        if self.removes_top:
            weight = remove_top_directions(weight, len(down), self.scale)
        merged = weight + self.scale * (up @ down)
        if "lora_magnitude_vector" in parts:  # DoRA: the sum gives the direction of each row only
            merged = merged * (parts["lora_magnitude_vector"] / merged.norm(dim=1))[:, None]
        return merged

    def shape(self) -> tuple[int, ...] | None:
        """Return the shape of the changed weight.

        It is None if the parts of the change do not fit together.
        """
        for kind in ("lora", "lora_embedding"):
            a, b = self.parts.get(f"{kind}_A"), self.parts.get(f"{kind}_B")
            if a and b and len(a.shape) == len(b.shape) == 2 and a.shape[0] == b.shape[1]:
                return (b.shape[0], a.shape[1]) if kind == "lora" else (a.shape[1], b.shape[0])
        return None


class Adapter:
    """The adapter in a folder.

    Raises ModelError where there is none, or one of a kind that cannot be merged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        config = read_json_object(folder / CONFIG_FILE)
        self._check_kind(config)
        self._changes: dict[str, _Change] = {}
        self._replaced: dict[str, StoredTensor] = {}
        weights = next((folder / name for name in WEIGHT_FILES if (folder / name).is_file()), None)
        if weights is None:
            raise ModelError(f"The adapter in {folder} lacks its weights, {WEIGHT_FILES[0]}.")
        for key, stored in open_tensors(weights).items():
            self._take(key, stored)
        if not self._changes and not self._replaced:
            raise ModelError(f"The adapter in {folder} is empty.")
        for module, change in self._changes.items():
            change.removes_top = str(config.get("init_lora_weights")).startswith("pissa")
            change.scale = self._scale(config, module, change)

    def rename(self, rename: Callable[[str], str | None]) -> Adapter:
        """Return the same adapter with other names of parameters.

        A parameter without a new name keeps its own.
        """

        def module(name: str) -> str:
            return (rename(f"{name}.weight") or f"{name}.weight").removesuffix(".weight")

        other = copy(self)
        other._changes = {module(name): change for name, change in self._changes.items()}
        other._replaced = {rename(name) or name: stored for name, stored in self._replaced.items()}
        return other

    def check_fit(self, shapes: dict[str, tuple[int, ...]]) -> None:
        """Raise ModelError unless all changes fit parameters of a model.

        Their shapes must be equal.
        """
        wanted = {name: stored.shape for name, stored in self._replaced.items()}
        wanted |= {f"{module}.weight": change.shape() for module, change in self._changes.items()}
        wanted |= {f"{m}.bias": change.bias.shape for m, change in self._changes.items() if change.bias is not None}
        for name, shape in wanted.items():
            if name not in shapes:
                raise ModelError(
                    f"The adapter in {self.folder} is for another model: it changes {name}, which this one does not "
                    "have."
                )
            if shape != shapes[name]:
                raise ModelError(
                    f"The adapter in {self.folder} is for another model: its {name} is {format_shape(shape)}, "
                    f"that of this model {format_shape(shapes[name])}."
                )

    def check_contract(self, contract: dict) -> None:
        """Raise ModelError if the adapter was trained with another contract.

        A contract is `Contract.to_json`. Weights may fit all the same: of two models of one size, each may have a
        vocabulary of its own.
        """
        if not (self.folder / BASE_CONTRACT_FILE).is_file():
            return
        trained_on = read_json_object(self.folder / BASE_CONTRACT_FILE)
        this = json.loads(json.dumps(contract))
        other = [part for part in CONTRACT_PARTS if trained_on.get(part) != this.get(part)]
        if other:
            raise ModelError(
                f"The adapter in {self.folder} is for another model: that one had another "
                f"{' and another '.join(part.replace('_', ' ') for part in other)}."
            )

    def changes(self, name: str) -> bool:
        """Return whether the adapter changes a parameter."""
        module, _, kind = name.rpartition(".")
        change = self._changes.get(module)
        if name in self._replaced:
            return True
        return change is not None and (kind == "weight" or (kind == "bias" and change.bias is not None))

    def merge(self, name: str, weight: Tensor) -> Tensor:
        """Return a parameter with the adapter merged; float32 in and out."""
        if name in self._replaced:
            weight = self._replaced[name].read(torch.float32)
        module, _, kind = name.rpartition(".")
        change = self._changes.get(module)
        if change is not None and kind == "weight":
            return change.merge_into(weight)
        if change is not None and kind == "bias" and change.bias is not None:
            return weight + change.scale * change.bias.read(torch.float32)
        return weight

    def _check_kind(self, config: dict) -> None:
        if config.get("peft_type") != "LORA":
            raise ModelError(f"The adapter in {self.folder} is of the kind {config.get('peft_type')}, not LORA.")
        start = config.get("init_lora_weights", True)
        start = start.lower() if isinstance(start, str) else start
        if start not in _KEEPS_THE_WEIGHTS and not re.fullmatch(r"pissa(_niter_\d+)?", str(start)):
            raise ModelError(
                f"The adapter in {self.folder} was initialised in a way that cannot be merged (init_lora_weights: "
                f"{str(start)[:40]})."
            )
        for name in _NOT_MERGEABLE:
            if config.get(name):
                raise ModelError(f"The adapter in {self.folder} is of a variant that cannot be merged ({name}).")

    def _take(self, key: str, stored: StoredTensor) -> None:
        if not key.startswith(_PREFIX):
            raise ModelError(f"The adapter in {self.folder} was not written by PEFT: it has {key[:80]}.")
        name = key.removeprefix(_PREFIX)
        match = _PART.fullmatch(name)
        if match is None:
            self._replaced[_REPLACED.sub("", name)] = stored
            return
        change = self._changes.setdefault(match["module"], _Change())
        if match["kind"] == "bias":
            change.bias = stored
        else:
            change.parts[match["part"]] = stored

    def _scale(self, config: dict, module: str, change: _Change) -> float:
        """Return alpha / r, or alpha / sqrt(r).

        Single modules may have their own alpha.
        """
        shape = change.shape()
        if shape is None:
            raise ModelError(f"The adapter in {self.folder} is damaged: its parts of {module[:80]} do not fit.")
        rank = (change.parts.get("lora_A") or change.parts["lora_embedding_A"]).shape[0]
        try:
            own = (config.get("alpha_pattern") or {}).items()
            alpha = next((value for name, value in own if _is_match(name, module)), config.get("lora_alpha", 8))
            return float(alpha) / (rank**0.5 if config.get("use_rslora") else rank)
        except (AttributeError, TypeError, ValueError, ZeroDivisionError) as error:
            raise ModelError(f"{self.folder / CONFIG_FILE} is damaged (lora_alpha, alpha_pattern).") from error


def load_adapter(source: str | Path, subfolder: str = "") -> Adapter:
    """Load the adapter in a folder or a hub repository.

    It is for the model in `subfolder` of a repository ("" is its root).

    Raises:
        ModelError: There is none, or it is for models in other subfolders only.
    """
    files = (CONFIG_FILE, WEIGHT_FILES[0], METADATA_FILE, BASE_CONTRACT_FILE, MAP_ADAPTER_FILE)
    folder = local_folder("lora_path", str(source), files, f"{CONFIG_FILE} and {WEIGHT_FILES[0]}")
    if (folder / MAP_ADAPTER_FILE).is_file():
        raise ModelError(f"lora_path={source} adapts rhythm/ and objects/ of a model, not its event tokens.")
    allowed = allowed_subfolders(folder)
    if allowed is not None and subfolder not in allowed:
        names = " and ".join(name or "the root model" for name in allowed) or "no model at all"
        raise ModelError(f"lora_path={source} is for {names}, not for {subfolder or 'the root model'}.")
    return Adapter(folder)


def allowed_subfolders(folder: Path) -> tuple[str, ...] | None:
    """Return the subfolders whose models an adapter is for.

    It is None if the adapter does not state them. Raises ModelError.
    """
    if not (folder / METADATA_FILE).is_file():
        return None
    allowed = read_json_object(folder / METADATA_FILE).get("ckpt_subfolders")
    if allowed is None:
        return None
    if not isinstance(allowed, list) or not all(isinstance(name, str) for name in allowed):
        raise ModelError(f"{folder / METADATA_FILE} is damaged: ckpt_subfolders must be a list of names, or null.")
    return tuple(sorted({name.strip().replace("\\", "/").strip("/") for name in allowed}))


def remove_top_directions(weight: Tensor, rank: int, scale: float) -> Tensor:
    """Remove the `rank` largest singular directions of a weight.

    The result is W - U_r S_r V_r^T, [out, in], in float32 and in the order in which PEFT does it, since the rounding is
    that of the residue that the adapter was trained with: a more exact decomposition moves the logits of a tiny model
    by 1e-4.
    """
    left, sizes, right = torch.linalg.svd(weight.float(), full_matrices=False)
    roots = (sizes[:rank] / scale).sqrt()
    return weight - scale * ((left[:, :rank] * roots) @ (roots[:, None] * right[:rank]))


def _is_match(pattern: str, module: str) -> bool:
    """Return whether a pattern matches a module's last names, as in PEFT."""
    try:
        return re.match(rf"(.*\.)?({pattern})$", module) is not None
    except re.error:
        return pattern == module


def format_shape(shape: Iterable[int] | None) -> str:
    return "x".join(map(str, shape or ())) or "a number"
