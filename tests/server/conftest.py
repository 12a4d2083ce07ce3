"""Servers for the tests of this folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.running_server import RunningServer, settings_of
from tests.server.sites import client_of, sent_song, settings_in


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with client_of(settings_in(tmp_path_factory.mktemp("site"))) as client:
        yield client


@pytest.fixture(scope="module")
def song(client):
    return sent_song(client)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., RunningServer]]:
    """Starts servers with settings."""
    running: list[RunningServer] = []

    def start(**changes: object) -> RunningServer:
        server = RunningServer(settings_of(tmp_path, **changes))
        running.append(server)
        server.start()
        return server

    yield start
    for server in running:
        server.stop()
