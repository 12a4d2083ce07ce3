"""All other routes: the pages, texts, the form, checks, uploads, presets and tags."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from string import Template
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from osu_beatmap.user_tags import user_tags
from paths import DEMO_SONG
from webui.dependencies import TheSite
from webui.form import form_of
from webui.schemas import Check, CheckOrder, Options, UploadAnswer
from webui.security import cookie_name
from webui.texts import LANGUAGES, catalogue, chosen_language
from webui.uploads import UploadError
from webui.validation import check_request

PAGE = Path(__file__).with_name("static") / "page.html"
LANGUAGE_COOKIE = "beatmaps-language"
PAGES = ("/", "/mai-mod", "/api/docs")
COOKIE_AGE_S = 365 * 24 * 3600
MAX_NAME_CHARS = 300
DEMO_NAME = "demo song.ogg"


pages = APIRouter(include_in_schema=False)
router = APIRouter(prefix="/api")


def page(request: Request, site: TheSite, token: str | None = None) -> HTMLResponse:
    """The frame of every page; which one it is, the address says."""
    wanted, accepted = request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", "")
    language = chosen_language(wanted, accepted)
    values = {
        "language": language,
        "title": catalogue(language)["shell.title"],
        "description": catalogue(language)["shell.needs_javascript"],
        "token": site.token,
        "local": "true" if site.settings.is_local else "false",
    }
    answer = HTMLResponse(Template(PAGE.read_text(encoding="utf-8")).substitute(values))
    if token:
        # A wrong token never comes this far.
        name = cookie_name(site.settings.port)
        answer.set_cookie(name, site.token, max_age=COOKIE_AGE_S, httponly=True, samesite="strict")
    return answer


for path in PAGES:
    pages.add_api_route(path, page, response_class=HTMLResponse)


@router.get("/texts/{language}", tags=["pages"], summary="All text of the pages")
def texts(language: str) -> dict[str, str]:
    if language not in LANGUAGES:
        raise HTTPException(404, "There is no such language.")
    return catalogue(language)


@router.get("/languages", tags=["pages"], summary="Languages by their codes")
def languages() -> dict[str, str]:
    return LANGUAGES


@router.get("/form", tags=["options"], summary="All options of a program")
def form(program: Literal["generate", "review"] = "generate") -> list[dict[str, Any]]:
    return form_of(program)


@router.post("/check", tags=["options"], summary="What is wrong with a form")
def check(order: CheckOrder, site: TheSite) -> Check:
    return Check(**check_request(order.kind, order.options, site.references))


@router.get("/tags", tags=["options"], summary="Descriptors that a mode has")
def tags(mode: Annotated[int | None, Query(ge=0, le=3)] = None) -> list[dict[str, Any]]:
    return [
        {"group": tag.group, "name": tag.name, "full_name": tag.full_name, "description": tag.description}
        for tag in user_tags()
        if mode is None or mode in tag.modes
    ]


@router.post("/uploads", status_code=201, tags=["files"], summary="Send a file: its bytes are the body")
async def upload(
    request: Request, site: TheSite, name: Annotated[str, Query(max_length=MAX_NAME_CHARS)] = "file"
) -> UploadAnswer:
    try:
        return UploadAnswer(**(await site.uploads.take(name, request.stream())).shown())
    except UploadError as error:
        raise HTTPException(error.status, str(error)) from error


@router.post("/uploads/demo", status_code=201, tags=["files"], summary="Take the demo song as a file that was sent")
async def upload_demo(site: TheSite) -> UploadAnswer:
    async def chunks() -> AsyncIterator[bytes]:
        yield DEMO_SONG.read_bytes()

    try:
        return UploadAnswer(**(await site.uploads.take(DEMO_NAME, chunks())).shown())
    except (UploadError, OSError) as error:
        raise HTTPException(getattr(error, "status", 404), str(error)) from error


@router.get("/presets", tags=["presets"], summary="Presets by their names")
def presets(site: TheSite) -> dict[str, Options]:
    return site.presets.all()


@router.put("/presets/{name}", tags=["presets"], summary="Keep options under a name")
def put_preset(name: str, options: Options, site: TheSite) -> dict[str, Options]:
    site.presets.put(name, options)
    return site.presets.all()


@router.delete("/presets/{name}", status_code=204, tags=["presets"], summary="Forget a preset")
def remove_preset(name: str, site: TheSite) -> Response:
    if not site.presets.remove(name):
        raise HTTPException(404, "There is no such preset.")
    return Response(status_code=204)


@router.get("/status", tags=["pages"], summary="Whether the server is well")
def status(site: TheSite) -> JSONResponse:
    waiting = sum(job.state == "queued" for job in site.jobs.all())
    return JSONResponse({"worker": site.supervisor.worker_pid is not None, "waiting": waiting})
