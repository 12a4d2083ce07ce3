"""Batches from worker processes, made ahead of the step that needs them.

Each worker makes its own windows of every batch, so none does another's work, and with a lazy supply none holds a song
that another one needs. Which worker is how fast changes nothing: what comes out is what the sampler alone would give.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import threading
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from typing import Any, Protocol

from osuT5.dataset.batches import WHOLE_BATCH, Batch, BatchPart, joined
from osuT5.dataset.errors import CorpusError

AHEAD = 2
"""Parts of batches that wait while another one is used."""

POLL_S = 5.0
"""How often a worker that keeps the training waiting is checked for being alive."""


class Sampler(Protocol):
    """What makes batches; see `ExampleSampler`."""

    skipped: int

    def batch(self, step: int, part: BatchPart = WHOLE_BATCH) -> Batch: ...


class BatchLoader:
    """Makes the parts of batches that this process trains on in `workers` processes of their own.

    make_sampler  called once in each worker; picklable, since Windows and macOS start workers from nothing
    windows       of a whole batch: there are at most as many workers as this process has windows
    parts         those of a step that will be asked for, in that order

    Use as a context manager, or close it: workers end with it, and with the process in any case.
    """

    def __init__(
        self,
        make_sampler: Callable[[], Sampler],
        windows: int,
        parts: Sequence[BatchPart] = (WHOLE_BATCH,),
        workers: int = 1,
    ) -> None:
        self.parts = list(parts)
        smallest = min(len(part.windows(windows)) for part in self.parts)
        self._count = max(1, min(workers, smallest))
        context = multiprocessing.get_context("spawn")
        self._tasks: list[Queue] = [context.Queue() for _ in range(self._count)]
        self._answers: list[Queue] = [context.Queue() for _ in range(self._count)]
        self._workers: list[BaseProcess] = [
            context.Process(target=_work, args=(make_sampler, tasks, answers), daemon=True)
            for tasks, answers in zip(self._tasks, self._answers, strict=True)
        ]
        self._skipped = [0] * self._count
        self._asked: list[tuple[int, BatchPart]] = []
        for worker in self._workers:
            worker.start()

    @property
    def skipped(self) -> int:
        """How many files could not be used so far. A file that two workers met counts twice."""
        return sum(self._skipped)

    def batch(self, step: int, part: BatchPart | None = None) -> Batch:
        """A part of a step's batch, by default the first of `parts`. Raises CorpusError as the sampler does."""
        wanted = (step, part or self.parts[0])
        if not self._asked or self._asked[0] != wanted:
            self._forget()
            self._ask(wanted)
        while len(self._asked) <= AHEAD:
            self._ask(self._after(self._asked[-1]))
        answers = [self._answer(number) for number in range(self._count)]
        self._asked.pop(0)
        return joined(answers)

    def _after(self, asked: tuple[int, BatchPart]) -> tuple[int, BatchPart]:
        """What is asked for next, if all goes in order."""
        step, part = asked
        place = self.parts.index(part) + 1 if part in self.parts else len(self.parts)
        return (step, self.parts[place]) if place < len(self.parts) else (step + 1, self.parts[0])

    def _ask(self, wanted: tuple[int, BatchPart]) -> None:
        step, part = wanted
        for tasks, share in zip(self._tasks, part.divided(self._count), strict=True):
            tasks.put((step, share))
        self._asked.append(wanted)

    def _forget(self) -> None:
        """Takes what was asked for and is not wanted any more, after a jump to another step."""
        for _ in range(len(self._asked)):
            for number in range(self._count):
                self._answer(number)
        self._asked.clear()

    def _answer(self, number: int) -> Batch:
        while True:
            try:
                answer, self._skipped[number] = self._answers[number].get(timeout=POLL_S)
                break
            except queue.Empty:
                if not self._workers[number].is_alive():
                    code = self._workers[number].exitcode
                    raise CorpusError(f"A process that loads data ended with code {code}; is memory short?") from None
        if isinstance(answer, str):
            raise CorpusError(answer)
        return answer

    def close(self) -> None:
        """Ends the workers."""
        for worker, tasks, answers in zip(self._workers, self._tasks, self._answers, strict=True):
            worker.terminate()
            worker.join()
            for each in (tasks, answers):
                each.close()
                each.cancel_join_thread()

    def __enter__(self) -> BatchLoader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def end_with_parent() -> None:
    """Ends this process when the one that started it is gone, however it ended; a queue would keep it waiting."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "only a worker has a parent"

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _work(make_sampler: Callable[[], Sampler], tasks: Queue, answers: Queue) -> None:
    """The life of a worker: one answer for each task, (batch or the sentence of an error, files skipped so far)."""
    end_with_parent()
    sampler: Sampler | None = None
    while True:
        step, part = tasks.get()
        answer: Any
        try:
            sampler = sampler or make_sampler()
            answer = sampler.batch(step, part)
        except ValueError as error:
            answer = str(error)
        answers.put((answer, sampler.skipped if sampler else 0))
