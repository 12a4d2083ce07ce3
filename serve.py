"""One process that makes maps for many: `python serve.py`, which `inference.py` finds by itself; `-h` lists options."""

from __future__ import annotations

if __name__ == "__main__":
    from feedback.startup import start_program

    start_program()

import asyncio
import sys

from pipeline.cli.command_line import FlatConfig, Program, run
from pipeline.request.options import RequestError
from serving.client import NoServer, ask
from serving.options import ServingOptions, resolve_serving


def serve(config: FlatConfig) -> None:
    """Serve until told to stop, or tell a server."""
    options = resolve_serving(config)
    if options.command != "serve":
        answer = ask({"do": options.command}, options.session_path)
        stopping = ", stopping" if options.command == "stop" else ""
        print(f"Server {answer['pid']}: {answer['at_work']} requests at work, {answer['made']} ended{stopping}.")
        return
    _check_alone(options)
    # Only now what takes seconds to import: wrong input is answered at once.
    from serving.server import Server
    from serving.work import make_for_guests

    asyncio.run(Server(options, make_for_guests()).run())


def _check_alone(options: ServingOptions) -> None:
    try:
        answer = ask({"do": "status"}, options.session_path)
    except NoServer:
        return
    raise RequestError(f"A server runs already, as process {answer['pid']}; python serve.py command=stop ends it.")


SERVE = Program(
    script="serve.py",
    config_name="serve",
    purpose="Makes maps for all who ask, with models that stay loaded; inference.py asks by itself.",
    example="idle_minutes=30",
    action=serve,
)

if __name__ == "__main__":
    sys.exit(run(SERVE))
