"""Jobs: their requests and outcomes.

They live in folders of their own, and so outlive the server.
"""

from __future__ import annotations

import json
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.writer import write_text
from pipeline.request.options import RequestError

RECORD_NAME = "job.json"
MAX_ATTEMPTS = 3
"""Attempts at a job that ends with its process: one for the worker, one for the server, and a last one."""

MAX_WAITING = 200
ACTIVE = ("queued", "running")
INTERRUPTED = "The server was stopped while this job ran."


@dataclass(slots=True)
class Job:
    """One job.

    Attributes:
        options: As they were given.
        attempts: How often it was begun. What ends its process costs an attempt; after that it runs alone.
        is_attached: Whether it belongs to a connection and ends with it. No list shows it, and no restart resumes it.
        is_left: Whether that connection has gone: the job is removed as soon as it has ended.
        revision: Grows with every change of any job.
    """

    id: str
    kind: str
    options: dict[str, Any]
    title: str = ""
    command: str = ""
    parent: str | None = None
    state: str = "queued"
    created_s: float = field(default_factory=time.time)
    started_s: float | None = None
    ended_s: float | None = None
    attempts: int = 0
    error: str | None = None
    result: dict[str, Any] | None = None
    progress: dict[str, Any] | None = None
    wants_cancel: bool = False
    is_attached: bool = False
    is_left: bool = False
    revision: int = 0

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def runs_alone(self) -> bool:
        """True if an attempt was lost.

        This job may then be the one that ends its process.
        """
        return self.attempts > (1 if self.state == "running" else 0)


class Jobs:
    """All jobs of a folder, safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._jobs: dict[str, Job] = {}
        self._removed: dict[str, int] = {}
        self._ended = 0
        self._quiet_since_s = time.monotonic()
        # After a restart, revisions go on where no client has seen them yet.
        self._revision = int(time.time() * 1000)
        folder.mkdir(parents=True, exist_ok=True)
        with self._lock:
            for job in sorted(_read_jobs(folder), key=lambda job: job.created_s):
                self._jobs[job.id] = job
                self._resume(job)

    def add(self, job: Job) -> Job:
        """Put a job at the end of the queue.

        Raises:
            RequestError: Too many jobs wait.
        """
        with self._lock:
            if sum(each.state == "queued" for each in self._jobs.values()) >= MAX_WAITING:
                raise RequestError(f"{MAX_WAITING} jobs are waiting already.")
            self.folder_of(job).mkdir(parents=True)
            self._jobs[job.id] = job
            self._save(job)
            return job

    def get(self, job_id: str) -> Job | None:
        with self._lock:
            return self._jobs.get(job_id)

    def folder_of(self, job: Job) -> Path:
        return self.folder / job.id

    def list_changes(self, revision: int) -> dict[str, Any]:
        """Return the changes after a revision, as plain data."""
        with self._lock:
            return {
                "revision": self._revision,
                "jobs": [
                    self.describe(job) for job in self._jobs.values() if job.revision > revision and not job.is_attached
                ],
                "removed": [name for name, removed_at in self._removed.items() if removed_at > revision],
            }

    def describe(self, job: Job) -> dict[str, Any]:
        """Return a job as the API shows it."""
        with self._lock:
            waiting = [each.id for each in self._jobs.values() if each.state == "queued"]
            position = waiting.index(job.id) + 1 if job.state == "queued" else None
            return {**asdict(job), "position": position}

    def change(self, job: Job, **changes: Any) -> None:
        """Change fields of a job; write all but progress to disk."""
        with self._lock:
            for name, value in changes.items():
                setattr(job, name, value)
            if job.id not in self._jobs:
                return
            if set(changes) == {"progress"}:
                self._touch(job)
            else:
                # A full disk must not end what can still be done.
                with suppress(BeatmapError):
                    self._save(job)
            if "state" in changes:
                # Those behind it have moved up.
                for other in self._jobs.values():
                    if other.state == "queued":
                        self._touch(other)

    def begin_next(self, timeout_s: float, is_alone: bool = True) -> Job | None:
        """Begin the job that has waited longest.

        Args:
            is_alone: Whether no other job runs.

        Returns:
            The job, now running; None if none comes in time, or if the next one has to run alone and cannot.
        """
        with self._lock:
            found = self._first_queued()
            if found is None and timeout_s > 0:
                self._changed.wait(timeout_s)
                found = self._first_queued()
            if found is not None and found.runs_alone and not is_alone:
                return None
            if found is not None:
                self.change(found, state="running", started_s=time.time(), attempts=found.attempts + 1)
            return found

    def wake(self) -> None:
        """End the wait of `begin_next`."""
        with self._lock:
            self._changed.notify_all()

    def cancel(self, job: Job) -> None:
        """Remove a job from the queue; the supervisor ends a running one."""
        with self._lock:
            if job.state == "queued":
                self.end(job, "cancelled")
            elif job.state == "running":
                self.change(job, wants_cancel=True)

    def requeue(self, job: Job, costs_attempt: bool) -> None:
        """Put a running job back to its place; end a cancelled one."""
        if job.wants_cancel:
            self.end(job, "cancelled")
        else:
            attempts = job.attempts if costs_attempt else job.attempts - 1
            self.change(job, state="queued", started_s=None, progress=None, attempts=attempts)

    def end(self, job: Job, state: str, **changes: Any) -> None:
        with self._lock:
            self._ended += 1
            self._quiet_since_s = time.monotonic()
            self.change(job, state=state, ended_s=time.time(), progress=None, **changes)
            if job.is_left:
                self.remove(job)

    def leave(self, job: Job) -> None:
        """Cancel a job whose connection has gone, and forget it."""
        with self._lock:
            job.is_left = True
            if job.id in self._jobs and job.is_active:
                self.cancel(job)
            elif job.id in self._jobs:
                self.remove(job)

    def counts(self) -> dict[str, int]:
        """Return how many jobs wait, run, and have ended since the start."""
        with self._lock:
            states = [job.state for job in self._jobs.values()]
        return {"waiting": states.count("queued"), "running": states.count("running"), "ended": self._ended}

    def quiet_s(self) -> float:
        """Return the seconds since the last job ended.

        It is 0 while a job is unfinished.
        """
        with self._lock:
            is_busy = any(job.is_active for job in self._jobs.values())
            return 0.0 if is_busy else time.monotonic() - self._quiet_since_s

    def remove(self, job: Job) -> None:
        """Remove a job that is not running, with everything in its folder."""
        with self._lock:
            assert not job.is_active, "an unfinished job is cancelled first"
            del self._jobs[job.id]
            self._revision += 1
            self._removed[job.id] = self._revision
        shutil.rmtree(self.folder_of(job), ignore_errors=True)

    def all(self) -> list[Job]:
        with self._lock:
            return list(self._jobs.values())

    def _first_queued(self) -> Job | None:
        return next((job for job in self._jobs.values() if job.state == "queued"), None)

    def _resume(self, job: Job) -> None:
        if job.is_attached:
            self.leave(job)
            if job.is_active:
                self.end(job, "cancelled")
        elif job.state != "running":
            self._touch(job)
        elif job.attempts >= MAX_ATTEMPTS:
            self.end(job, "failed", error=INTERRUPTED)
        else:
            self.requeue(job, costs_attempt=True)

    def _touch(self, job: Job) -> None:
        self._revision += 1
        job.revision = self._revision
        self._changed.notify_all()

    def _save(self, job: Job) -> None:
        self._touch(job)
        write_text(self.folder_of(job) / RECORD_NAME, json.dumps(asdict(job), ensure_ascii=False, indent=1))


def new_id() -> str:
    """Return an id that sorts by time and cannot be guessed."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(6)}"


def _read_jobs(folder: Path) -> Iterator[Job]:
    known = {each.name for each in fields(Job)}
    for place in sorted(folder.glob(f"*/{RECORD_NAME}")):
        try:
            data = json.loads(place.read_text(encoding="utf-8"))
            job = Job(**{name: value for name, value in data.items() if name in known})
        except (OSError, ValueError, TypeError):
            continue
        if job.id == place.parent.name:
            yield job
