"""A server in this process with a worker of its own, and what tests ask of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from server.http.security import TOKEN_HEADER
from server.settings import ServerSettings
from server.site import Site
from tests.support.polling import wait_for
from webui.app import create_app

SONG = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(64)


def settings_in(folder: Path, **changes: Any) -> ServerSettings:
    return ServerSettings(folder=folder, actions="tests.server.fake_actions", **changes)


@contextmanager
def client_of(settings: ServerSettings, with_worker: bool = True) -> Iterator[TestClient]:
    """A browser that has the token. Its `site` is what the server stands on."""
    site = Site.of(settings)
    address = f"http://127.0.0.1:{settings.port}"
    client = TestClient(create_app(site), address, headers={TOKEN_HEADER: site.token}, raise_server_exceptions=False)
    client.site = site
    if not with_worker:
        yield client
        return
    with client:
        yield client


def sent_song(client: TestClient, name: str = "song.wav") -> dict[str, str]:
    """A song on the server; what stands for it in options."""
    answer = client.post("/api/uploads", params={"name": name}, content=SONG)
    assert answer.status_code == 201, answer.text
    return answer.json()["ref"]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with client_of(settings_in(tmp_path_factory.mktemp("site"))) as client:
        yield client


@pytest.fixture(scope="module")
def song(client):
    return sent_song(client)


def checked(client: TestClient, kind: str = "generate", **options: Any) -> dict[str, Any]:
    """Errors of a form."""
    return client.post("/api/check", json={"kind": kind, "options": options}).json()


def ordered(client: TestClient, song: dict[str, str], what: str = "quick", **more: Any) -> str:
    """The id of a new job of which `what` is to become."""
    order = {"kind": "generate", "options": {"audio_path": song, "title": what}, **more}
    answer = client.post("/api/jobs", json=order)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def job_when(client: TestClient, job_id: str, is_so: Callable[[dict], bool]) -> dict[str, Any]:
    """A job as soon as something is so about it."""
    return wait_for(lambda: is_so(job := client.get(f"/api/jobs/{job_id}").json()) and job)


def ended(client: TestClient, job_id: str) -> dict[str, Any]:
    return job_when(client, job_id, lambda job: job["state"] not in ("queued", "running"))


def running(client: TestClient, job_id: str) -> dict[str, Any]:
    """A job that has begun, and said so."""
    return job_when(client, job_id, lambda job: job["progress"] is not None)
