"""Routes of the page: texts, form, checks, tags, and previews.

A preview is a map as the player draws it.
"""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse

from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.user_tags import user_tags
from server.http.dependencies import TheJob, TheSite
from server.http.routes_jobs import find_map
from server.http.schemas import Check, CheckOrder
from server.http.security import cookie_name
from server.storage.references import MAPS_FOLDER
from webui.form import form_of
from webui.preview_data import preview_of
from webui.texts import LANGUAGES, catalogue, choose_language
from webui.validation import check_request

PAGE = Path(__file__).with_name("static") / "page.html"
LANGUAGE_COOKIE = "beatmaps-language"
PAGES = ("/", "/mai-mod", "/api/docs")
COOKIE_AGE_S = 365 * 24 * 3600


pages = APIRouter(include_in_schema=False)
router = APIRouter(prefix="/api")


def page(request: Request, site: TheSite, token: str | None = None) -> HTMLResponse:
    """Return the frame of every page; its address selects the page."""
    wanted, accepted = request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", "")
    language = choose_language(wanted, accepted)
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


@router.post("/check", tags=["options"], summary="Errors of a form")
def check(order: CheckOrder, site: TheSite) -> Check:
    return Check(**check_request(order.kind, order.options, site.references))


@router.get("/tags", tags=["options"], summary="Descriptors of a mode")
def tags(mode: Annotated[int | None, Query(ge=0, le=3)] = None) -> list[dict[str, Any]]:
    return [
        {"group": tag.group, "name": tag.name, "full_name": tag.full_name, "description": tag.description}
        for tag in user_tags()
        if mode is None or mode in tag.modes
    ]


@router.get("/jobs/{job_id}/maps/{index}/preview", tags=["jobs"], summary="A difficulty as the player draws it")
def preview_of_map(job: TheJob, site: TheSite, index: int) -> JSONResponse:
    beatmap = read_beatmap(site.jobs.folder_of(job) / MAPS_FOLDER / find_map(job, index)["name"])
    return JSONResponse(preview_of(beatmap))
