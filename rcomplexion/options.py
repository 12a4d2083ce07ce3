"""Options of a training run: a structured config; `configs/train/train_rcomplexion.yaml` explains each option."""

from __future__ import annotations

from dataclasses import dataclass, field

from hydra.core.config_store import ConfigStore

from osu_beatmap.held_out import Split
from training.loop_options import LoopOptions
from training.options import require, require_one_of

SIZES = ("embedding", "width")


@dataclass
class RhythmTrainOptions:
    """One training run.

    speed_range   rhythms are played at up to this much more or less than their own speed
    sizes         fields of RhythmConfig that differ from the embedded model's
    """

    train_dataset_path: str = ""
    run_path: str = "runs/rcomplexion"
    split: str = "train"
    seed: int = 1
    threads: int = 0
    rows: int = 32
    intervals: int = 96
    speed_range: float = 0.25
    sizes: dict[str, int] = field(default_factory=dict)
    loop: LoopOptions = field(default_factory=LoopOptions)

    def __post_init__(self) -> None:
        require_one_of(tuple(split.value for split in Split), "split", self.split)
        require(self.rows >= 1, "rows", "1 or more", self.rows)
        require(self.intervals >= 2, "intervals", "2 or more", self.intervals)
        require(0 <= self.speed_range < 1, "speed_range", "within 0..1", self.speed_range)
        for name in self.sizes:
            require_one_of(SIZES, "a size of the network", name)


ConfigStore.instance().store("rhythm_options", RhythmTrainOptions)
