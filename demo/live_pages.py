"""The pages as a browser shows them: the real server on a free port, and Chromium without a window in front of it."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.settings import ServerSettings
from server.site import Site

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")


@dataclass(frozen=True, slots=True)
class LiveServer:
    site: Site
    address: str

    def page(self, path: str = "/") -> str:
        """An address that a browser may open first."""
        return f"{self.address}{path}?token={self.site.token}"


@contextmanager
def live_server(folder: Path, **changes: str | int) -> Iterator[LiveServer]:
    """The server as `web-ui.py` starts it, in a thread of this process; its worker is a process of its own.

    changes: settings that are not the usual ones
    """
    from server.http_server import HttpServer
    from webui.app import create_app

    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        settings = ServerSettings(folder=folder, port=listening.getsockname()[1], open_browser=False, **changes)
        site = Site.of(settings)
        server = HttpServer(create_app(site), site)
        thread = threading.Thread(target=server.serve_until_stopped, args=(listening,))
        thread.start()
        try:
            yield LiveServer(site, f"http://127.0.0.1:{settings.port}")
        finally:
            site.stopping.set()
            thread.join()


def browser_path() -> str | None:
    """Where a browser is that Playwright can drive."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def headless_browser(path: str) -> Iterator:
    """That browser, driven by Playwright (`requirements-dev.txt`)."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield opened
        finally:
            opened.close()
