"""Training: `python train.py -cn train_mini train_dataset_path=FOLDER`; `-cn NAME -h` lists all options.

The refiner of positions: `python train.py -cn train_diffusion train_dataset_path=FOLDER`.

Several GPUs: `torchrun --nproc_per_node=8 train.py -cn train_v29 ...`; see docs/training.md.
"""

from __future__ import annotations

if __name__ == "__main__":
    from feedback.startup import start_program

    start_program()

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from classifier.options import ClassifierTrainOptions
from osu_diffusion.options import RefinerTrainOptions
from osuT5.map_model.options import MapTrainOptions
from osuT5.training.options import TrainOptions
from pipeline.cli.command_line import Program, run
from rcomplexion.options import RhythmTrainOptions
from training.options import build_options


def train_map(options: MapTrainOptions) -> Path | None:
    from osuT5.map_model.recipe import train_map_model

    return train_map_model(options)


def train_seq2seq(options: TrainOptions) -> Path | None:
    from osuT5.map_model.recipe import adapter_options, is_for_map_model
    from osuT5.training.run import train
    from pipeline.cli.training_samples import sample_drawer

    if is_for_map_model(options):
        return train_map(adapter_options(options))
    return train(options, sample_drawer)


def train_positions(options: RefinerTrainOptions) -> Path:
    from osu_diffusion.training import train_refiner

    return train_refiner(options)


def train_rhythm_model(options: RhythmTrainOptions) -> Path:
    from rcomplexion.training import train_rhythm

    return train_rhythm(options)


def train_mapper_classifier(options: ClassifierTrainOptions) -> Path:
    from classifier.training import train_classifier

    return train_classifier(options)


TRAINERS: dict[type, Callable[[Any], Path | None]] = {
    MapTrainOptions: train_map,
    TrainOptions: train_seq2seq,
    RefinerTrainOptions: train_positions,
    ClassifierTrainOptions: train_mapper_classifier,
    RhythmTrainOptions: train_rhythm_model,
}
"""Options of a config -> their training. It returns the folder of the model, None if that is not finished."""


def read_options(config: DictConfig) -> object:
    return build_options(OmegaConf.get_type(config), config)


def train_model(options: object) -> None:
    """Run or resume a training, and print where the model is."""
    folder = TRAINERS[type(options)](options)
    if folder and os.environ.get("RANK", "0") == "0":  # of the processes that torchrun started, one prints
        print(f"Model: {folder}")


TRAIN = Program(
    script="train.py",
    config_name="train_mini",
    listing="default",
    purpose="Trains a model that generates osu! beatmaps.",
    example="train_dataset_path=FOLDER",
    action=train_model,
    read=read_options,
)

if __name__ == "__main__":
    sys.exit(run(TRAIN))
