"""A maker of maps and servers, for the tests of this folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running_server import Maker, RunningServer

from serving.options import ServingOptions


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def started(maker: Maker, tmp_path: Path) -> Iterator[Callable[..., RunningServer]]:
    """Starts servers with options."""
    running: list[RunningServer] = []

    def start(**options: object) -> RunningServer:
        given = {"session_file": tmp_path / "session" / "server.json", **options}
        server = RunningServer(ServingOptions(**given), maker)
        running.append(server)
        server.start()
        return server

    yield start
    maker.may_end.set()
    for server in running:
        server.stop()
