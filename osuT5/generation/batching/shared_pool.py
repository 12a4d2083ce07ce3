"""Pools that songs share: a thread for each model decodes all rows.

Callers wait for theirs. Rows that arrive join the others at the next token, and those of a caller who stops waiting
leave at the next one. An error ends the order that it belongs to and no other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from osuT5.generation.batching.row_pool import Order, RowPool
from osuT5.generation.threads import cpu_threads
from osuT5.model.decoding.row_decoder import ALIKE_FROM_ROWS
from osuT5.tokens.vocabulary import Vocabulary

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel

WATCH_SECONDS = 0.1
"""Interval at which a waiting thread calls its `watch`."""

Watch = Callable[[], None]
"""Function that the waiting thread calls again and again; what it raises ends the waiting."""


class SharedPools:
    """Pools of the models in use.

    Each has a thread while orders are left.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: dict[int, RowPool] = {}

    def write(self, model: MapperModel, vocabulary: Vocabulary, order: Order, watch: Watch) -> None:
        """Wait until all rows of the order are decoded.

        Raises:
            Exception: What the order or `watch` raises.
        """
        key = id(model)
        with self._lock:
            if key not in self._pools:
                self._pools[key] = RowPool(model, vocabulary)
                self._pools[key].decoder.fewest_rows = ALIKE_FROM_ROWS
                threading.Thread(target=self._run, args=(model,), name="rows", daemon=True).start()
            self._pools[key].arrived.append(order)
        try:
            while not order.ended.wait(WATCH_SECONDS):
                watch()
        finally:
            order.is_left = True
        if order.error is not None:
            raise order.error
        watch()

    def _run(self, model: MapperModel) -> None:
        with cpu_threads(model):
            while (pool := self._admit(id(model))) is not None:
                pool.turn()

    def _admit(self, key: int) -> RowPool | None:
        """Admit the orders that arrived; return None if none is left."""
        with self._lock:
            pool = self._pools[key]
            pool.orders += pool.arrived
            pool.arrived = []
            if pool.orders:
                return pool
            del self._pools[key]
            return None


_pools: SharedPools | None = None


def share_pools() -> None:
    """Let the songs of this process share their steps from now on."""
    global _pools
    if _pools is None:
        _pools = SharedPools()


def stop_sharing() -> None:
    """Give each song steps of its own from now on."""
    global _pools
    _pools = None


def shared_pools() -> SharedPools | None:
    """Return the pools of this process; None if songs do not share."""
    return _pools
