"""Application with pages: the server's API, and the page's routes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from server.http import app
from server.site import Site
from webui import routes

STATIC = Path(__file__).with_name("static")


def create_app(site: Site) -> Callable:
    """Return the ASGI application of a site with its pages."""
    return app.create_app(site, (routes.pages, routes.router), STATIC)
