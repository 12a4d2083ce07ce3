"""Train the object model.

    python -m osuT5.objects.train FOLDER [--run runs/objects] [--steps 4000] [--fall 1500] [--start MODEL]

FOLDER contains one folder per mapset. A stopped run resumes from its checkpoint. The learning rate is constant until
the last `--fall` steps; to continue a run for longer, give more steps before the fall begins.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from osuT5.objects.config import ObjectConfig
from osuT5.objects.training import ObjectTrainOptions, train_objects
from osuT5.rhythm.train import loop_options, make_parser, run
from paths import MODEL_DIR


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = make_parser(__doc__, Path("runs/objects"), ObjectConfig().dropout)
    parser.add_argument("--rhythm", type=Path, default=MODEL_DIR / "mini_rhythm", help="rhythm model for the sound")
    parser.add_argument("--silent", default="", help="folder of .osu files without songs, to train on too")
    return run(parser, arguments, lambda given: train_objects(_options(given)))


def _options(given: argparse.Namespace) -> ObjectTrainOptions:
    return ObjectTrainOptions(
        dataset_path=given.folder,
        rhythm_path=given.rhythm,
        run_path=given.run,
        cache_path=given.cache or given.run / "cache",
        silent_path=given.silent,
        start_path=given.start,
        pause_path=given.pause_file,
        seed=given.seed,
        network=ObjectConfig(dropout=given.dropout),
        loop=loop_options(given),
    )


if __name__ == "__main__":
    sys.exit(main())
