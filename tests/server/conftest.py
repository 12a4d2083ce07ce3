"""Servers for the tests of this folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.running_server import RunningServer, settings_of
from tests.server.sites import client, song  # noqa: F401 - fixtures


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
