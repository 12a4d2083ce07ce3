"""Train the object model.

    python -m osuT5.objects.train FOLDER [--run runs/objects] [--steps 4000] [--fall 1500] [--start MODEL]

FOLDER contains one folder per mapset. A stopped run resumes from its checkpoint. The learning rate is constant until
the last `--fall` steps; to continue a run for longer, give more steps before the fall begins.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from model_files.errors import ModelError
from osuT5.objects.config import ObjectConfig
from osuT5.objects.training import ObjectTrainOptions, train_objects
from paths import MODEL_DIR
from training.loop_options import OPTIMIZERS, LoopOptions
from training.options import OptionError


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    given = _parser().parse_args(arguments)
    if given.threads:
        torch.set_num_threads(given.threads)
    try:
        print(f"Model: {train_objects(_options(given))}")
    except (OptionError, ModelError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of mapset folders")
    parser.add_argument("--run", type=Path, default=Path("runs/objects"), help="folder of checkpoints and the log")
    parser.add_argument("--cache", type=Path, help="folder of cached features; default: cache/ in the run")
    parser.add_argument("--rhythm", type=Path, default=MODEL_DIR / "mini_rhythm", help="rhythm model for the sound")
    parser.add_argument("--start", default="", help="model folder with the initial weights")
    parser.add_argument("--pause-file", default="", help="the run waits while this file exists")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--fall", type=int, default=1500, help="steps at the end in which the learning rate falls")
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after this time with a checkpoint; 0: never")
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="muon")
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--dropout", type=float, default=ObjectConfig().dropout)
    parser.add_argument("--evaluate-every", type=int, default=250)
    parser.add_argument("--checkpoint-every", type=int, default=100)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as torch chooses")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def _options(given: argparse.Namespace) -> ObjectTrainOptions:
    warmup_steps = 100
    loop = LoopOptions(
        total_steps=given.steps,
        warmup_steps=warmup_steps,
        sustain_steps=max(0, given.steps - given.fall - warmup_steps),
        optimizer=given.optimizer,
        learning_rate=given.learning_rate,
        weight_decay=given.weight_decay,
        average_decay=0.998,
        evaluate_every=given.evaluate_every,
        checkpoint_every=given.checkpoint_every,
        max_minutes=given.minutes,
    )
    return ObjectTrainOptions(
        dataset_path=given.folder,
        rhythm_path=given.rhythm,
        run_path=given.run,
        cache_path=given.cache or given.run / "cache",
        start_path=given.start,
        pause_path=given.pause_file,
        seed=given.seed,
        network=ObjectConfig(dropout=given.dropout),
        loop=loop,
    )


if __name__ == "__main__":
    sys.exit(main())
