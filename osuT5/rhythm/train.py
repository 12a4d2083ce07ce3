"""Train the rhythm model.

    python -m osuT5.rhythm.train FOLDER [--run runs/rhythm] [--steps 4000] [--fall 1500] [--start MODEL]

FOLDER contains one folder per mapset. A stopped run resumes from its checkpoint. The learning rate is constant until
the last `--fall` steps; to continue a run for longer, give more steps before the fall begins.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from model_files.errors import ModelError
from osuT5.rhythm.config import RhythmConfig
from osuT5.rhythm.training import RhythmTrainOptions, train_rhythm
from training.loop_options import OPTIMIZERS, LoopOptions
from training.options import OptionError


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = make_parser(__doc__, Path("runs/rhythm"), RhythmConfig().dropout)
    return run(parser, arguments, lambda given: train_rhythm(_options(given)))


def run(
    parser: argparse.ArgumentParser, arguments: list[str] | None, train: Callable[[argparse.Namespace], Path]
) -> int:
    """Train by the arguments of a command; return its exit status."""
    given = parser.parse_args(arguments)
    if given.threads:
        torch.set_num_threads(given.threads)
    if not given.folder.is_dir():
        print(f"There is no folder {given.folder}.", file=sys.stderr)
        return 2
    try:
        print(f"Model: {train(given)}")
    except (OptionError, ModelError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def make_parser(description: str | None, run_path: Path, dropout: float) -> argparse.ArgumentParser:
    """Return the parser of a model on the beat clock."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of mapset folders")
    parser.add_argument("--run", type=Path, default=run_path, help="folder of checkpoints and the log")
    parser.add_argument("--cache", type=Path, help="folder of cached features; default: cache/ in the run")
    parser.add_argument("--start", default="", help="model folder with the initial weights")
    parser.add_argument("--pause-file", default="", help="the run waits while this file exists")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--fall", type=int, default=1500, help="steps at the end in which the learning rate falls")
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after this time with a checkpoint; 0: never")
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="muon")
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--dropout", type=float, default=dropout)
    parser.add_argument("--evaluate-every", type=int, default=250)
    parser.add_argument("--checkpoint-every", type=int, default=100)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as torch chooses")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def loop_options(given: argparse.Namespace) -> LoopOptions:
    """Return the options of the training loop."""
    warmup_steps = 100
    return LoopOptions(
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


def _options(given: argparse.Namespace) -> RhythmTrainOptions:
    return RhythmTrainOptions(
        dataset_path=given.folder,
        run_path=given.run,
        cache_path=given.cache or given.run / "cache",
        start_path=given.start,
        pause_path=given.pause_file,
        seed=given.seed,
        network=RhythmConfig(dropout=given.dropout),
        loop=loop_options(given),
    )


if __name__ == "__main__":
    sys.exit(main())
