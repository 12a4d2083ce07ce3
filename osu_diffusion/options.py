"""Options of a training run: a structured config; `configs/train/train_diffusion.yaml` explains each option."""

from __future__ import annotations

from dataclasses import dataclass, field

from hydra.core.config_store import ConfigStore

from training.loop_options import LoopOptions


@dataclass
class RefinerBatchOptions:
    """`rows` parts of charts, of up to `points` points each."""

    rows: int = 32
    points: int = 128


@dataclass
class RefinerAugmentationOptions:
    """Variations of the training data.

    Attributes:
        double_time_probability: Fraction of charts played 1.5 times as fast.
        distance_noise: Standard deviation of the stated distances, in doublings.
        condition_dropout: Fraction of unknown attributes.
    """

    mirror: bool = True
    double_time_probability: float = 0.3
    distance_noise: float = 0.1
    condition_dropout: float = 0.2


@dataclass
class RefinerTrainOptions:
    """One training run.

    noise_share     share of the diffusion, from its clean end, that refinement starts at
    no_draft_share  rows that know no draft and any noise, so that positions can be drawn from noise alone
    sizes           fields of DiTConfig that differ from the embedded size
    """

    train_dataset_path: str = ""
    run_path: str = "runs/mini_refiner"
    split: str = "train"
    seed: int = 1
    device: str = "auto"
    threads: int = 0
    noise_share: float = 0.1
    no_draft_share: float = 0.1
    held_out_batches: int = 8
    sizes: dict[str, int] = field(default_factory=dict)
    loop: LoopOptions = field(default_factory=LoopOptions)
    batch: RefinerBatchOptions = field(default_factory=RefinerBatchOptions)
    augmentation: RefinerAugmentationOptions = field(default_factory=RefinerAugmentationOptions)


ConfigStore.instance().store("refiner_options", RefinerTrainOptions)
