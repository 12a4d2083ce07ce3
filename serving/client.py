"""Client of the server: connection, authentication, requests."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feedback.progress import Progress, Stage
from model_files.hub import existing_folder
from pipeline.cli.outcomes import Outcome
from pipeline.request.options import GenerationRequest, RequestError
from serving.session import Session, default_path, program_stamp, read_session
from serving.wire import MAX_LINE_BYTES, Message, WireError, check_proof, from_line, new_challenge, proof, to_line

ANSWER_SECONDS = 60.0
"""A server that is at work gives a sign of life far more often."""

CONNECT_SECONDS = 5.0


class NoServer(RequestError):
    """No usable server; the message is one sentence."""


class Connection:
    """A line to a server that knows the session's secret."""

    def __init__(self, line: socket.socket, session: Session) -> None:
        self._socket = line
        self._lines = line.makefile("rb")
        challenge = new_challenge()
        asked = self.receive().get("challenge")
        self.send({"proof": proof(session.secret, "client", asked), "challenge": challenge})
        check_proof(session.secret, "server", challenge, self.receive().get("proof"))

    def send(self, message: Message) -> None:
        self._socket.sendall(to_line(message))

    def receive(self) -> Message:
        """Receive a message; raise WireError for an invalid one or a refusal."""
        line = self._lines.readline(MAX_LINE_BYTES)
        if not line:
            raise WireError("It hung up.")
        message = from_line(line)
        if message.keys() == {"error"}:
            raise WireError(str(message["error"]))
        return message


def ask(message: Message, path: Path) -> Message:
    """Return the server's answer to a short message; raise NoServer."""
    with _connected(_session(path)) as connection:
        connection.send(message)
        return connection.receive()


def generate(options: dict[str, object], path: Path, progress: Progress) -> Outcome:
    """Generate a map on the server of a session file; raise NoServer.

    options: flat, with whole paths
    """
    session = _session(path)
    if session.program != program_stamp():
        raise NoServer("The server runs on other files than this program does now; start it again.")
    with _connected(session) as connection:
        connection.send({"do": "generate", "options": options})
        while True:
            answer = connection.receive()
            if "status" in answer:
                return Outcome(int(str(answer["status"])), str(answer["said"]), str(answer["error"]))
            stage, done, total = answer["progress"]
            progress(Stage(stage), done, total)


def made_by_server(flat: dict[str, object], request: GenerationRequest, progress: Progress) -> Outcome | None:
    """Generate a map on a server; return None if there is none.

    flat: the options that `request` was made of. Raises NoServer where the request names a server that cannot be asked.
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
        print(f"{error} Going on without it.", file=sys.stderr)
        return None


def with_whole_paths(flat: dict[str, object], request: GenerationRequest) -> dict[str, object]:
    """Return the options with absolute paths."""
    song, model = request.song, request.model
    files = {"audio_path": song.audio_path, "beatmap_path": song.beatmap_path, "background": song.background}
    files["output_path"] = request.output.output_path
    sources = {"model_path": model.model_path, "lora_path": model.lora_path, "diff_ckpt": request.positions.diff_ckpt}
    # Of a model's two names the folder goes first, as where it is loaded; what is no folder is an id on the hub.
    files |= {name: existing_folder(source) for name, source in sources.items() if source is not None}
    return {**flat, "server": "off"} | {name: str(path.absolute()) for name, path in files.items() if path is not None}


def _session(path: Path) -> Session:
    session = read_session(path)
    if session is None:
        raise NoServer(f"No server runs: there is no {path}.")
    return session


@contextmanager
def _connected(session: Session) -> Iterator[Connection]:
    """Connect; raise every connection error as NoServer."""
    try:
        with socket.create_connection(("127.0.0.1", session.port), CONNECT_SECONDS) as line:
            line.settimeout(ANSWER_SECONDS)
            yield Connection(line, session)
    except (WireError, KeyError, TypeError) as error:
        said = str(error) if isinstance(error, WireError) else "It gave an answer that makes no sense."
        raise NoServer(f"The server cannot be used: {said}") from error
    except OSError as error:
        raise NoServer(f"No server answers at port {session.port} ({error.strerror or error}).") from error
