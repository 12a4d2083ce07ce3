"""Many runs of a program by one command (`-m`): Hydra's sweeper and launchers start them, in whatever process.

Each run leaves its outcome in a file, so that a run that fails, or whose process is lost, does not take the others
along.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from io import StringIO
from itertools import product
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser

from paths import REPO_ROOT

STATUS_LOST = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of a run: its exit status, its output, and its message about errors."""

    status: int
    said: str = ""
    error: str = ""

    def show(self) -> None:
        print(self.said, end="", flush=True)
        print(self.error, end="", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class ManyRuns:
    """Needs of a program that can be run many times by one command.

    Attributes:
        check: Raises RequestError for a config that cannot be right, before anything begins.
        prepare: Called in each process before a run.
        path_options: Options whose values are files.
    """

    check: Callable[[dict[str, object]], object]
    prepare: Callable[[], None]
    path_options: frozenset[str] = frozenset()


def runs_of(overrides: Sequence[str]) -> list[list[str]]:
    """Return the overrides of each run in the order of Hydra's basic sweeper."""
    parsed = {each.get_key_element(): each for each in OverridesParser.create().parse_overrides(list(overrides))}
    values = [
        [f"{key}={value}" for value in each.sweep_string_iterator()] if each.is_sweep_override() else [each.input_line]
        for key, each in parsed.items()
    ]
    return [list(chosen) for chosen in product(*values)]


def titles_of(runs: Sequence[Sequence[str]]) -> list[str]:
    """Return a title for each run: the words that not all runs have."""
    shared = set.intersection(*map(set, runs)) if len(runs) > 1 else set()
    words = [" ".join(word for word in run if word not in shared and not word.startswith("hydra")) for run in runs]
    return [f"[{number}/{len(runs)}] {each}".rstrip() for number, each in enumerate(words, start=1)]


def perform(
    action: Callable[[], int | None], describe: Callable[[Exception], Outcome | None], title: str, place: Path
) -> None:
    """Make one run, print its output as a whole, and leave its outcome in a file."""
    with redirect_stdout(StringIO()) as said:
        try:
            outcome = Outcome(action() or 0)
        except Exception as error:
            outcome = describe(error) or Outcome(STATUS_LOST, error=traceback.format_exc())
    outcome = Outcome(outcome.status, f"{title}\n{said.getvalue()}", outcome.error)
    outcome.show()
    place.write_text(json.dumps(asdict(outcome)), encoding="utf-8")


def report(folder: Path, titles: Sequence[str], shows_all: bool) -> int:
    """Print which runs failed; return an exit status.

    Args:
        shows_all: Whether to print the outputs of all runs, which were made out of sight.
    """
    failed = {}
    for number, title in enumerate(titles):
        place = folder / f"{number}.json"
        outcome = Outcome(**json.loads(place.read_text(encoding="utf-8"))) if place.is_file() else Outcome(STATUS_LOST)
        if shows_all:
            outcome.show()
        if outcome.status:
            failed[title] = outcome.status
    if failed:
        print("\n  ".join([f"{len(failed)} of {len(titles)} runs failed:", *failed]), file=sys.stderr)
    return next(iter(failed.values()), 0)


def find_packages() -> None:
    """Let processes of launchers find our packages."""
    others = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(REPO_ROOT) not in others:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(REPO_ROOT), *others)))
