"""A hub on this machine: the few answers of the Hugging Face hub that a download needs."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import constants

COMMIT = "c" * 40
OPEN_REPO = "someone/model"
SECRET_REPO = "someone/secret"
"""Opens to the token `sesame`."""


class _Hub(BaseHTTPRequestHandler):
    """Has the same files in both repositories."""

    asked: list[str]
    files: Mapping[str, bytes]
    kind: str

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def answer(self, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        self.asked.append(f"{self.command} {path}")
        repo = SECRET_REPO if SECRET_REPO in path else OPEN_REPO
        if repo not in path or (repo == SECRET_REPO and self.headers["authorization"] != "Bearer sesame"):
            self.send(404, b"", {"X-Error-Code": "RepoNotFound"}, with_body)
        elif path.startswith(f"/api/{self.kind}/{repo}/tree/"):
            rows = [
                {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                for name, content in self.files.items()
            ]
            self.send(200, json.dumps(rows).encode(), {"Content-Type": "application/json"}, with_body)
        elif path.startswith(f"/api/{self.kind}/{repo}"):
            if path.rpartition("/revision/")[2] not in (path, "main", "v2"):
                self.send(404, b"", {"X-Error-Code": "RevisionNotFound"}, with_body)
                return
            info = {"id": repo, "sha": COMMIT, "siblings": [{"rfilename": name} for name in self.files]}
            self.send(200, json.dumps(info).encode(), {"Content-Type": "application/json"}, with_body)
        else:
            content = self.files[path.partition(f"/resolve/{COMMIT}/")[2]]
            headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{hashlib.sha1(content).hexdigest()}"'}
            self.send(200, content, headers, with_body)

    def send(self, status: int, content: bytes, headers: dict[str, str], with_body: bool) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def small_hub(
    files: Mapping[str, bytes], cache: Path, monkeypatch: pytest.MonkeyPatch, kind: str = "models"
) -> Iterator[list[str]]:
    """Starts the server with an empty cache; gives the list of what is asked for. `kind`: models or datasets."""
    handler = type("Hub", (_Hub,), {"asked": [], "files": files, "kind": kind})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"  # what HF_ENDPOINT would set, if it were not read at import
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(cache / "token"))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    try:
        yield handler.asked
    finally:
        server.shutdown()
        server.server_close()


def fetched(asked: list[str]) -> set[str]:
    """The files that were downloaded."""
    return {
        line.partition(f"/resolve/{COMMIT}/")[2] for line in asked if line.startswith("GET") and "/resolve/" in line
    }
