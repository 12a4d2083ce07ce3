"""A server in a thread of the test, and a maker of maps that the test holds in its hands."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.request.options import RequestError
from serving.jobs import Make
from serving.options import ServingOptions
from serving.server import Server
from tests.support.polling import PATIENCE_S, wait_for


@dataclass
class Maker:
    """Makes nothing, but as slowly as the test wants; `at_work` are the titles of maps that are being made."""

    at_work: list[str] = field(default_factory=list)
    most: int = 0
    may_end: threading.Event = field(default_factory=threading.Event)

    def __call__(self, options: dict[str, object], progress: Callable[[str, int, int], None]) -> str:
        title = str(options.get("title"))
        if title == "refused":
            raise RequestError("title must be another one.")
        if title == "broken":
            raise AssertionError("a mistake")
        self.at_work.append(title)
        self.most = max(self.most, len(self.at_work))
        try:
            for window in range(3_000):
                progress("map", window, 3_000)
                if self.may_end.wait(0.01):
                    break
            return f"Map: {title}"
        finally:
            self.at_work.remove(title)


class RunningServer:
    """said: what it told whoever watches it"""

    def __init__(self, options: ServingOptions, maker: Make) -> None:
        self.maker = maker
        self.path = options.session_path
        self.said: list[str] = []
        self.server: Server | None = None
        self._options = options
        self.thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self.thread.start()
        wait_for(lambda: self.said)

    def stop(self) -> None:
        if self.thread.is_alive():
            self._loop.call_soon_threadsafe(self.server.stop)
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self.server = Server(self._options, self.maker, self.said.append)
            await self.server.run()

        asyncio.run(serve())
