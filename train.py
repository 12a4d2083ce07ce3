"""Training: `python train.py -cn train_mini train_dataset_path=FOLDER`, or `-cn train_diffusion` for the refiner."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.command_line import FlatConfig, Program, run
from training.options import OptionError, build_options


def train_model(config: FlatConfig) -> None:
    """Runs or resumes the training that the config describes, and says where the model is."""
    folder = str(config.get("train_dataset_path") or "")
    if not folder:
        raise OptionError("train_dataset_path is missing: give the folder of mapsets as train_dataset_path=FOLDER.")
    if not Path(folder).is_dir():
        raise OptionError(f"train_dataset_path must be a folder of mapsets, got {folder}.")
    options = dict(config)
    if options.pop("task", "mapper") == "refiner":
        from osu_diffusion.training import RefinerTrainOptions, train_refiner

        print(f"Refiner: {train_refiner(build_options(RefinerTrainOptions, options))}")
        return
    from osuT5.training import TrainOptions, train

    print(f"Model: {train(build_options(TrainOptions, options))}")


TRAIN = Program(
    script="train.py",
    config_name="train_mini",
    purpose="Trains a model that makes osu! beatmaps.",
    example="train_dataset_path=FOLDER",
    action=train_model,
    literal=False,
)

if __name__ == "__main__":
    sys.exit(run(TRAIN))
