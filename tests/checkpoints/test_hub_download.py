"""A download from a hub that is a small server on this machine: what is fetched, once, and what a token opens."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import constants

from checkpoints.errors import ModelError
from checkpoints.hub import local_folder

COMMIT = "c" * 40
FILES = {
    "config.json": b"{}",
    "model.safetensors": b"weights" * 10,
    "pytorch_model.bin": b"the same again",
    "optimizer.pt": b"huge",
    "README.md": b"words",
    "gamemode=1/config.json": b"{ }",
    "gamemode=3/config.json": b"{}",
}
WANTED = ("config.json", "model.safetensors", "model-*.safetensors", "gamemode=1/config.json")


class Hub(BaseHTTPRequestHandler):
    """The few answers of the hub that a download needs, for someone/model; someone/secret asks for a token."""

    asked: list[str]

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def answer(self, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        self.asked.append(f"{self.command} {path}")
        repo = "someone/secret" if "someone/secret" in path else "someone/model"
        if repo not in path or (repo == "someone/secret" and self.headers["authorization"] != "Bearer sesame"):
            self.send(404, b"", {"X-Error-Code": "RepoNotFound"}, with_body)
        elif path.startswith(f"/api/models/{repo}/tree/"):
            rows = [
                {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                for name, content in FILES.items()
            ]
            self.send(200, json.dumps(rows).encode(), {"Content-Type": "application/json"}, with_body)
        elif path.startswith(f"/api/models/{repo}"):
            if path.rpartition("/revision/")[2] not in (path, "main", "v2"):
                self.send(404, b"", {"X-Error-Code": "RevisionNotFound"}, with_body)
                return
            info = {"id": repo, "sha": COMMIT, "siblings": [{"rfilename": name} for name in FILES]}
            self.send(200, json.dumps(info).encode(), {"Content-Type": "application/json"}, with_body)
        else:
            content = FILES[path.partition(f"/resolve/{COMMIT}/")[2]]
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


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Starts the server and an empty cache; gives the list of what is asked for."""
    Hub.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"  # what HF_ENDPOINT would set, if it were not read at import
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield Hub.asked
    server.shutdown()
    server.server_close()


def fetched(asked: list[str]) -> set[str]:
    return {
        line.partition(f"/resolve/{COMMIT}/")[2] for line in asked if line.startswith("GET") and "/resolve/" in line
    }


def test_what_is_needed_is_fetched_once(hub: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = local_folder("model_path", "someone/model", WANTED, "files")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == fetched(hub) == {"config.json", "model.safetensors", "gamemode=1/config.json"}
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]

    hub.clear()
    assert local_folder("model_path", "someone/model", WANTED, "files") == folder
    assert not fetched(hub)

    hub.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert local_folder("model_path", "someone/model", WANTED, "files") == folder
    assert not hub
    with pytest.raises(ModelError, match="is not complete on this machine"):
        local_folder("model_path", "someone/model", ("gamemode=3/config.json",), "files")


def test_revisions(hub: list[str]) -> None:
    local_folder("model_path", "someone/model@v2", WANTED, "files")
    assert any(line.endswith("/revision/v2") for line in hub)
    with pytest.raises(ModelError, match="has no branch, tag or commit v3"):
        local_folder("model_path", "someone/model@v3", WANTED, "files")


def test_repositories_that_are_not_there_or_not_open(hub: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("someone/nothing", "someone/secret"):
        with pytest.raises(ModelError, match=f"There is no {name} at http.*or it is private and HF_TOKEN does not"):
            local_folder("model_path", name, WANTED, "files")
    monkeypatch.setenv("HF_TOKEN", "sesame")
    assert (local_folder("model_path", "someone/secret", WANTED, "files") / "config.json").is_file()
    assert "model.safetensors" in fetched(hub)
