"""Rows of several songs by the same steps: whoever needs rows waits, and one thread for each model writes those of all.

Rows that come while others are written join them at the next token, and those of somebody who stops waiting leave at
the next one. Nobody's mistake is another's, and since a row scores the same in any company, its tokens depend on its
own song and seed alone.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from torch import Tensor

from osuT5.generation.batching.row_pool import PendingRow, RowPool, Writer
from osuT5.generation.decode_loop import DecodeLoop
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.threads import cpu_threads
from osuT5.model.decoding.row_decoder import ALIKE_FROM_ROWS
from osuT5.tokens.vocabulary import EOS_ID

Answer = TypeVar("Answer")

WATCH_SECONDS = 0.1
"""So often somebody who waits looks around."""

Watch = Callable[[], None]
"""Called again and again in the thread that waits; what it raises ends the waiting."""


class _Order:
    """Writers that somebody waits for."""

    def __init__(self, writers: Sequence[Writer]) -> None:
        self.writers = [_Guarded(writer, self) for writer in writers]
        self.is_left = False
        self.error: Exception | None = None
        self.ended = threading.Event()

    @property
    def is_over(self) -> bool:
        return self.is_left or self.error is not None or all(writer.is_done for writer in self.writers)


class _Guarded:
    """A writer whose errors end its own order and no other."""

    def __init__(self, writer: Writer, order: _Order) -> None:
        self.guidance = writer.guidance
        self.choice = writer.choice
        self._writer = writer
        self._order = order

    @property
    def is_done(self) -> bool:
        return self._writer.is_done

    def ask(self) -> PendingRow | None:
        return self._or_fail(None, self._writer.ask)

    def choose(self, scores: Tensor, rows: Sequence[DecodeRow]) -> list[int]:
        return self._or_fail([EOS_ID] * len(rows), self._writer.choose, scores, rows)

    def take(self, row: DecodeRow) -> None:
        self._or_fail(None, self._writer.take, row)

    def _or_fail(self, otherwise: Answer, call: Callable[..., Answer], *arguments: object) -> Answer:
        if self._order.error is not None:
            return otherwise
        try:
            return call(*arguments)
        except Exception as error:
            self._order.error = error
            return otherwise


class SharedPool:
    """The rows of a model, and the thread that writes them for as long as there are any."""

    def __init__(self, engine: DecodeLoop) -> None:
        decoder = engine.model.row_decoder
        assert decoder is not None, "rows are shared where the model is ready to generate on a CPU"
        decoder.fewest_rows = ALIKE_FROM_ROWS
        self._engine = engine
        self._rows = RowPool(decoder, engine)
        self._lock = threading.Lock()
        self._arrived: list[_Order] = []
        self._at_work: list[_Order] = []
        self._thread: threading.Thread | None = None

    def write(self, writers: Sequence[Writer], watch: Watch) -> None:
        """Returns when all rows of these writers are written; raises what one of them or `watch` raises."""
        order = _Order(writers)
        with self._lock:
            self._arrived.append(order)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="rows", daemon=True)
                self._thread.start()
        try:
            while not order.ended.wait(WATCH_SECONDS):
                watch()
        finally:
            order.is_left = True
        if order.error is not None:
            raise order.error
        watch()

    def _run(self) -> None:
        with cpu_threads(self._engine.model):
            while self._admit():
                went_on = False
                try:
                    went_on = self._rows.turn()
                except Exception as error:  # such as no memory for so many rows
                    self._fail_all(error)
                self._dismiss(went_on)

    def _admit(self) -> bool:
        """Takes in who has come; False where nobody is left, which ends the thread."""
        with self._lock:
            arrived, self._arrived = self._arrived, []
            self._at_work += arrived
            if not self._at_work:
                self._thread = None
                return False
        for order in arrived:
            self._rows.add(order.writers)
        return True

    def _dismiss(self, went_on: bool) -> None:
        """Sends those away who have their rows or have left."""
        for order in self._at_work:
            if not went_on and not order.is_over:
                order.error = AssertionError("writers wait for each other")
            if order.is_over:
                self._rows.remove(order.writers)
                order.ended.set()
        self._at_work = [order for order in self._at_work if not order.ended.is_set()]

    def _fail_all(self, error: Exception) -> None:
        for order in self._at_work:
            order.error = order.error or error
        self._rows = RowPool(self._rows.decoder, self._engine)


class SharedPools:
    """A pool for each model that somebody waits for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: dict[int, SharedPool] = {}
        self._waiting: Counter[int] = Counter()

    def write(self, engine: DecodeLoop, writers: Sequence[Writer], watch: Watch) -> None:
        """As `SharedPool.write`; a model is let go of with the last who waits for it."""
        key = id(engine.model)
        with self._lock:
            if key not in self._pools:
                self._pools[key] = SharedPool(engine)
            pool = self._pools[key]
            self._waiting[key] += 1
        try:
            pool.write(writers, watch)
        finally:
            with self._lock:
                self._waiting[key] -= 1
                if not self._waiting[key]:
                    del self._pools[key], self._waiting[key]


_pools: SharedPools | None = None


def share_pools() -> None:
    """From now on, the songs of this process share their steps."""
    global _pools
    if _pools is None:
        _pools = SharedPools()


def stop_sharing() -> None:
    """From now on, each song has steps of its own."""
    global _pools
    _pools = None


def shared_pools() -> SharedPools | None:
    return _pools
