"""The HTTP server of a site (uvicorn), and its end."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from server.site import Site

STOP_TIMEOUT_S = 2


class HttpServer(uvicorn.Server):
    """HTTP server of a site; a signal or the site stops it."""

    def __init__(self, app: Callable, site: Site) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=STOP_TIMEOUT_S,
            )
        )
        self._site = site

    def serve_until_stopped(self, listening: socket.socket) -> None:
        """Serve at a socket until a signal or a request ends it.

        All signals that end a program end this as well, and the caller cleans up.
        """
        if threading.current_thread() is threading.main_thread():
            for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
                number = getattr(signal, name, None)
                # What nohup ignores stays ignored.
                if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                    # uvicorn has handlers of its own while it runs, and raises the signal again after that.
                    signal.signal(number, lambda *_: self._site.stopping.set())
        with suppress(KeyboardInterrupt):
            self.run(sockets=[listening])

    async def on_tick(self, counter: int) -> bool:
        return self._site.is_over() or await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Answers that are given bit by bit come to their end.
        self._site.stopping.set()
        await super().shutdown(sockets)
