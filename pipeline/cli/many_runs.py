"""Many runs of a program by one command (`-m`): all are checked, each is made, and none takes the others with it."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.cli.launchers import LAUNCHERS, STATUS_LOST, Batch, Outcome
from pipeline.request.options import RequestError, nearest_option

LAUNCHER_KEY, LAUNCHER_PREFIX = "hydra/launcher", "hydra.launcher."
BATCH_OPTION = "runs_per_job"


@dataclass(frozen=True)
class ManyRuns:
    """What a program has to say about many runs of it.

    check         raises RequestError for a config that cannot be right, before anything is done
    prepare       is called once in each process, before its first run
    path_options  options whose values are files
    """

    check: Callable[[dict], object]
    prepare: Callable[[], None]
    path_options: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PlannedRun:
    """One run: what tells it from the others, as the user would type it, and its config."""

    title: str
    config: dict


@dataclass(frozen=True)
class PreparedRun:
    """What launchers call, in whatever process: a run that raises nothing."""

    action: Callable[[dict], int | None]
    prepare: Callable[[], None]
    describe: Callable[[Exception], Outcome | None]

    def __call__(self, config: dict) -> Outcome:
        self.prepare()
        try:
            return Outcome(self.action(config) or 0)
        except Exception as error:
            return self.describe(error) or Outcome(STATUS_LOST, error=traceback.format_exc())


def run_all(runs: Sequence[PlannedRun], run: PreparedRun, launcher: str, options: dict[str, Any]) -> int:
    """Makes the runs, printing what each says, and at the end which failed. Returns an exit status."""
    launch = LAUNCHERS[launcher]
    size = int(options.pop(BATCH_OPTION, 1))
    numbered = [(number, planned.config) for number, planned in enumerate(runs)]
    batches: list[Batch] = [numbered[first : first + size] for first in range(0, len(numbered), size)]
    print(f"{len(runs)} runs, launcher {launcher}", file=sys.stderr)
    failed: dict[int, int] = dict.fromkeys(range(len(runs)), STATUS_LOST)
    for done, (number, outcome) in enumerate(launch(run, batches, options), start=1):
        print(f"[{done}/{len(runs)}] {runs[number].title}", file=sys.stderr if outcome.status else sys.stdout)
        print(outcome.said, end="", flush=True)
        print(outcome.error, end="", file=sys.stderr, flush=True)
        del failed[number]
        if outcome.status:
            failed[number] = outcome.status
    if failed:
        print(f"{len(failed)} of {len(runs)} runs failed:", file=sys.stderr)
        for number in sorted(failed):
            print(f"  {runs[number].title}", file=sys.stderr)
    return next(iter(failed.values()), 0)


def titles(assignments: Sequence[Sequence[tuple[str, str]]]) -> list[str]:
    """The words of each run that not all runs have; all of its words where there is nothing else."""
    shared = set.intersection(*(set(words) for words in assignments))
    return [
        " ".join(f"{key}={value}" for key, value in words if len(assignments) == 1 or (key, value) not in shared)
        or " ".join(f"{key}={value}" for key, value in words)
        for words in assignments
    ]


def checked_launcher(name: str) -> str:
    if name not in LAUNCHERS:
        near = nearest_option(name, LAUNCHERS)
        hint = f"; did you mean {near}?" if near else ""
        raise RequestError(f"{LAUNCHER_KEY} must be one of {', '.join(LAUNCHERS)}, got {name}{hint}")
    return name
