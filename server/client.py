"""Client of the server: requests of `inference.py` and `serve.py`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from feedback.progress import Progress, Stage
from model_files.hub import find_folder
from pipeline.cli.outcomes import Outcome
from pipeline.request.options import GenerationRequest, RequestError
from server.session import Session, default_path, program_stamp, read_session

if TYPE_CHECKING:
    from http.client import HTTPResponse

ANSWER_SECONDS = 60.0
"""A server at work gives a sign of life far more often."""

MAX_LINE_BYTES = 1 << 20
TOKEN_HEADER = "X-Session-Token"


class NoServer(RequestError):
    """No usable server; the message is one sentence."""


def send_request(method: str, path: str, session_path: Path) -> dict[str, Any]:
    """Return the JSON of a short answer; raise NoServer."""
    with _answer(_session(session_path), method, path) as answer:
        return json.load(answer)


def generate(options: dict[str, object], session_path: Path, progress: Progress) -> Outcome:
    """Generate a map on the server of a session file; raise NoServer.

    Args:
        options: Flat options with absolute paths.
    """
    session = _session(session_path)
    if session.program != program_stamp():
        raise NoServer("The server was started with other files of the program: restart it.")
    with _answer(session, "POST", "/api/runs", {"options": options}) as answer:
        while line := answer.readline(MAX_LINE_BYTES):
            event = json.loads(line)
            if "stopped" in event:
                raise NoServer(str(event["stopped"]))
            if "status" in event:
                return Outcome(int(event["status"]), str(event["said"]), str(event["error"]))
            stage, done, total = event["progress"]
            progress(Stage(stage), done, total)
    raise NoServer("The server stopped before the map was finished.")


def generate_on_server(flat: dict[str, object], request: GenerationRequest, progress: Progress) -> Outcome | None:
    """Generate a map on a server; return None if there is none.

    Args:
        flat: The options of which `request` was made.

    Raises:
        NoServer: The request names a server that cannot be used.
    """
    wanted = request.model.server
    if wanted == "off":
        return None
    path = default_path() if wanted == "auto" else Path(wanted).expanduser()
    if wanted == "auto" and not path.exists():
        return None
    try:
        return generate(with_whole_paths(flat, request), path, progress)
    except RequestError as error:
        if wanted != "auto":
            raise
        print(f"{error} Generating the map without it.", file=sys.stderr)
        return None


def with_whole_paths(flat: dict[str, object], request: GenerationRequest) -> dict[str, object]:
    """Return the options with absolute paths."""
    song, model = request.song, request.model
    files = {"audio_path": song.audio_path, "beatmap_path": song.beatmap_path, "background": song.background}
    files["output_path"] = request.output.output_path
    sources = {"model_path": model.model_path, "lora_path": model.lora_path, "diff_ckpt": request.positions.diff_ckpt}
    # Of a model's two names the folder goes first, as where it is loaded; what is no folder is an id on the hub.
    files |= {name: find_folder(source) for name, source in sources.items() if source is not None}
    return {**flat, "server": "off"} | {name: str(path.absolute()) for name, path in files.items() if path is not None}


def _session(path: Path) -> Session:
    session = read_session(path)
    if session is None:
        raise NoServer(f"No server is running: there is no {path}.")
    if not session.is_alive():
        raise NoServer(f"No server is running: that of {path} has ended.")
    return session


@contextmanager
def _answer(session: Session, method: str, path: str, body: dict[str, object] | None = None) -> Iterator[HTTPResponse]:
    """Send a request; raise every error of the connection as NoServer.

    Leaving it hangs up.
    """
    # Most runs of inference.py have no server to ask.
    from http.client import HTTPConnection, HTTPException

    place = urlsplit(session.address)
    connection = HTTPConnection(place.hostname, place.port, timeout=ANSWER_SECONDS)
    headers = {TOKEN_HEADER: session.token, "Content-Type": "application/json"}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        if answer.status >= 400:
            raise NoServer(f"Cannot use the server: {json.load(answer)['detail']}")
        yield answer
    except NoServer:
        raise
    except (ValueError, KeyError, TypeError, HTTPException) as error:
        raise NoServer("Cannot use the server: its answer is invalid.") from error
    except OSError as error:
        raise NoServer(f"No server answers at {session.address} ({error.strerror or error}).") from error
    finally:
        connection.close()
