"""Where many runs take place: in this process, in several of this computer, or on the machines of a cluster.

A launcher takes batches of runs and gives their outcomes back as they come. It goes by the name that Hydra's plugin of
the same kind has (`hydra/launcher=joblib`), and so do its options where the libraries have them; but it stands on
joblib, submitit and ray themselves: the plugins for the first two had their last release in 2022, and all of them hand
over words of Hydra's grammar, which many names of songs are not.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from importlib import import_module
from io import StringIO
from types import ModuleType
from typing import Any

from paths import REPO_ROOT
from pipeline.request.options import RequestError

EXTRAS_FILE = "requirements-launchers.txt"

STATUS_LOST = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: its exit status, what it printed, and what it said about errors."""

    status: int
    said: str = ""
    error: str = ""


Run = Callable[[Any], Outcome]
Batch = Sequence[tuple[int, Any]]
"""Runs by number, each with its config."""

Launch = Callable[[Run, Sequence[Batch], Mapping[str, Any]], Iterator[tuple[int, Outcome]]]


@dataclass(frozen=True, slots=True)
class Task:
    """A batch of runs, ready to be sent to another process: it goes to the same folder and finds our packages."""

    run: Run
    folder: str

    def __call__(self, batch: Batch) -> list[tuple[int, Outcome]]:
        os.chdir(self.folder)
        return [(number, captured(self.run, config)) for number, config in batch]


def captured(run: Run, config: Any) -> Outcome:
    """A run whose lines are kept, rather than mixed with those of its neighbours."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        outcome = run(config)
    return Outcome(outcome.status, out.getvalue() + outcome.said, err.getvalue() + outcome.error)


def launch_here(run: Run, batches: Sequence[Batch], options: Mapping[str, Any]) -> Iterator[tuple[int, Outcome]]:
    """One run after the other, in this process, which keeps its models; how far each is shows on the terminal."""
    for batch in batches:
        for number, config in batch:
            with redirect_stdout(StringIO()) as out:
                outcome = run(config)
            yield number, replace(outcome, said=out.getvalue() + outcome.said)


def launch_joblib(run: Run, batches: Sequence[Batch], options: Mapping[str, Any]) -> Iterator[tuple[int, Outcome]]:
    """Processes of this computer, each of which keeps its models for its next run.

    A process that is killed, as for memory, takes its pool with it; what was left undone is tried again one by one.
    """
    joblib = _needed("joblib")
    _find_our_packages()
    pool = _accepted(joblib.Parallel, {"backend": "loky", **options, "return_as": "generator_unordered"})
    task = joblib.wrap_non_picklable_objects(Task(run, os.getcwd()))
    left = dict(enumerate(batches))
    attempts = [list(left)] + [[place] for place in left]
    for places in attempts:
        waiting = [left[place] for place in places if place in left]
        try:
            for outcomes in pool(joblib.delayed(task)(batch) for batch in waiting):
                yield from outcomes
                done = {number for number, _ in outcomes}
                left = {place: batch for place, batch in left.items() if batch[0][0] not in done}
        except joblib.externals.loky.process_executor.TerminatedWorkerError:
            print("A process ended before its runs did.", file=sys.stderr)


def launch_submitit(run: Run, batches: Sequence[Batch], options: Mapping[str, Any]) -> Iterator[tuple[int, Outcome]]:
    """An array of jobs of a Slurm cluster (or, with cluster: local, processes of this computer), a batch each."""
    submitit = _needed("submitit")
    _find_our_packages()
    given = dict(options)
    executor = submitit.AutoExecutor(folder=given.pop("submitit_folder"), cluster=given.pop("cluster", None))
    _accepted(executor.update_parameters, given)
    jobs = executor.map_array(Task(run, os.getcwd()), batches)
    for job in submitit.helpers.as_completed(jobs):
        try:
            yield from job.result()
        except Exception as error:  # whatever ended the job: time, memory, a machine that went away
            print(f"Job {job.job_id} was lost: {str(error).splitlines()[0]}", file=sys.stderr)


def launch_ray(run: Run, batches: Sequence[Batch], options: Mapping[str, Any]) -> Iterator[tuple[int, Outcome]]:
    """Tasks of a Ray cluster, a batch each."""
    ray = _needed("ray")
    _find_our_packages()
    found = {"runtime_env": {"env_vars": {"PYTHONPATH": os.environ["PYTHONPATH"]}}}
    _accepted(ray.init, {"log_to_driver": False, **found, **options["init"]})
    task = Task(run, os.getcwd())
    perform = ray.remote(**options["remote"])(lambda batch: task(batch))
    try:
        for done in as_completed([perform.remote(batch).future() for batch in batches]):
            try:
                yield from done.result()
            except Exception as error:  # as above
                print(f"A task was lost: {str(error).splitlines()[0]}", file=sys.stderr)
    finally:
        ray.shutdown()


LAUNCHERS: dict[str, Launch] = {
    "basic": launch_here,
    "joblib": launch_joblib,
    "submitit_local": launch_submitit,
    "submitit_slurm": launch_submitit,
    "ray": launch_ray,
}
"""By the names of their files in configs/launcher/."""


def _needed(library: str) -> ModuleType:
    try:
        return import_module(library)
    except ImportError as error:
        raise RequestError(
            f"hydra/launcher={library} needs {library}: python -m pip install -r {EXTRAS_FILE}."
        ) from error


def _accepted(call: Callable[..., Any], options: Mapping[str, Any]) -> Any:
    """What a library makes of its options; one sentence where it has no such option."""
    try:
        return call(**options)
    except (TypeError, ValueError, NameError) as error:
        raise RequestError(f"hydra.launcher cannot be as it is: {str(error).splitlines()[0]}.") from error


def _find_our_packages() -> None:
    """Processes that begin elsewhere look for modules where PYTHONPATH says."""
    others = os.environ.get("PYTHONPATH", "")
    if str(REPO_ROOT) not in others.split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(REPO_ROOT), others)))
