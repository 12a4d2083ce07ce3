"""Batches from worker processes, made ahead of the step that needs them.

Each worker makes its own windows of every batch, so no work is done twice. With a lazy supply, no song is in the memory
of two workers. The batches equal those of the sampler for any number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from osuT5.dataset.batches import WHOLE_BATCH, Batch, BatchPart, join_batches
from osuT5.dataset.errors import CorpusError
from osuT5.dataset.examples import ExampleSampler


@dataclass
class _Shares(Dataset):
    """Shares of batches by (step, part).

    Each is (batch or the sentence of an error, number of files skipped so far).
    """

    make_sampler: Callable[[], ExampleSampler]

    @cached_property
    def sampler(self) -> ExampleSampler:
        return self.make_sampler()

    def __getitem__(self, place: tuple[int, BatchPart]) -> tuple[Batch | str, int]:
        try:
            return self.sampler.batch(*place), self.sampler.skipped
        except ValueError as error:
            return str(error), 0


@dataclass
class _Order:
    """Endless order of the shares, from (step, place in `parts`) on.

    Worker k of n gets share k of each part.
    """

    parts: list[BatchPart]
    workers: int
    start: tuple[int, int] = (0, 0)

    def __iter__(self) -> Iterator[tuple[int, BatchPart]]:
        first, skipped = self.start
        for step in count(first):
            for part in self.parts[skipped if step == first else 0 :]:
                yield from ((step, share) for share in part.divide(self.workers))


class BatchLoader:
    """Parts of batches, made in worker processes.

    Use as a context manager, or close it: the workers end with it, and with the process in any case.

    Args:
        make_sampler: Called once in each worker; picklable.
        windows: Of a whole batch. There are at most as many workers as this process has windows.
        parts: Those of a step that are used, in their order.
    """

    def __init__(
        self,
        make_sampler: Callable[[], ExampleSampler],
        windows: int,
        parts: Sequence[BatchPart] = (WHOLE_BATCH,),
        workers: int = 1,
    ) -> None:
        self.parts = list(parts)
        workers = max(1, min(workers, *(len(part.windows(windows)) for part in self.parts)))
        self._order = _Order(self.parts, workers)
        self._skipped = [0] * workers
        self._next: tuple[int, int] | None = None
        self._shares: Iterator[Any] = iter(())
        self._loader: DataLoader | None = DataLoader(
            _Shares(make_sampler),
            batch_size=None,
            sampler=self._order,
            num_workers=workers,
            collate_fn=_return_unchanged,
            multiprocessing_context="spawn",
            persistent_workers=True,
            # Seeds of workers, which are not used here, must not be drawn from the generator of the training.
            generator=torch.Generator(),
        )

    @property
    def skipped(self) -> int:
        """Number of files that could not be used so far.

        A file that two workers met counts twice.
        """
        return sum(self._skipped)

    def batch(self, step: int, part: BatchPart | None = None) -> Batch:
        """Return a part of a step's batch, by default the first.

        Raises:
            CorpusError: As the sampler does, and if a worker has ended.
        """
        place = self.parts.index(part) if part else 0
        try:
            if (step, place) != self._next:
                self._order.start = step, place
                self._shares = iter(self._loader)
            shares, self._skipped = zip(*islice(self._shares, self._order.workers), strict=True)
        except RuntimeError as error:
            if not str(error).startswith("DataLoader worker"):
                raise
            raise CorpusError(
                "A data-loading worker ended unexpectedly, possibly out of memory. Try a smaller data.workers."
            ) from error
        self._next = (step, place + 1) if place + 1 < len(self.parts) else (step + 1, 0)
        for sentence in (share for share in shares if isinstance(share, str)):
            raise CorpusError(sentence)
        return join_batches(shares)

    def close(self) -> None:
        """End the workers."""
        self._loader, self._shares = None, iter(())

    def __enter__(self) -> BatchLoader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _return_unchanged(share: Any) -> Any:
    return share
