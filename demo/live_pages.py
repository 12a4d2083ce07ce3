"""Pages in a browser: the real server, and a headless Chromium.

The server is on a free port.
"""

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
        """Return an address that a browser may open first."""
        return f"{self.address}{path}?token={self.site.token}"


@contextmanager
def live_server(folder: Path, **changes: str | int) -> Iterator[LiveServer]:
    """Run the server as `web-ui.py` does, in a thread of this process.

    Its worker is a process of its own. `changes` are unusual settings.
    """
    from server.http.http_server import HttpServer
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
    """Return the path of a browser that Playwright can control."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def headless_browser(path: str) -> Iterator:
    """Open that browser with Playwright (`requirements-dev.txt`)."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield opened
        finally:
            opened.close()
