"""Options of a training run of a map model.

`configs/train/train_mini.yaml` explains each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore

from osu_beatmap.held_out import Split
from osuT5.training.options import LoraOptions
from training.loop_options import LoggingOptions, LoopOptions
from training.options import require_one_of


@dataclass
class MapDataOptions:
    """Maps to train on."""

    train_dataset_path: str = ""
    cache_path: str = ""
    split: str = "train"
    gamemodes: tuple[int, ...] = (0, 1, 2, 3)
    key_counts: tuple[int, ...] = ()
    min_difficulty: float = 0.0
    max_difficulty: float = 100.0
    opt_out_path: str = ""
    silent_dataset_path: str = ""

    def __post_init__(self) -> None:
        require_one_of(tuple(split.value for split in Split), "data.split", self.split)


@dataclass
class PartOptions:
    """Differences of one part from the common defaults.

    Attributes:
        sizes: Fields of the config of its network.
        sampling: Fields of its sampling options.
        loop: Fields of `LoopOptions`.
    """

    sizes: dict[str, Any] = field(default_factory=dict)
    sampling: dict[str, Any] = field(default_factory=dict)
    loop: dict[str, Any] = field(default_factory=dict)


@dataclass
class MapTrainOptions:
    """Options of one training run.

    Attributes:
        parts: Parts to train, in order; the others come from `pretrained_path`.
        pretrained_path: Folder of a map model with the initial weights; empty for random ones.
        teacher_paths: Rhythm models whose predictions are a share of the targets of the new one.
        pause_path: While this file exists, the run waits between steps; empty for never.
    """

    run_path: str = "runs/mini"
    parts: tuple[str, ...] = ("beats", "bars", "rhythm", "objects")
    pretrained_path: str = ""
    teacher_paths: tuple[str, ...] = ()
    seed: int = 1
    device: str = "auto"
    threads: int = 0
    pause_path: str = ""
    data: MapDataOptions = field(default_factory=MapDataOptions)
    beats: PartOptions = field(default_factory=PartOptions)
    bars: PartOptions = field(default_factory=PartOptions)
    rhythm: PartOptions = field(default_factory=PartOptions)
    objects: PartOptions = field(default_factory=PartOptions)
    lora: LoraOptions = field(default_factory=LoraOptions)
    loop: LoopOptions = field(default_factory=LoopOptions)
    logging: LoggingOptions = field(default_factory=LoggingOptions)


ConfigStore.instance().store("map_options", MapTrainOptions)
