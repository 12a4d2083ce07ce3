"""Worker process with models for several jobs at a time.

`python -m server.processing.worker MODULE MAX_JOBS` starts it.

MODULE has a table ACTIONS of what can be done, and `warm_up(max_jobs)`, which is called before the first job. The
process is started anew, never forked, and talks in lines of JSON: orders come in on standard input, events go out on
standard output. Each job has a thread; what it prints goes to the log of the job. When the input ends, the server has
gone, and so does this process, whatever it is doing.

orders   {"do": {id, kind, options, folder, parent}}   {"cancel": id}
events   {"ready": true}   {id, "begun": true}   {id, "progress": [stage, done, total]}
         {id, "end": "done", "result": {...}}   {id, "end": "failed", "error": sentence}   {id, "end": "cancelled"}
         (each with "last", true where the process should be ended after it)
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TextIO

from feedback.errors import UserError
from feedback.progress import Stage

LOG_NAME = "log.txt"
PROGRESS_EVERY_S = 0.1
OUT_OF_MEMORY = "There was not enough memory for this job."

_saying = threading.Lock()
_job = threading.local()
"""`log`: the log of the job of this thread."""


class Cancelled(Exception):
    """The job is no longer wanted."""


@dataclass(slots=True)
class Task:
    """Input of an action: options, result folder, and progress callback.

    A cancelled job also ends in a call of `progress`. `parent` is the folder of the job that this one continues.
    """

    id: str
    kind: str
    options: dict[str, Any]
    folder: Path
    parent: Path | None
    events: TextIO
    cancelled: set[str]
    started_s: float = field(default_factory=time.monotonic)
    _stage: str = ""
    _told_s: float = 0.0

    def progress(self, stage: Stage, done: int, total: int) -> None:
        if self.id in self.cancelled:
            raise Cancelled
        now_s = time.monotonic()
        if stage != self._stage:
            print(f"{now_s - self.started_s:7.1f} s  {stage}", flush=True)
        elif done < total and now_s - self._told_s < PROGRESS_EVERY_S:
            return
        self._stage, self._told_s = stage, now_s
        say(self.events, {"id": self.id, "progress": [stage, done, total]})


Action = Callable[[Task], dict]


def say(stream: TextIO, event: Mapping[str, Any]) -> None:
    with _saying:
        stream.write(json.dumps(event, ensure_ascii=False) + "\n")
        stream.flush()


def main(module: str, max_jobs: int) -> None:
    events = _claim_output()
    orders: SimpleQueue = SimpleQueue()
    cancelled: set[str] = set()
    threading.Thread(target=_read_orders, args=(sys.stdin, orders, cancelled), daemon=True).start()
    faulthandler.enable()
    sys.stdout, sys.stderr = _JobOutput(sys.stdout), _JobOutput(sys.stderr)
    table = import_module(module)
    actions: Mapping[str, Action] = table.ACTIONS
    say(events, {"ready": True})
    table.warm_up(max_jobs)
    while True:
        order = orders.get()
        folders = {"folder": Path(order["folder"]), "parent": Path(order["parent"]) if order["parent"] else None}
        task = Task(order["id"], order["kind"], order["options"], **folders, events=events, cancelled=cancelled)
        threading.Thread(target=_perform, args=(actions, task), name=f"job {task.id}", daemon=True).start()


def _perform(actions: Mapping[str, Action], task: Task) -> None:
    say(task.events, {"id": task.id, "begun": True})
    outcome = _run_action(actions, task)
    task.cancelled.discard(task.id)
    # What is left of memory once there was none is anybody's guess: the next job gets a fresh process.
    is_last = outcome.get("error") == OUT_OF_MEMORY
    say(task.events, {"id": task.id, **outcome, "last": is_last})


def _run_action(actions: Mapping[str, Action], task: Task) -> dict:
    """Run a task and return its result.

    Its output is in its folder.
    """
    try:
        with (task.folder / LOG_NAME).open("a", encoding="utf-8", errors="replace", buffering=1) as _job.log:
            try:
                return {"end": "done", "result": actions[task.kind](task)}
            except Cancelled:
                print("Cancelled.", flush=True)
                return {"end": "cancelled"}
            except BaseException as error:  # SystemExit, too, must not end this thread without a word
                return {"end": "failed", "error": _describe(error)}
    except OSError as error:
        return {"end": "failed", "error": _describe(error)}
    finally:
        _job.log = None


def _describe(error: BaseException) -> str:
    """Return an error as one sentence; the log has details of bugs."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        print(OUT_OF_MEMORY, flush=True)
        return OUT_OF_MEMORY
    if isinstance(error, UserError):
        print(error, flush=True)
        return str(error)
    traceback.print_exc()
    sys.stderr.flush()
    if isinstance(error, OSError):
        return f"{error.filename or 'A file'}: {error.strerror or error}."
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'see the log'}"


def _read_orders(source: TextIO, orders: SimpleQueue, cancelled: set[str]) -> None:
    for line in source:
        order = json.loads(line)
        if "cancel" in order:
            cancelled.add(order["cancel"])
        else:
            orders.put(order["do"])
    os._exit(0)


def _claim_output() -> TextIO:
    """Return the stream of events; redirect other output to standard error."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace", line_buffering=True)
    return events


class _JobOutput:
    """Stream that writes each job's output to its log.

    Threads without a job write to the stream itself.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(getattr(_job, "log", None) or self._stream, name)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
