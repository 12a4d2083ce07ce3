"""Site behind the API: settings, jobs, uploads, presets, supervisor."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import Any

from server.processing.supervisor import Supervisor
from server.settings import ServerSettings, load_token
from server.storage.jobs import Job, Jobs, new_id
from server.storage.orders import command_line, job_title, prepare_options
from server.storage.presets import Presets
from server.storage.references import References
from server.storage.timings import Timings
from server.storage.uploads import Uploads


@dataclass(frozen=True, slots=True)
class Site:
    """Shared state of the routes."""

    settings: ServerSettings
    token: str
    jobs: Jobs
    uploads: Uploads
    timings: Timings
    presets: Presets
    references: References
    supervisor: Supervisor
    stopping: threading.Event
    """Set as soon as the server is to end."""

    @classmethod
    def of(cls, settings: ServerSettings) -> Site:
        """Open everything in the settings' folder without starting the worker."""
        folder = settings.folder.absolute()
        token = load_token(folder)
        jobs, uploads = Jobs(folder / "jobs"), Uploads(folder / "uploads")
        timings = Timings(folder / "timings")
        references = References(settings, uploads, jobs, timings)
        uploads.drop_old(references.used_uploads())

        def prepare(job: Job) -> dict[str, Any]:
            # What inference.py hands over has been checked there, and is again where it is done.
            return job.options if job.is_attached else prepare_options(job.kind, job.options, references)

        supervisor = Supervisor(jobs, settings.actions, folder / "worker.log", prepare, settings.max_jobs)
        return cls(settings, token, jobs, uploads, timings, Presets(folder), references, supervisor, threading.Event())

    def order(self, kind: str, options: dict[str, Any], parent: str | None) -> Job:
        """Add a checked job at the end of the queue.

        Raises RequestError and similar errors.
        """
        prepare_options(kind, options, self.references)
        title = job_title(kind, options)
        return self.jobs.add(Job(new_id(), kind, options, title, command_line(kind, options), parent))

    def status(self) -> dict[str, Any]:
        """Return the state of worker and jobs, and the server's process."""
        return {"worker": self.supervisor.worker_pid is not None, **self.jobs.counts(), "pid": os.getpid()}

    def is_over(self) -> bool:
        """Return whether the server should end.

        It was requested, or the server was idle for long.
        """
        idle_minutes = self.settings.idle_minutes
        return self.stopping.is_set() or (idle_minutes is not None and self.jobs.quiet_s() > 60 * idle_minutes)
