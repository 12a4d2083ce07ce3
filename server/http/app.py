"""The application: routes over a site, behind a guard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from feedback.errors import UserError
from server.http import routes, routes_jobs, routes_runs, routes_timings
from server.http.security import Guard
from server.site import Site
from server.storage.orders import find_option_name

API = (routes_jobs.router, routes_runs.router, routes_timings.router, routes.router)


def create_app(site: Site, pages: Sequence[APIRouter] = (), static: Path | None = None) -> Callable:
    """Return the ASGI application of a site.

    Its worker lives from the start of the application to its end.

    Args:
        pages: Routes besides those of the API.
        static: Folder of their files.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        site.supervisor.start()
        yield
        site.supervisor.stop()

    app = FastAPI(
        title="osu-mapper",
        description="Generates osu! beatmaps from songs, and reviews them.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.site = site
    for router in (*API, *pages):
        app.include_router(router)
    if static is not None:
        app.mount("/static", StaticFiles(directory=static), name="static")
    app.add_exception_handler(UserError, _answer_to_wrong_input)
    app.add_exception_handler(RequestValidationError, _answer_to_wrong_form)
    return Guard(app, site.settings, site.token)


async def _answer_to_wrong_input(_: Request, error: Exception) -> JSONResponse:
    """Return the sentence of a UserError."""
    return JSONResponse({"detail": str(error), "option": find_option_name(str(error))}, 422)


async def _answer_to_wrong_form(_: Request, error: Exception) -> JSONResponse:
    """Return one sentence about the first error of a body."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:]) or "the body"
    return JSONResponse({"detail": f"{place}: {first['msg']}.", "option": None}, 422)
