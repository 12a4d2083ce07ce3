"""The server: takes requests from processes of the same user, and tells each how far its map is.

All talking is done by one thread (asyncio), all work by others, one for each map that is being made; their rows meet in
the pool of their model (`osuT5.generation.batching.shared_pool`). Answers come when there is something to say, and as a
sign of life every few seconds.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from serving.jobs import Job, Make
from serving.options import ServingOptions
from serving.session import Session, remove_session, write_session
from serving.wire import MAX_LINE_BYTES, Message, WireError, check_proof, from_line, new_challenge, proof, to_line

HOST = "127.0.0.1"
GREETING_SECONDS = 10.0
"""Who has not shown that it knows the secret by then, and said what it wants, is sent away."""

MOST_GUESTS = 64
LOOK_SECONDS = 0.1
SIGN_OF_LIFE_SECONDS = 5.0
STOPPED = "The server was stopped before the map was made."

Say = Callable[[str], None]


class Server:
    """Serves from `run` on until it is stopped.

    make: what a request asks for; called in threads. say: takes lines for whoever watches the server
    """

    def __init__(self, options: ServingOptions, make: Make, say: Say = print) -> None:
        self.options = options
        self._make = make
        self._say = say
        self._jobs: dict[asyncio.Task, Job] = {}
        self._guests: set[asyncio.Task] = set()
        self._made = 0
        self._quiet_since = time.monotonic()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Raises RequestError where the session's file cannot be written, OSError where the port is taken."""
        with ThreadPoolExecutor(self.options.max_requests, thread_name_prefix="request") as self._threads:
            listener = await asyncio.start_server(self._guest, HOST, self.options.port, limit=MAX_LINE_BYTES)
            self._session = Session.new(listener.sockets[0].getsockname()[1])
            _when_told_to_end(self.stop)
            try:
                write_session(self._session, self.options.session_path)
                self._say(f"Serving at {HOST}:{self._session.port}; Ctrl+C or `python serve.py command=stop` ends it.")
                await self._until_stopped()
            finally:
                remove_session(self._session, self.options.session_path)
                listener.close()
                for guest in self._guests:
                    if guest in self._jobs:
                        self._jobs[guest].call_off()
                    else:
                        guest.cancel()
                await asyncio.gather(*self._guests, return_exceptions=True)
        self._say(f"Stopped after {self._made} requests.")

    def stop(self) -> None:
        """Ends `run`; requests at work are called off."""
        self._stopping.set()

    async def _until_stopped(self) -> None:
        while not self._stopping.is_set():
            quiet_seconds = 0.0 if self._jobs else time.monotonic() - self._quiet_since
            if self.options.idle_minutes is not None and quiet_seconds > 60 * self.options.idle_minutes:
                return self.stop()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), LOOK_SECONDS)
        return None

    async def _guest(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from its beginning to its end."""
        task = asyncio.current_task()
        assert task is not None
        self._guests.add(task)
        try:
            if len(self._guests) <= MOST_GUESTS:
                await self._answer(task, reader, writer)
        except WireError as error:
            with suppress(OSError):
                await _send(writer, {"error": str(error)})
        except (OSError, TimeoutError):
            pass  # it went away, or never said what it wanted
        finally:
            self._guests.discard(task)
            writer.close()

    async def _answer(self, guest: asyncio.Task, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(GREETING_SECONDS):
            await self._greet(reader, writer)
            message = await _receive(reader)
        wanted = message.get("do")
        if wanted == "generate":
            self._jobs[guest] = job = Job(_options_in(message), self._make)
            try:
                await self._serve(job, reader, writer)
            finally:
                del self._jobs[guest]
                self._made += 1
                self._quiet_since = time.monotonic()
        elif wanted in ("status", "stop"):
            await _send(writer, {"at_work": len(self._jobs), "made": self._made, "pid": os.getpid()})
            if wanted == "stop":
                self.stop()
        else:
            raise WireError("A request must say what to do: generate, status or stop.")

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        challenge = new_challenge()
        await _send(writer, {"challenge": challenge})
        answer = await _receive(reader)
        check_proof(self._session.secret, "client", challenge, answer.get("proof"))
        await _send(writer, {"proof": proof(self._session.secret, "server", answer.get("challenge"))})

    async def _serve(self, job: Job, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        work = asyncio.get_running_loop().run_in_executor(self._threads, job.run)
        hung_up = asyncio.ensure_future(reader.read(1))
        try:
            if self._stopping.is_set():
                job.call_off()
            await self._tell(job, work, hung_up, writer)
        finally:
            job.call_off()
            hung_up.cancel()
            outcome = await work
            ended = "called off" if outcome is None else f"status {outcome.status}"
            self._say(f"A request ended: {ended} after {job.seconds:.1f} s.")

    async def _tell(
        self, job: Job, work: asyncio.Future, hung_up: asyncio.Future, writer: asyncio.StreamWriter
    ) -> None:
        """Until the job has ended and its guest knows how, or the guest has gone."""
        told, told_at = None, 0.0
        while not work.done():
            await asyncio.wait({work, hung_up}, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if hung_up.done():
                return
            if job.told != told or time.monotonic() - told_at > SIGN_OF_LIFE_SECONDS:
                told, told_at = job.told, time.monotonic()
                await _send(writer, {"progress": list(told)})
        outcome = work.result()
        if outcome is None:
            raise WireError(STOPPED)
        await _send(writer, {"status": outcome.status, "said": outcome.said, "error": outcome.error})


async def _send(writer: asyncio.StreamWriter, message: Message) -> None:
    """Raises OSError where the other side has gone, TimeoutError where it does not listen."""
    writer.write(to_line(message))
    async with asyncio.timeout(GREETING_SECONDS):
        await writer.drain()


async def _receive(reader: asyncio.StreamReader) -> Message:
    try:
        line = await reader.readline()
    except ValueError:  # a line beyond the reader's limit
        line = b""
    return from_line(line)


def _options_in(message: Message) -> dict[str, object]:
    """Flat options as a command line has them: text, numbers, yes or no, nothing, or lists of these."""
    options = message.get("options")
    if not isinstance(options, dict) or not all(_is_plain(value) for value in options.values()):
        raise WireError("The options of a request must be an object of texts, numbers and lists of them.")
    return options


def _is_plain(value: object) -> bool:
    values = value if isinstance(value, list) else [value]
    return all(each is None or isinstance(each, str | int | float) for each in values)


def _when_told_to_end(stop: Callable[[], None]) -> None:
    """Ctrl+C, the end of the session, and what Windows has in place of a signal for it."""
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is None or threading.current_thread() is not threading.main_thread():
            continue
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
