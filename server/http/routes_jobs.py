"""Routes of jobs: order, watch, cancel, dismiss, and download."""

from __future__ import annotations

import json
import mimetypes
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.responses import FileResponse, JSONResponse

from pipeline.request.options import RequestError
from server.http.dependencies import TheJob, TheSite
from server.http.schemas import FileAnswer, JobAnswer, JobOrder, JobsAnswer, LogAnswer, MapAnswer
from server.http.security import REPORT_POLICY
from server.processing.actions import REVIEW_FILE
from server.processing.worker import LOG_NAME
from server.storage.jobs import Job
from server.storage.references import MAPS_FOLDER, RESULT_FOLDER

MAX_LOG_BYTES = 256 << 10


router = APIRouter(prefix="/api/jobs", tags=["jobs"])


@router.get("", summary="Jobs that have changed")
def changed_jobs(site: TheSite, after: int = 0) -> JobsAnswer:
    return JSONResponse(site.jobs.list_changes(after))  # type: ignore[return-value]


@router.post("", status_code=201, summary="Order a job")
def order_job(order: JobOrder, site: TheSite) -> JobAnswer:
    if order.parent is not None and site.jobs.get(order.parent) is None:
        raise HTTPException(404, "The job that this one continues no longer exists.")
    return JobAnswer(**site.jobs.describe(site.order(order.kind, order.options, order.parent)))


@router.get("/{job_id}", summary="One job")
def one_job(job: TheJob, site: TheSite) -> JobAnswer:
    return JobAnswer(**site.jobs.describe(job))


@router.post("/{job_id}/cancel", summary="Stop a job")
def cancel_job(job: TheJob, site: TheSite) -> JobAnswer:
    site.jobs.cancel(job)
    return JobAnswer(**site.jobs.describe(job))


@router.delete("/{job_id}", status_code=204, summary="Dismiss a job with its results")
def dismiss_job(job: TheJob, site: TheSite) -> Response:
    if job.is_active:
        raise HTTPException(409, "This job is unfinished: cancel it first.")
    site.jobs.remove(job)
    return Response(status_code=204)


@router.get("/{job_id}/log", summary="Output of a job so far")
def log_of_job(job: TheJob, site: TheSite, offset: Annotated[int, Query(ge=0)] = 0) -> LogAnswer:
    try:
        with (site.jobs.folder_of(job) / LOG_NAME).open("rb") as file:
            file.seek(offset)
            data = file.read(MAX_LOG_BYTES)
    except OSError:
        data = b""
    # The last line may be half written.
    whole = data[: data.rfind(b"\n") + 1]
    return LogAnswer(text=whole.decode("utf-8", "replace"), next=offset + len(whole))


@router.get("/{job_id}/files", summary="Files to download")
def files_of_job(job: TheJob) -> list[FileAnswer]:
    place = f"/api/jobs/{job.id}/files/"
    return [FileAnswer(**each, url=place + quote(each["name"])) for each in _result(job, "files")]


@router.get("/{job_id}/files/{name}", summary="Download a file")
def file_of_job(job: TheJob, site: TheSite, name: str, inline: bool = False) -> FileResponse:
    known = next((each["name"] for each in _result(job, "files") if each["name"] == name), None)
    if known is None:
        raise HTTPException(404, "There is no such file.")
    path = site.jobs.folder_of(job) / RESULT_FOLDER / known
    shown = "inline" if inline and path.suffix in (".html", ".png") else "attachment"
    return _file(path, filename=known, content_disposition_type=shown)


@router.get("/{job_id}/maps", summary="Difficulties of a result")
def maps_of_job(job: TheJob) -> list[MapAnswer]:
    place = f"/api/jobs/{job.id}/maps"
    return [
        MapAnswer(
            **each,
            previewUrl=f"{place}/{index}/preview",
            audioUrl=f"{place}/{index}/audio" if each["audio"] else None,
        )
        for index, each in enumerate(_result(job, "maps"))
    ]


@router.get("/{job_id}/maps/{index}/audio", summary="The song of a difficulty")
def audio_of_map(job: TheJob, site: TheSite, index: int) -> FileResponse:
    name = find_map(job, index)["audio"]
    if name is None:
        raise HTTPException(404, "The song of this map is missing.")
    return _file(site.jobs.folder_of(job) / MAPS_FOLDER / name)


@router.get("/{job_id}/review", summary="Suggestions of a review")
def review_of_job(job: TheJob, site: TheSite) -> dict[str, Any]:
    try:
        text = (site.jobs.folder_of(job) / REVIEW_FILE).read_text(encoding="utf-8")
    except OSError:
        raise HTTPException(404, "This job has no suggestions.") from None
    return {"reviews": json.loads(text)}


@router.post("/{job_id}/open-folder", status_code=204, summary="Show the results in the file manager")
def open_folder(job: TheJob, site: TheSite) -> Response:
    if not site.settings.is_local:
        raise HTTPException(403, "Folders are opened on this computer only.")
    folder = site.jobs.folder_of(job) / RESULT_FOLDER
    if not folder.is_dir():
        raise HTTPException(404, "This job has no results.")
    show_folder(folder)
    return Response(status_code=204)


def _result(job: Job, kind: str) -> list[dict[str, Any]]:
    return (job.result or {}).get(kind, [])


def find_map(job: Job, index: int) -> dict[str, Any]:
    """Return a map of a result; 404 if there is none."""
    maps = _result(job, "maps")
    if not 0 <= index < len(maps):
        raise HTTPException(404, "There is no such map.")
    return maps[index]


def _file(path: Path, **how: Any) -> FileResponse:
    """Return a file of a job that cannot act on this site."""
    if not path.is_file():
        raise HTTPException(404, "The file no longer exists.")
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {"content-security-policy": REPORT_POLICY} if kind == "text/html" else None
    return FileResponse(path, media_type=kind, headers=headers, **how)


def show_folder(folder: Path) -> None:
    """Open a folder in the file manager of this computer.

    Raises:
        RequestError: There is no file manager.
    """
    try:
        if os.name == "nt":
            os.startfile(folder)  # type: ignore[attr-defined]
        else:
            command = "open" if sys.platform == "darwin" else "xdg-open"
            quiet = subprocess.DEVNULL
            subprocess.Popen([command, str(folder)], stdout=quiet, stderr=quiet, start_new_session=True)
    except OSError as error:
        raise RequestError(f"The folder cannot be shown here; it is {folder}.") from error
