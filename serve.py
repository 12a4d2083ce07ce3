"""Server without its page: `python serve.py`.

`inference.py` finds it automatically; `-h` lists options.
"""

from __future__ import annotations

if __name__ == "__main__":
    from feedback.startup import start_program

    start_program()

import sys

from pipeline.cli.command_line import FlatConfig, Program, run
from pipeline.request.options import RequestError
from server.client import send_request
from server.launch import find_session, run_server
from server.session import running_session
from server.settings import ServerSettings, resolve_serving


def serve(config: FlatConfig) -> None:
    """Serve until told to stop, or tell a server."""
    command, settings = resolve_serving(config)
    if command != "serve":
        method, path = ("POST", "/api/stop") if command == "stop" else ("GET", "/api/status")
        answer = send_request(method, path, settings.session_path)
        stopping = ", stopping" if command == "stop" else ""
        at_work = answer["waiting"] + answer["running"]
        print(f"Server {answer['pid']}: {at_work} jobs at work, {answer['ended']} ended{stopping}.")
        return
    running = running_session(settings.session_path) or find_session(settings.folder)
    if running is not None:
        raise RequestError(
            f"A server is already running as process {running.pid}; python serve.py command=stop stops it."
        )
    ended = run_server(settings, "server.http.app", _announce)
    print(f"Stopped after {ended} jobs.")


def _announce(settings: ServerSettings, address: str, token: str) -> None:
    print(f"Serving at {address}; Ctrl+C or `python serve.py command=stop` stops it.", flush=True)


SERVE = Program(
    script="serve.py",
    config_name="serve",
    purpose="Generates maps with models that stay loaded; inference.py uses it automatically.",
    example="idle_minutes=30",
    action=serve,
)

if __name__ == "__main__":
    sys.exit(run(SERVE))
