"""Runs of a sweep (`-m`) by Hydra's sweeper and launchers.

They may run in any process. Each run stores its outcome in a file, so that a failed run, or one whose process is lost,
does not affect the others.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from io import StringIO
from itertools import product
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser

from pipeline.cli.outcomes import STATUS_SYSTEM_ERROR, Outcome


def runs_of(overrides: Sequence[str]) -> list[list[str]]:
    """Return the overrides of each run, as Hydra's basic sweeper orders them."""
    parsed = {each.get_key_element(): each for each in OverridesParser.create().parse_overrides(list(overrides))}
    values = [
        [f"{key}={value}" for value in each.sweep_string_iterator()] if each.is_sweep_override() else [each.input_line]
        for key, each in parsed.items()
    ]
    return [list(chosen) for chosen in product(*values)]


def titles_of(runs: Sequence[Sequence[str]]) -> list[str]:
    """Return a title for each run: words that not all runs have."""
    shared = set.intersection(*map(set, runs)) if len(runs) > 1 else set()
    words = [" ".join(word for word in run if word not in shared and not word.startswith("hydra")) for run in runs]
    return [f"[{number}/{len(runs)}] {each}".rstrip() for number, each in enumerate(words, start=1)]


def keep_outcome(run: Callable[[], Outcome], title: str, place: Path) -> None:
    """Make one run, print its output, and store its outcome."""
    with redirect_stdout(StringIO()) as said:
        outcome = run()
    outcome = outcome._replace(said=f"{title}\n{said.getvalue()}")
    outcome.show()
    place.write_text(json.dumps(outcome), encoding="utf-8")


def report(folder: Path, titles: Sequence[str], shows_all: bool) -> int:
    """Print which runs failed; return an exit status.

    Args:
        shows_all: Whether to print the outputs of all runs, which were made out of sight.
    """
    failed = {}
    for number, title in enumerate(titles):
        place = folder / f"{number}.json"
        outcome = Outcome(*json.loads(place.read_text("utf-8"))) if place.is_file() else Outcome(STATUS_SYSTEM_ERROR)
        if shows_all:
            outcome.show()
        if outcome.status:
            failed[title] = outcome.status
    if failed:
        print("\n  ".join([f"{len(failed)} of {len(titles)} runs failed:", *failed]), file=sys.stderr)
    return next(iter(failed.values()), 0)
