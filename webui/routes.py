"""All other routes: the pages, texts, the form, checks, uploads, presets and tags."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from osu_beatmap.user_tags import user_tags
from webui.answers import Check, CheckOrder, Options, UploadAnswer
from webui.checking import check_request
from webui.form import form_of
from webui.security import cookie_name
from webui.site import Site
from webui.texts import LANGUAGES, catalogue, chosen_language
from webui.uploads import UploadError

PAGE = Path(__file__).with_name("static") / "page.html"
LANGUAGE_COOKIE = "beatmaps-language"
PAGES = ("/", "/mai-mod", "/api/docs")
COOKIE_DAYS = 365


def page_routes(site: Site) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    def page(request: Request, token: str | None = None) -> HTMLResponse:
        language = chosen_language(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", ""))
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
            age_s = COOKIE_DAYS * 24 * 3600
            answer.set_cookie(
                cookie_name(site.settings.port), site.token, max_age=age_s, httponly=True, samesite="strict"
            )
        return answer

    for path in PAGES:
        router.add_api_route(path, page, response_class=HTMLResponse)
    return router


def other_routes(site: Site) -> APIRouter:
    router = APIRouter(prefix="/api")

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
    def check(order: CheckOrder) -> Check:
        return Check(**check_request(order.kind, order.options, site.references))

    @router.get("/tags", tags=["options"], summary="Descriptors that a mode has")
    def tags(mode: Annotated[int | None, Query(ge=0, le=3)] = None) -> list[dict[str, Any]]:
        return [
            {"group": tag.group, "name": tag.name, "full_name": tag.full_name, "description": tag.description}
            for tag in user_tags()
            if mode is None or mode in tag.modes
        ]

    @router.post("/uploads", status_code=201, tags=["files"], summary="Send a file: its bytes are the body")
    async def upload(request: Request, name: Annotated[str, Query(max_length=300)] = "file") -> UploadAnswer:
        try:
            return UploadAnswer(**(await site.uploads.take(name, request.stream())).shown())
        except UploadError as error:
            raise HTTPException(error.status, str(error)) from error

    @router.get("/presets", tags=["presets"], summary="Presets by their names")
    def presets() -> dict[str, Options]:
        return site.presets.all()

    @router.put("/presets/{name}", tags=["presets"], summary="Keep options under a name")
    def put_preset(name: str, options: Options) -> dict[str, Options]:
        site.presets.put(name, options)
        return site.presets.all()

    @router.delete("/presets/{name}", status_code=204, tags=["presets"], summary="Forget a preset")
    def remove_preset(name: str) -> Response:
        if not site.presets.remove(name):
            raise HTTPException(404, "There is no such preset.")
        return Response(status_code=204)

    @router.get("/status", tags=["pages"], summary="Whether the server is well")
    def status() -> JSONResponse:
        waiting = sum(job.state == "queued" for job in site.jobs.all())
        return JSONResponse({"worker": site.supervisor.worker_pid is not None, "waiting": waiting})

    return router
