"""Options of a training run of the seq2seq model.

`configs/train/default.yaml` shows and explains each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore

from osuT5.dataset.options import AugmentationOptions, BatchOptions, DataOptions
from training.loop_options import LoggingOptions, LoopOptions
from training.options import require


@dataclass
class LossOptions:
    """Weights of the losses.

    `frame_only_steps` first trains the encoder alone, on its frame heads where it has them.
    """

    frame_only_steps: int = 0
    frame_loss_weight: float = 0.5
    frame_positive_weight: float = 4.0
    onset_loss_weight: float = 1.0
    rhythm_weight: float = 1.5
    position_weight: float = 0.5
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        require(0 <= self.label_smoothing < 1, "loss.label_smoothing", "within 0..1", self.label_smoothing)
        for name in ("frame_loss_weight", "onset_loss_weight", "rhythm_weight", "position_weight"):
            require(getattr(self, name) >= 0, f"loss.{name}", "0 or more", getattr(self, name))


@dataclass
class LoraOptions:
    """Options of low-rank adapters (Hu et al. 2021), in PEFT's form.

    `target_modules`: names of the matrices that get one; empty: the attention's, whatever they are called in the model.
    `init_lora_weights`: where they start; pissa (Meng et al. 2024) takes the weights' own largest directions.
    """

    enable_lora: bool = False
    r: int = 64
    lora_alpha: int = 128
    target_modules: tuple[str, ...] = ()
    lora_dropout: float = 0.05
    init_lora_weights: str = "pissa"

    def __post_init__(self) -> None:
        require(self.r >= 1, "lora.r", "1 or more", self.r)
        require(0 <= self.lora_dropout < 1, "lora.lora_dropout", "within 0..1", self.lora_dropout)


@dataclass
class SampleOptions:
    """Options of sample generations, every `loop.sample_every` steps."""

    audio_path: str = ""
    sample_gamemodes: tuple[int, ...] = (0, 1, 2, 3)
    sample_difficulty: float = 4.0
    sample_seconds: float = 30.0


@dataclass
class TrainOptions:
    """One training run.

    `architecture` is that of fresh weights, a key of ARCHITECTURES; a model to start from brings its own. `sizes` are
    fields of ModelConfig that differ from it; to a model to start from they may add parts, and `add_contexts` names of
    contexts that it does not know yet.
    """

    run_path: str = "runs/mapper"
    architecture: str = "mini"
    sizes: dict[str, Any] = field(default_factory=dict)
    class_tables_path: str = ""
    pretrained_path: str = ""
    add_contexts: tuple[str, ...] = ()
    seed: int = 1
    device: str = "auto"
    threads: int = 0
    held_out_batches: int = 8
    data: DataOptions = field(default_factory=DataOptions)
    batch: BatchOptions = field(default_factory=BatchOptions)
    augmentation: AugmentationOptions = field(default_factory=AugmentationOptions)
    loss: LossOptions = field(default_factory=LossOptions)
    lora: LoraOptions = field(default_factory=LoraOptions)
    loop: LoopOptions = field(default_factory=LoopOptions)
    samples: SampleOptions = field(default_factory=SampleOptions)
    logging: LoggingOptions = field(default_factory=LoggingOptions)


ConfigStore.instance().store("mapper_options", TrainOptions)
