"""FastAPI dependencies: the site, and the job named in the path."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from server.site import Site
from server.storage.jobs import Job


def _site(request: Request) -> Site:
    return request.app.state.site


TheSite = Annotated[Site, Depends(_site)]


def _job(job_id: str, site: TheSite) -> Job:
    job = site.jobs.get(job_id)
    if job is None:
        raise HTTPException(404, "There is no such job.")
    return job


TheJob = Annotated[Job, Depends(_job)]
"""The job of the path; where there is none, the answer is 404."""
