"""Thread that gives jobs to the worker, several at a time.

It starts another worker if one is lost.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import psutil

from paths import REPO_ROOT
from server.processing.total_progress import TotalProgress, count_maps
from server.processing.worker import LOG_NAME
from server.storage.jobs import MAX_ATTEMPTS, Job, Jobs
from server.storage.references import MAPS_FOLDER, RESULT_FOLDER

CANCEL_GRACE_S = 0.8
"""So long a job has to stop by itself; then its process is ended, unless others are at work in it."""

LEFT_GRACE_S = 30.0
"""The same for a job without a waiting client: its process keeps the models for the next one."""

TICK_S = 0.05
WAIT_S = 0.5
LOST = "The worker process ended before this job was finished (status {status}); it may have run out of memory."

Prepare = Callable[[Job], dict[str, Any]]
"""A job -> its options with files in place of references. Raises where there are none any more."""


class WorkerProcess:
    """A worker process and its messages."""

    def __init__(self, actions: str, max_jobs: int, log: Path) -> None:
        environment = {**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "server.processing.worker", actions, str(max_jobs)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=REPO_ROOT,
                env=environment,
                # A key that stops the server must not reach its worker first.
                start_new_session=os.name != "nt",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        self._events: SimpleQueue = SimpleQueue()
        threading.Thread(target=self._read_events, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, order: dict[str, Any]) -> None:
        """Send an order to the worker.

        A lost worker is detected elsewhere.
        """
        with suppress(OSError, ValueError):
            self._process.stdin.write((json.dumps(order) + "\n").encode())
            self._process.stdin.flush()

    def next_event(self, timeout_s: float) -> dict[str, Any] | None:
        """Return the worker's next event.

        It is None at a time-out, {"gone": status} when the worker has ended.
        """
        with suppress(Empty):
            return self._events.get(timeout=timeout_s)
        return None

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill the worker with all of its children."""
        with suppress(psutil.Error):
            for child in psutil.Process(self.pid).children(recursive=True):
                with suppress(psutil.Error):
                    child.kill()
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._process.stdin.close()

    def _read_events(self) -> None:
        with self._process.stdout as stream:
            for line in stream:
                with suppress(ValueError):
                    self._events.put(json.loads(line))
        self._events.put({"gone": self._process.wait()})


class Supervisor:
    """Supervisor that runs jobs in order, several at a time."""

    def __init__(self, jobs: Jobs, actions: str, log: Path, prepare: Prepare, max_jobs: int) -> None:
        self._jobs, self._actions, self._log, self._prepare = jobs, actions, log, prepare
        self._max_jobs = max_jobs
        self._worker: WorkerProcess | None = None
        self._at_work: dict[str, _Work] = {}
        self._stops = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    @property
    def worker_pid(self) -> int | None:
        worker = self._worker
        return worker.pid if worker is not None and worker.is_alive() else None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the worker; the next server restarts unfinished jobs."""
        self._stops.set()
        self._jobs.wake()
        self._thread.join()

    def _run(self) -> None:
        self._worker = self._start_worker()
        while not self._stops.is_set():
            self._begin_jobs()
            if self._at_work:
                self._follow()
        self._end_worker()

    def _begin_jobs(self) -> None:
        """Begin as many jobs as may run in parallel.

        Waits a moment if there is none at all.
        """
        while self._may_begin():
            is_alone = not self._at_work
            job = self._jobs.begin_next(WAIT_S if is_alone else 0.0, is_alone)
            if job is None:
                return
            try:
                self._begin(job)
            except Exception as error:
                # Whatever is wrong with this job, the next one is done.
                self._jobs.end(job, "failed", error=str(error) or type(error).__name__)

    def _may_begin(self) -> bool:
        """Return whether another job may begin.

        None may next to a job that runs alone, or one that does not stop.
        """
        is_free = len(self._at_work) < self._max_jobs and not self._stops.is_set()
        return is_free and not any(work.job.runs_alone or work.is_late() for work in self._at_work.values())

    def _begin(self, job: Job) -> None:
        options = self._prepare(job)
        folder = self._jobs.folder_of(job)
        for left in (MAPS_FOLDER, RESULT_FOLDER):
            # Of an earlier attempt.
            shutil.rmtree(folder / left, ignore_errors=True)
        parent = None if job.parent is None else str(self._jobs.folder / job.parent)
        order = {"id": job.id, "kind": job.kind, "options": options, "folder": str(folder), "parent": parent}
        self._live_worker().send({"do": order})
        self._at_work[job.id] = _Work(job, TotalProgress(count_maps(options)))

    def _follow(self) -> None:
        """Handle the worker's next event, and end cancelled jobs."""
        event = self._worker.next_event(TICK_S)
        if event is not None and "gone" in event:
            self._lose_worker(event["gone"])
            return
        work = None if event is None else self._at_work.get(event.get("id"))
        if work is not None and "progress" in event:
            self._jobs.change(work.job, progress=work.total.progress_at(*event["progress"]))
        if work is not None and "end" in event:
            # A job that was done before it could be cancelled is done.
            del self._at_work[work.job.id]
            self._end(work.job, event)
        self._cancel_jobs()

    def _end(self, job: Job, event: dict[str, Any]) -> None:
        has_company = bool(self._at_work)
        if event.get("last"):
            self._end_worker()
        if event.get("last") and has_company and job.attempts < MAX_ATTEMPTS:
            # Memory that was not enough for all of them may be enough for one.
            self._jobs.requeue(job, costs_attempt=True)
        elif job.is_active:
            self._jobs.end(job, event["end"], result=event.get("result"), error=event.get("error"))

    def _cancel_jobs(self) -> None:
        for work in self._at_work.values():
            if work.job.wants_cancel and work.kill_at_s is None:
                self._worker.send({"cancel": work.job.id})
                work.kill_at_s = time.monotonic() + (LEFT_GRACE_S if work.job.is_left else CANCEL_GRACE_S)
        late = [work.job for work in self._at_work.values() if work.is_late()]
        if late and len(late) == len(self._at_work):
            self._end_worker()
            self._worker = self._start_worker()
        for job in late:
            # Beside others it may go on until it reads its input or they have ended; no client waits for that.
            if job.is_active:
                self._jobs.end(job, "cancelled")

    def _lose_worker(self, status: int) -> None:
        """Requeue a lost worker's jobs at the cost of an attempt.

        Any of these jobs may have ended it.
        """
        lost = [work.job for work in self._at_work.values() if work.job.is_active]
        self._at_work.clear()
        self._end_worker()
        for job in lost:
            _add_to_log(self._jobs.folder_of(job), LOST.format(status=status))
            if job.attempts < MAX_ATTEMPTS:
                self._jobs.requeue(job, costs_attempt=True)
            else:
                self._jobs.end(job, "failed", error=LOST.format(status=status))

    def _live_worker(self) -> WorkerProcess:
        # One that has just gone with jobs at work is replaced once its end is read.
        if self._worker is None or not (self._at_work or self._worker.is_alive()):
            self._end_worker()
            self._worker = self._start_worker()
        return self._worker

    def _start_worker(self) -> WorkerProcess:
        return WorkerProcess(self._actions, self._max_jobs, self._log)

    def _end_worker(self) -> None:
        """End the worker; its unfinished jobs restart without losing an attempt."""
        if self._worker is not None:
            self._worker.kill()
        self._worker = None
        left = [work.job for work in self._at_work.values() if work.job.is_active]
        self._at_work.clear()
        for job in left:
            self._jobs.requeue(job, costs_attempt=False)


@dataclass(slots=True)
class _Work:
    """Job in the worker.

    `kill_at_s` is the deadline to stop after a cancellation.
    """

    job: Job
    total: TotalProgress
    kill_at_s: float | None = None

    def is_late(self) -> bool:
        return self.kill_at_s is not None and time.monotonic() > self.kill_at_s


def _add_to_log(folder: Path, line: str) -> None:
    with suppress(OSError), (folder / LOG_NAME).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
