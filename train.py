"""Training: `python train.py -cn train_mini train_dataset_path=FOLDER`; `-h` lists all options.

The refiner of positions: `python train.py -cn train_diffusion train_dataset_path=FOLDER`.

Several GPUs: `torchrun --nproc_per_node=8 train.py -cn train_v29 ...`; see docs/training.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from pipeline.cli.command_line import FlatConfig, Program, run
from training.options import build_options, require_one_of


def train_mapper(config: FlatConfig) -> Path:
    from osuT5.training.options import TrainOptions
    from osuT5.training.run import train
    from pipeline.cli.training_samples import sample_drawer

    return train(build_options(TrainOptions, config), sample_drawer)


def train_positions(config: FlatConfig) -> Path:
    from osu_diffusion.training import RefinerTrainOptions, train_refiner

    return train_refiner(build_options(RefinerTrainOptions, config))


def train_rhythm_model(config: FlatConfig) -> Path:
    from rcomplexion.training import RhythmTrainOptions, train_rhythm

    return train_rhythm(build_options(RhythmTrainOptions, config))


def train_mapper_classifier(config: FlatConfig) -> Path:
    from classifier.training import ClassifierTrainOptions, train_classifier

    return train_classifier(build_options(ClassifierTrainOptions, config))


TASKS: dict[str, Callable[[FlatConfig], Path]] = {
    "mapper": train_mapper,
    "refiner": train_positions,
    "classifier": train_mapper_classifier,
    "rhythm": train_rhythm_model,
}
"""What a config's `task` can be -> what trains it, and returns the folder of the finished model."""


def train_model(config: FlatConfig) -> None:
    """Runs or resumes the training that the config describes, and says where the model is."""
    options = dict(config)
    task = str(options.pop("task", "mapper"))
    require_one_of(tuple(TASKS), "task", task)
    folder = TASKS[task](options)
    if os.environ.get("RANK", "0") == "0":  # of the processes that torchrun started, one speaks
        print(f"Model: {folder}")


TRAIN = Program(
    script="train.py",
    config_name="train_mini",
    help_name="default",
    purpose="Trains a model that makes osu! beatmaps.",
    example="train_dataset_path=FOLDER",
    action=train_model,
    literal=False,
)

if __name__ == "__main__":
    sys.exit(run(TRAIN))
