"""A server without its page: in a thread of the test, or as a process that a test may kill."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from paths import REPO_ROOT
from server.client import NoServer, send_request
from server.launch import run_server
from server.settings import ServerSettings
from tests.support.polling import PATIENCE_S, wait_for

PROCESS = """
import json, sys
from pathlib import Path
from server.launch import run_server
from server.settings import ServerSettings
given = json.loads(sys.argv[1])
given |= {name: Path(given[name]) for name in ("folder", "session_file")}
run_server(ServerSettings(**given), "server.http.app", lambda settings, address, token: print(address, flush=True))
"""
"""Starts a server with given settings."""


def settings_of(folder: Path, **changes: object) -> ServerSettings:
    given = {"port": 0, "session_file": folder / "session" / "server.json", "actions": "tests.server.fake_actions"}
    return ServerSettings(folder=folder / "server", open_browser=False, **{**given, **changes})


@dataclass
class RunningServer:
    """A server in a thread. `path`: its session file; `until`: a file that ends the jobs that wait for it."""

    settings: ServerSettings
    address: str = ""
    ended: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path = self.settings.session_path
        self.until = self.settings.folder.parent / "until"
        self.thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self.thread.start()
        wait_for(lambda: self.address)

    def stop(self) -> None:
        self.let_go()
        if self.thread.is_alive():
            try:
                send_request("POST", "/api/stop", self.path)
            except NoServer:
                assert not self.thread.is_alive() or not self.path.exists()
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()

    def let_go(self) -> None:
        self.until.touch()

    def status(self) -> dict:
        return send_request("GET", "/api/status", self.path)

    def _run(self) -> None:
        def announce(_: ServerSettings, address: str, __: str) -> None:
            self.address = address

        self.ended.append(run_server(self.settings, "server.http.app", announce))


@contextmanager
def server_process(settings: ServerSettings) -> Iterator[subprocess.Popen]:
    """A server as a process of its own, at work as soon as this begins."""
    given = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(settings).items()}
    words = [sys.executable, "-c", PROCESS, json.dumps(given)]
    process = subprocess.Popen(words, cwd=REPO_ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline().startswith("http://")
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
