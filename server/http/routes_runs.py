"""Runs of `inference.py` by the server: one streamed request each.

A run ends with its connection.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import StreamingResponse

from feedback.progress import Stage
from pipeline.cli.outcomes import STATUS_SYSTEM_ERROR
from pipeline.request.options import RequestError
from server.http.dependencies import TheSite
from server.http.schemas import RunOrder
from server.processing.actions import COMMAND
from server.processing.worker import LOG_NAME
from server.site import Site
from server.storage.jobs import Job, new_id
from server.storage.orders import job_title

LOOK_SECONDS = 0.1
SIGN_OF_LIFE_SECONDS = 5.0
STOPPED = "The server was stopped before the map was finished."

router = APIRouter(prefix="/api")


@router.post("/runs", tags=["server"], summary="Run inference.py; closing the connection cancels it")
def run_command(order: RunOrder, request: Request, site: TheSite) -> StreamingResponse:
    """Run a command; stream lines of JSON.

    They are {"progress": [stage, done, total]}, and last {"status", "said", "error"} or {"stopped": why}.
    """
    if not site.settings.is_local:
        raise HTTPException(403, "inference.py is served on this computer only.")
    options = dict(order.options)
    job = Job(new_id(), "run", options, job_title("run", options), is_attached=True)
    return follow(site, job, request, partial(_outcome, site))


def follow(site: Site, job: Job, request: Request, outcome: Callable[[Job], dict[str, Any]]) -> StreamingResponse:
    """Return a streamed answer that begins a job and ends with it.

    It is lines of JSON with its progress, and last its outcome.

    Closing the connection cancels the job.
    """
    return StreamingResponse(_lines(site, job, request, outcome), media_type="application/x-ndjson")


async def _lines(
    site: Site, job: Job, request: Request, outcome: Callable[[Job], dict[str, Any]]
) -> AsyncIterator[bytes]:
    try:
        site.jobs.add(job)
        told, told_s = None, 0.0
        while job.is_active and not site.stopping.is_set():
            if await request.is_disconnected():
                return
            progress = job.progress or {"stage": Stage.QUEUED, "done": 0, "total": 1}
            now = [progress["stage"], progress["done"], progress["total"]]
            if now != told or time.monotonic() - told_s > SIGN_OF_LIFE_SECONDS:
                told, told_s = now, time.monotonic()
                yield _line({"progress": now})
            await asyncio.sleep(LOOK_SECONDS)
        yield _line(outcome(job))
    except RequestError as error:
        yield _line({"stopped": str(error)})
    finally:
        site.jobs.leave(job)


def _outcome(site: Site, job: Job) -> dict[str, Any]:
    if job.state == "done":
        return job.result or {}
    if job.state == "failed":
        with suppress(OSError):
            print((site.jobs.folder_of(job) / LOG_NAME).read_text(encoding="utf-8"), file=sys.stderr, flush=True)
        said = f"{COMMAND}: {(job.error or '').rstrip('.')}; the log of the server has details.\n"
        return {"status": STATUS_SYSTEM_ERROR, "said": "", "error": said}
    return {"stopped": STOPPED}


def _line(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode() + b"\n"
