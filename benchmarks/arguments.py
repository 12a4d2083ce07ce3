"""Command-line arguments that several benchmarks have."""

from __future__ import annotations

import argparse
from pathlib import Path


def command_parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser whose help is the docstring of a benchmark."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def corpus_parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser that takes a folder of charts."""
    parser = command_parser(description)
    parser.add_argument("folder", type=Path)
    return parser


def review_parser(description: str | None, charts: int, seconds: float) -> argparse.ArgumentParser:
    """Return a parser of options for excerpts of charts of each mode."""
    # Other benchmarks need no torch.
    from osuT5.model.files.find import BUNDLED_MODEL

    parser = corpus_parser(description)
    parser.add_argument("--model", type=Path, default=BUNDLED_MODEL)
    parser.add_argument("--charts", type=int, default=charts, help="charts of each mode")
    parser.add_argument("--seconds", type=float, default=seconds, help="of each chart")
    return parser
