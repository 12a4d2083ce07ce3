"""Routes besides those of jobs: uploads, presets, and the server itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response

from paths import DEMO_SONG
from server.http.dependencies import TheSite
from server.http.schemas import Options, UploadAnswer
from server.storage.uploads import UploadError

MAX_NAME_CHARS = 300
DEMO_NAME = "demo song.ogg"

router = APIRouter(prefix="/api")


@router.post("/uploads", status_code=201, tags=["files"], summary="Upload a file: its bytes are the body")
async def upload(
    request: Request, site: TheSite, name: Annotated[str, Query(max_length=MAX_NAME_CHARS)] = "file"
) -> UploadAnswer:
    try:
        return UploadAnswer(**(await site.uploads.take(name, request.stream())).describe())
    except UploadError as error:
        raise HTTPException(error.status, str(error)) from error


@router.post("/uploads/demo", status_code=201, tags=["files"], summary="Use the demo song as an uploaded file")
async def upload_demo(site: TheSite) -> UploadAnswer:
    async def chunks() -> AsyncIterator[bytes]:
        yield DEMO_SONG.read_bytes()

    try:
        return UploadAnswer(**(await site.uploads.take(DEMO_NAME, chunks())).describe())
    except (UploadError, OSError) as error:
        raise HTTPException(getattr(error, "status", 404), str(error)) from error


@router.get("/presets", tags=["presets"], summary="Presets by their names")
def presets(site: TheSite) -> dict[str, Options]:
    return site.presets.all()


@router.put("/presets/{name}", tags=["presets"], summary="Save options under a name")
def put_preset(name: str, options: Options, site: TheSite) -> dict[str, Options]:
    site.presets.put(name, options)
    return site.presets.all()


@router.delete("/presets/{name}", status_code=204, tags=["presets"], summary="Forget a preset")
def remove_preset(name: str, site: TheSite) -> Response:
    if not site.presets.remove(name):
        raise HTTPException(404, "There is no such preset.")
    return Response(status_code=204)


@router.get("/status", tags=["server"], summary="Health of the server")
def status(site: TheSite) -> dict[str, Any]:
    return site.status()


@router.post("/stop", tags=["server"], summary="Stop the server and cancel its jobs")
def stop(site: TheSite) -> dict[str, Any]:
    if not site.settings.is_local:
        raise HTTPException(403, "The server is stopped on this computer only.")
    answer = site.status()
    site.stopping.set()
    return answer
