"""Start of the server with its page in a browser."""

from __future__ import annotations

import contextlib
import threading
import webbrowser

from pipeline.cli.command_line import FlatConfig
from server.launch import find_session, run_server
from server.settings import ServerSettings, resolve_settings


def serve(config: FlatConfig, page: str = "/") -> None:
    """Serve until stopped; `page`: what is shown first.

    Where a server is at work in this folder already, its page is shown instead.
    """
    settings = resolve_settings(config)
    running = find_session(settings.folder)
    if running is not None:
        print("The server of the page is already running.")
        _show(settings, f"{running.address}{page}?token={running.token}")
        return

    def announce(settings: ServerSettings, address: str, token: str) -> None:
        _show(settings, f"{address}{page}?token={token}")
        print("Stop with Ctrl+C.", flush=True)

    run_server(settings, "webui.app", announce)


def _show(settings: ServerSettings, address: str) -> None:
    """Print the page's address, and open it if there is a browser."""
    print(f"The page is at {address}", flush=True)
    if settings.open_browser and settings.is_local:
        # The browser may be faster than the server, whose socket keeps it waiting.
        threading.Thread(target=_open, args=(address,), daemon=True).start()


def _open(address: str) -> None:
    with contextlib.suppress(webbrowser.Error, OSError):
        webbrowser.open(address)
