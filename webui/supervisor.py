"""The thread that gives jobs to the worker, one at a time, and starts another worker where one is lost."""

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
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import psutil

from paths import REPO_ROOT
from webui.jobs import MAX_ATTEMPTS, Job, Jobs
from webui.references import MAPS_FOLDER, RESULT_FOLDER
from webui.total_progress import TotalProgress, count_maps
from webui.worker import LOG_NAME

CANCEL_GRACE_S = 0.8
"""So long a job has to stop by itself; then its process is ended, and all is quiet within two seconds."""

TICK_S = 0.05
WAIT_S = 0.5
LOST = "The process that did this job ended before it was done (status {status}); it may have run out of memory."

Prepare = Callable[[Job], dict[str, Any]]
"""A job -> its options with files in place of references. Raises where there are none any more."""


class WorkerProcess:
    """One worker, and what it says."""

    def __init__(self, actions: str, log: Path) -> None:
        environment = {**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "webui.worker", actions],
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
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, order: dict[str, Any]) -> None:
        """To a worker that has gone, nothing is said: that it has gone is seen anyway."""
        with suppress(OSError, ValueError):
            self._process.stdin.write((json.dumps(order) + "\n").encode())
            self._process.stdin.flush()

    def next_event(self, timeout_s: float) -> dict[str, Any] | None:
        """What it says next; None where it says nothing in time, {"gone": status} when it has ended."""
        with suppress(Empty):
            return self._events.get(timeout=timeout_s)
        return None

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """Ends it now, with all that it may have started."""
        with suppress(psutil.Error):
            for child in psutil.Process(self.pid).children(recursive=True):
                with suppress(psutil.Error):
                    child.kill()
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._process.stdin.close()

    def _listen(self) -> None:
        with self._process.stdout as stream:
            for line in stream:
                with suppress(ValueError):
                    self._events.put(json.loads(line))
        self._events.put({"gone": self._process.wait()})


class Supervisor:
    """Does the jobs in the order in which they came."""

    def __init__(self, jobs: Jobs, actions: str, log: Path, prepare: Prepare) -> None:
        self._jobs, self._actions, self._log, self._prepare = jobs, actions, log, prepare
        self._worker: WorkerProcess | None = None
        self._stops = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    @property
    def worker_pid(self) -> int | None:
        return self._worker.pid if self._worker is not None and self._worker.is_alive() else None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the worker; a job that it was at is begun again by the next server."""
        self._stops.set()
        self._thread.join()
        self._end_worker()

    def _run(self) -> None:
        self._worker = self._started_worker()
        while not self._stops.is_set():
            job = self._jobs.next_queued(WAIT_S)
            if job is None:
                continue
            try:
                self._perform(job)
            except Exception as error:
                # Whatever is wrong with this job, the next one is done.
                self._jobs.end(job, "failed", error=str(error) or type(error).__name__)

    def _perform(self, job: Job) -> None:
        options = self._prepare(job)
        folder = self._jobs.folder_of(job)
        for left in (MAPS_FOLDER, RESULT_FOLDER):
            # By a server that was stopped half way.
            shutil.rmtree(folder / left, ignore_errors=True)
        worker = self._live_worker()
        parent = None if job.parent is None else str(self._jobs.folder / job.parent)
        order = {"id": job.id, "kind": job.kind, "options": options, "folder": str(folder), "parent": parent}
        worker.send({"do": order})
        self._watch(job, worker, TotalProgress(count_maps(options)))

    def _watch(self, job: Job, worker: WorkerProcess, total: TotalProgress) -> None:
        """Follows a job to its end."""
        has_begun = False
        kill_at_s: float | None = None
        while not self._stops.is_set():
            event = worker.next_event(TICK_S)
            if job.wants_cancel and kill_at_s is None:
                worker.send({"cancel": job.id})
                kill_at_s = time.monotonic() + CANCEL_GRACE_S
            if event is not None and "gone" in event:
                self._end_lost(job, event["gone"], has_begun)
                return
            about_job = event if event is not None and event.get("id") == job.id else {}
            if "end" in about_job:
                # A job that was done before it could be cancelled is done.
                self._end(job, about_job)
                return
            has_begun = has_begun or bool(about_job)
            if "progress" in about_job:
                self._jobs.change(job, progress=total.at(*about_job["progress"]))
            if kill_at_s is not None and time.monotonic() > kill_at_s:
                self._end_worker()
                self._jobs.end(job, "cancelled")
                self._worker = self._started_worker()
                return
        self._jobs.change(job, state="queued", started_s=None, progress=None, attempts=job.attempts - 1)

    def _end(self, job: Job, event: dict[str, Any]) -> None:
        if event.get("last"):
            self._end_worker()
        self._jobs.end(job, event["end"], result=event.get("result"), error=event.get("error"))

    def _end_lost(self, job: Job, status: int, has_begun: bool) -> None:
        """The worker has gone: the fault of the job that it was at, unless it had not come to it."""
        self._end_worker()
        if job.wants_cancel:
            self._jobs.end(job, "cancelled")
        elif has_begun or job.attempts >= MAX_ATTEMPTS:
            _add_to_log(self._jobs.folder_of(job), LOST.format(status=status))
            self._jobs.end(job, "failed", error=LOST.format(status=status))
        else:
            self._jobs.change(job, state="queued", started_s=None)

    def _live_worker(self) -> WorkerProcess:
        if self._worker is None or not self._worker.is_alive():
            self._end_worker()
            self._worker = self._started_worker()
        return self._worker

    def _started_worker(self) -> WorkerProcess:
        return WorkerProcess(self._actions, self._log)

    def _end_worker(self) -> None:
        if self._worker is not None:
            self._worker.kill()
        self._worker = None


def _add_to_log(folder: Path, line: str) -> None:
    with suppress(OSError), (folder / LOG_NAME).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
