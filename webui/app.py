"""The application: routes over a site, behind a guard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from feedback.errors import UserError
from webui import routes, routes_jobs
from webui.security import Guard
from webui.site import Site
from webui.validation import named_option

STATIC = Path(__file__).with_name("static")


def create_app(site: Site) -> Callable:
    """The ASGI application of a site. Its worker lives from the start of the application to its end."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        site.supervisor.start()
        yield
        site.supervisor.stop()

    app = FastAPI(
        title="osu-mapper",
        description="Makes osu! beatmaps from songs, and reviews them.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.site = site
    for router in (routes.pages, routes_jobs.router, routes.router):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(UserError, _answer_to_wrong_input)
    app.add_exception_handler(RequestValidationError, _answer_to_wrong_form)
    return Guard(app, site.settings, site.token)


async def _answer_to_wrong_input(_: Request, error: Exception) -> JSONResponse:
    """Return the sentence of a UserError."""
    return JSONResponse({"detail": str(error), "option": named_option(str(error))}, 422)


async def _answer_to_wrong_form(_: Request, error: Exception) -> JSONResponse:
    """One sentence about the first thing in a body that is not as the API has it."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:]) or "the body"
    return JSONResponse({"detail": f"{place}: {first['msg']}.", "option": None}, 422)
