"""The application with its pages: the API of the server, and what the page needs besides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from server import app
from server.site import Site
from webui import routes

STATIC = Path(__file__).with_name("static")


def create_app(site: Site) -> Callable:
    """Return the ASGI application of a site with its pages."""
    return app.create_app(site, (routes.pages, routes.router), STATIC)
