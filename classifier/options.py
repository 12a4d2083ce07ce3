"""Options of a training run: a structured config; `configs/train/train_classifier.yaml` explains each option."""

from __future__ import annotations

from dataclasses import dataclass, field

from hydra.core.config_store import ConfigStore

from osu_beatmap.held_out import Split
from training.loop_options import LoopOptions
from training.options import require, require_one_of


@dataclass
class ClassifierTrainOptions:
    """One training run; `configs/train/train_classifier.yaml` explains each option."""

    train_dataset_path: str = ""
    run_path: str = "runs/classifier"
    pretrained_path: str = "models/classifier"
    cache_path: str = ""
    split: str = "train"
    seed: int = 1
    device: str = "auto"
    threads: int = 0
    fewest_charts: int = 5
    decoder_layers: int = 2
    overlap: float = 0.0
    most_excerpts: int = 12
    rows: int = 64
    width: int = 64
    dropout: float = 0.5
    label_smoothing: float = 0.1
    loop: LoopOptions = field(default_factory=LoopOptions)

    def __post_init__(self) -> None:
        require_one_of(tuple(split.value for split in Split), "split", self.split)
        for name in ("fewest_charts", "decoder_layers", "most_excerpts", "rows", "width"):
            require(getattr(self, name) >= 1, name, "1 or more", getattr(self, name))
        for name in ("overlap", "dropout", "label_smoothing"):
            require(0 <= getattr(self, name) < 1, name, "0 or more and below 1", getattr(self, name))


ConfigStore.instance().store("classifier_options", ClassifierTrainOptions)
