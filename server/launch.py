"""Start of the server, with or without its page.

Its files let others find it.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from pipeline.request.options import RequestError
from server.session import Session, remove_session, running_session, write_session
from server.settings import ServerSettings

SERVER_FILE = "server.json"
BACKLOG = 128


def run_server(settings: ServerSettings, app: str, announce: Callable[[ServerSettings, str, str], None]) -> int:
    """Serve until stopped.

    Args:
        app: Module with `create_app`; imported here, since that takes a while.
        announce: Called with the settings, the address and the token as soon as the socket listens.

    Returns:
        How many jobs have ended.

    Raises:
        RequestError: The port is taken, or a package is missing.
    """
    try:
        from server.http.http_server import HttpServer
        from server.site import Site

        create_app = import_module(app).create_app
    except ImportError as error:
        raise RequestError(f"{error.name} is missing: python -m pip install -r requirements.txt.") from error
    with _open_socket(settings) as listening:
        settings = replace(settings, port=listening.getsockname()[1], folder=settings.folder.absolute())
        site = Site.of(settings)
        address = shown_address(settings)
        with _session_files(settings, Session.new(address, site.token)):
            announce(settings, address, site.token)
            HttpServer(create_app(site), site).serve_until_stopped(listening)
        return site.jobs.counts()["ended"]


def find_session(folder: Path) -> Session | None:
    """Return the session of the server in a folder, or None."""
    return running_session(folder.absolute() / SERVER_FILE)


def _open_socket(settings: ServerSettings) -> socket.socket:
    """Return a socket at the settings' address, before anything else."""
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


@contextlib.contextmanager
def _session_files(settings: ServerSettings, session: Session) -> Iterator[None]:
    """Write the session files while the server runs.

    inference.py finds only a server that is reachable from this computer alone.
    """
    paths = [settings.folder / SERVER_FILE]
    if settings.is_local and running_session(settings.session_path) is None:
        paths.append(settings.session_path)
    try:
        for path in paths:
            write_session(session, path)
        yield
    finally:
        for path in paths:
            remove_session(session, path)


def shown_address(settings: ServerSettings) -> str:
    """Return the address to type into a browser, without the token."""
    own = f"[{settings.host}]" if ":" in settings.host else settings.host
    if not settings.is_local:
        own = settings.hosts[0].rpartition(":")[0] or settings.hosts[0]
    return f"http://{own}:{settings.port}"
