"""Contract of a trained refiner, as JSON next to its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import Tensor

from model_files.errors import ModelError
from model_files.folder_weights import save_small_model
from model_files.json_files import read_json_object
from osu_diffusion.conditions import ConditionSpec
from osu_diffusion.dit import DiTConfig
from osu_diffusion.refiner import Spread

CONTRACT_FILE = "refiner.json"


@dataclass(frozen=True, slots=True)
class RefinerContract:
    """Everything needed to use a refiner.

    `noise_share` is the fraction of the noise at which refinement of a draft starts; see `training`.
    """

    network: DiTConfig
    conditions: ConditionSpec
    spread: Spread
    noise_share: float

    def save(self, folder: Path, weights: Mapping[str, Tensor]) -> None:
        """Write a refiner: weights as fp16, and this contract."""
        save_small_model(folder, weights, CONTRACT_FILE, asdict(self))

    @classmethod
    def load(cls, folder: Path) -> RefinerContract:
        """Read the contract of a folder.

        Raises:
            ModelError: It is missing or damaged.
        """
        data = read_json_object(folder / CONTRACT_FILE)
        try:
            return cls(
                network=DiTConfig(**data["network"]),
                conditions=ConditionSpec.from_json(data["conditions"]),
                spread=Spread(**data["spread"]),
                noise_share=float(data["noise_share"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{folder / CONTRACT_FILE} is damaged, or from another version.") from error
