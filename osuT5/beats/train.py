"""Train the beat model.

    python -m osuT5.beats.train FOLDER [--run runs/beats] [--steps 4000] [--fall 1500] [--start MODEL]

FOLDER contains one folder per mapset. A stopped run resumes from its checkpoint. The learning rate is constant until
the last `--fall` steps; to continue a run for longer, give more steps before the fall begins.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from osuT5.beats.config import BeatConfig
from osuT5.beats.training import BeatTrainOptions, train_beats
from osuT5.rhythm.train import loop_options, make_parser, run


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = make_parser(__doc__, Path("runs/beats"), BeatConfig().dropout)
    return run(parser, arguments, lambda given: train_beats(_options(given)))


def _options(given: argparse.Namespace) -> BeatTrainOptions:
    return BeatTrainOptions(
        dataset_path=given.folder,
        run_path=given.run,
        cache_path=given.cache or given.run / "cache",
        start_path=given.start,
        pause_path=given.pause_file,
        seed=given.seed,
        network=BeatConfig(dropout=given.dropout),
        loop=loop_options(given),
    )


if __name__ == "__main__":
    sys.exit(main())
