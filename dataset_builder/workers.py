"""Parallel work over processes, with results in order of tasks."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

TASKS_PER_WORKER = 4
"""So many results may wait for one that takes long; they lie on the disk."""


class WorkerDied(Exception):
    """Task that ended its worker process, in place of its result."""


def run_in_order(
    work: Callable[..., Result], tasks: Sequence[tuple[Any, ...]], workers: int
) -> Iterator[tuple[int, Result | WorkerDied]]:
    """Yield (place of the task, result) for each task, in order.

    `work` and its arguments are picklable: workers start from nothing, as they do on Windows. A task that ends its
    process, which a library below may do with a hostile file, gives WorkerDied; the others go on.
    """
    first = 0
    while first < len(tasks):
        with _pool(workers) as pool:
            for place, result in _results(pool, work, tasks, first, workers):
                if isinstance(result, WorkerDied):
                    break
                yield place, result
                first = place + 1
            else:
                continue
        # Whose fault it was shows when it is tried alone.
        yield first, _alone(work, tasks[first])
        first += 1


def _results(
    pool: ProcessPoolExecutor, work: Callable[..., Result], tasks: Sequence[tuple[Any, ...]], first: int, workers: int
) -> Iterator[tuple[int, Result | WorkerDied]]:
    waiting: deque[tuple[int, Future[Result]]] = deque()
    places = iter(range(first, len(tasks)))
    try:
        while True:
            while len(waiting) < _count(workers) * TASKS_PER_WORKER and (place := next(places, None)) is not None:
                waiting.append((place, pool.submit(work, *tasks[place])))
            if not waiting:
                return
            place, future = waiting.popleft()
            yield place, future.result()
    except BrokenProcessPool:
        yield place, WorkerDied()
    finally:
        for _, future in waiting:
            future.cancel()


def _alone(work: Callable[..., Result], task: tuple[Any, ...]) -> Result | WorkerDied:
    with _pool(1) as pool:
        try:
            return pool.submit(work, *task).result()
        except BrokenProcessPool:
            return WorkerDied()


def _pool(workers: int) -> ProcessPoolExecutor:
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(_count(workers), mp_context=spawn, initializer=end_with_parent)


def _count(workers: int) -> int:
    return workers or os.cpu_count() or 1


def end_with_parent() -> None:
    """End this process with its parent; a queue would keep it waiting."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "only a worker has a parent"

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
