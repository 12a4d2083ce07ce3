"""Starting the server, and showing its page in the browser that there is."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import webbrowser
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipeline.cli.command_line import FlatConfig
from pipeline.request.options import RequestError
from webui.settings import WebSettings, kept_token, resolve_settings

SERVER_FILE = "server.json"
BACKLOG = 128
STOP_TIMEOUT_S = 2


def serve(config: FlatConfig, page: str = "/") -> None:
    """Serves until it is stopped; `page`: what is shown first.

    Where a server is at work in this folder already, its page is shown instead.
    """
    settings = resolve_settings(config)
    settings = replace(settings, folder=settings.folder.absolute())
    running = _running_address(settings.folder)
    if running is not None:
        print("The page is there already.")
        _show(settings, f"{running}{page}?token={kept_token(settings.folder)}")
        return
    try:
        import uvicorn

        from webui.app import create_app
        from webui.site import Site
    except ImportError as error:
        raise RequestError(f"{error.name} is missing: python -m pip install -r requirements.txt.") from error
    with _listening(settings) as listening:
        settings = replace(settings, port=listening.getsockname()[1])
        site = Site.of(settings)
        address = shown_address(settings)
        options = uvicorn.Config(
            create_app(site),
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_TIMEOUT_S,
        )
        with _told_where(settings.folder, address), contextlib.suppress(KeyboardInterrupt):
            _show(settings, f"{address}{page}?token={site.token}")
            print("Stop with Ctrl+C.", flush=True)
            uvicorn.Server(options).run(sockets=[listening])


def _listening(settings: WebSettings) -> socket.socket:
    """A socket at the address of the settings, taken before anything else is done."""
    host = settings.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, settings.port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise RequestError(
            f"port={settings.port} at host={settings.host} cannot be used ({error.strerror or error}); "
            "if the page is open already, use that one, else give another port."
        ) from error
    return listening


def _running_address(folder: Path) -> str | None:
    """Where the server is that works in a folder; None where none does."""
    import psutil

    try:
        told = json.loads((folder / SERVER_FILE).read_text(encoding="utf-8"))
        lives = abs(psutil.Process(told["pid"]).create_time() - told["created_s"]) < 1
        return told["address"] if lives else None
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None


@contextlib.contextmanager
def _told_where(folder: Path, address: str) -> Iterator[None]:
    """Lets others find this server while it runs."""
    import psutil

    own = psutil.Process()
    told = {"pid": own.pid, "created_s": own.create_time(), "address": address}
    (folder / SERVER_FILE).write_text(json.dumps(told), encoding="utf-8")
    try:
        yield
    finally:
        (folder / SERVER_FILE).unlink(missing_ok=True)


def shown_address(settings: WebSettings) -> str:
    """What to type into a browser, without the token."""
    own = f"[{settings.host}]" if ":" in settings.host else settings.host
    if not settings.is_local:
        own = settings.hosts[0].rpartition(":")[0] or settings.hosts[0]
    return f"http://{own}:{settings.port}"


def _show(settings: WebSettings, address: str) -> None:
    """Says where the page is, and opens it where there is a browser."""
    print(f"The page is at {address}", flush=True)
    if settings.open_browser and settings.is_local:
        # The browser may be faster than the server, whose socket keeps it waiting.
        threading.Thread(target=_open, args=(address,), daemon=True).start()


def _open(address: str) -> None:
    with contextlib.suppress(webbrowser.Error, OSError):
        webbrowser.open(address)
