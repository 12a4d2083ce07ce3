"""Everything behind the pages, brought together: settings, jobs, uploads, presets, and who does the jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from webui.jobs import Job, Jobs, new_id
from webui.presets import Presets
from webui.references import References
from webui.settings import WebSettings, kept_token
from webui.supervisor import Supervisor
from webui.uploads import Uploads
from webui.validation import command_line, job_title, prepared_options


@dataclass(frozen=True, slots=True)
class Site:
    """What routes stand on."""

    settings: WebSettings
    token: str
    jobs: Jobs
    uploads: Uploads
    presets: Presets
    references: References
    supervisor: Supervisor

    @classmethod
    def of(cls, settings: WebSettings) -> Site:
        """Everything that the settings' folder holds; the worker is not started yet."""
        folder = settings.folder.absolute()
        token = kept_token(folder)
        jobs, uploads = Jobs(folder / "jobs"), Uploads(folder / "uploads")
        references = References(settings, uploads, jobs)
        uploads.drop_old(references.used_uploads())

        def prepare(job: Job) -> dict[str, Any]:
            return prepared_options(job.kind, job.options, references)

        supervisor = Supervisor(jobs, settings.actions, folder / "worker.log", prepare)
        return cls(settings, token, jobs, uploads, Presets(folder), references, supervisor)

    def order(self, kind: str, options: dict[str, Any], parent: str | None) -> Job:
        """A new job, checked, at the end of the queue. Raises RequestError and its like."""
        prepared_options(kind, options, self.references)
        title = job_title(kind, options)
        return self.jobs.add(Job(new_id(), kind, options, title, command_line(kind, options), parent))
