"""Load test of a server whose worker and server are killed.

    python -m benchmarks.server_load [--watchers 50] [--jobs 20] [--max-jobs 2] [--no-kills]

Starts `serve.py` in a folder of its own, orders tiny jobs (the red lines of a song of a few seconds) while watchers ask
for changes, and kills the worker and then the server. Exit status 1 if a job is lost or a watcher missed its end.
"""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import soundfile

from benchmarks.arguments import command_parser
from demo.make_song import DEMO_PATH
from paths import REPO_ROOT
from server.client import TOKEN_HEADER
from server.launch import find_session

POLL_S = 0.5
"""Interval at which a page asks for changes."""

TIMEOUT_S = 60.0
SONG_SECONDS = 8
DONE = "done"


@dataclass
class ServerUnderLoad:
    """Server in a folder that can be killed and restarted.

    It keeps its port.
    """

    folder: Path
    max_jobs: int
    port: int = 0
    process: subprocess.Popen = field(init=False)

    def start(self) -> None:
        words = [f"folder={self.folder}", f"port={self.port}", f"max_jobs={self.max_jobs}"]
        words.append(f"session_file={self.folder / 'session.json'}")
        self.process = subprocess.Popen([sys.executable, "serve.py", *words], cwd=REPO_ROOT, stdout=subprocess.DEVNULL)
        session = wait_for(lambda: find_session(self.folder))
        self.port, self._token = urlsplit(session.address).port, session.token

    def send_request(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        try:
            headers = {TOKEN_HEADER: self._token, "Content-Type": "application/json"}
            line.request(method, path, None if body is None else json.dumps(body), headers)
            answer = line.getresponse()
            if answer.status >= 400:
                raise RuntimeError(f"{method} {path}: {answer.status} {answer.read()[:200]!r}")
            return json.load(answer)
        finally:
            line.close()

    def kill_worker(self) -> None:
        for child in psutil.Process(self.process.pid).children():
            child.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(TIMEOUT_S)


@dataclass
class Watcher:
    """A page that asks again and again for what has changed."""

    server: ServerUnderLoad
    ends: threading.Event
    states: dict[str, str] = field(default_factory=dict)
    answer_s: list[float] = field(default_factory=list)
    failed: int = 0

    def watch(self) -> None:
        revision = 0
        while not self.ends.wait(POLL_S):
            began_s = time.monotonic()
            try:
                changes = self.server.send_request("GET", f"/api/jobs?after={revision}")
            except (OSError, http.client.HTTPException):
                self.failed += 1
                continue
            self.answer_s.append(time.monotonic() - began_s)
            revision = changes["revision"]
            self.states |= {job["id"]: job["state"] for job in changes["jobs"]}


def measure(server: ServerUnderLoad, watchers: int, jobs: int, kills: bool) -> bool:
    """Print what became of the jobs; return whether nothing was lost."""
    began_s = time.monotonic()
    server.start()
    ends = threading.Event()
    pages = [Watcher(server, ends) for _ in range(watchers)]
    threads = [threading.Thread(target=page.watch) for page in pages]
    for thread in threads:
        thread.start()
    samples, rate = soundfile.read(DEMO_PATH)
    soundfile.write(server.folder / "song.wav", samples[: SONG_SECONDS * rate], rate)
    options = {"audio_path": str(server.folder / "song.wav"), "output_type": ["TIMING"], "export_osz": False}
    ids = [
        server.send_request("POST", "/api/jobs", {"kind": "generate", "options": options})["id"] for _ in range(jobs)
    ]

    def states() -> Counter:
        return Counter(job["state"] for job in server.send_request("GET", "/api/jobs")["jobs"])

    if kills:
        wait_for(lambda: states()[DONE] >= jobs // 4)
        server.kill_worker()
        print(f"{time.monotonic() - began_s:6.1f} s  worker killed, {dict(states())}")
        wait_for(lambda: states()[DONE] >= jobs // 2)
        server.kill()
        print(f"{time.monotonic() - began_s:6.1f} s  server killed")
        server.start()
    wait_for(lambda: not states()["queued"] + states()["running"])
    print(f"{time.monotonic() - began_s:6.1f} s  {dict(states())}")
    time.sleep(4 * POLL_S)
    ends.set()
    for thread in threads:
        thread.join()
    known = {job["id"]: job for job in server.send_request("GET", "/api/jobs")["jobs"]}
    attempts = Counter(known[job_id]["attempts"] for job_id in ids)
    answer_s = sorted(each for page in pages for each in page.answer_s)
    late_s = statistics.quantiles(answer_s, n=100)[98]
    missed = sum(page.states.get(job_id) != DONE for page in pages for job_id in ids)
    print(f"attempts at a job: {dict(sorted(attempts.items()))}")
    print(f"{len(answer_s)} answers to watchers: median {statistics.median(answer_s):.3f} s, 99 % below {late_s:.3f} s")
    print(
        f"asked while there was no server: {sum(page.failed for page in pages)}; ends that a watcher missed: {missed}"
    )
    return missed == 0 and all(known[job_id]["state"] == DONE for job_id in ids)


def wait_for(found: Callable[[], Any], timeout_s: float = 3600.0) -> Any:
    """Return what is found as soon as it is true."""
    until_s = time.monotonic() + timeout_s
    while not (value := found()):
        if time.monotonic() > until_s:
            raise TimeoutError("It never came to that.")
        time.sleep(0.1)
    return value


def main() -> int:
    parser = command_parser(__doc__)
    parser.add_argument("--watchers", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--max-jobs", type=int, default=2)
    parser.add_argument("--no-kills", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = ServerUnderLoad(Path(folder), given.max_jobs)
        try:
            is_whole = measure(server, given.watchers, given.jobs, kills=not given.no_kills)
        finally:
            server.stop()
    print("nothing lost" if is_whole else "LOST")
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
