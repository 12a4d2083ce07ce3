"""A sampler that worker processes start with in a moment: its batches hold the numbers of their step and windows."""

import os
from dataclasses import dataclass

import numpy as np

from osuT5.dataset.batches import WHOLE_BATCH, Batch, BatchPart, joined
from osuT5.dataset.errors import CorpusError

WINDOWS = 5


class CountingSampler:
    """The row of window w is w + 1 long; `skipped` grows with each part that is made."""

    skipped = 0

    def batch(self, step: int, part: BatchPart = WHOLE_BATCH) -> Batch:
        self.skipped += 1
        return joined([self._window(step, window) for window in part.windows(WINDOWS)])

    def _window(self, step: int, window: int) -> Batch:
        row = np.full((1, window + 1), 100 * step + window)
        frames = np.full((1, 4, 2), 100.0 * step + window, dtype=np.float32)
        return Batch(frames, row, row, np.zeros(1, np.int64), row[:, 0], frames, frames[:, :1] > 0, frames[:, :, 0])


@dataclass(frozen=True)
class MakeCounting:
    """Makes the sampler in a worker, or fails as asked."""

    trouble: str = ""

    def __call__(self) -> CountingSampler:
        if self.trouble == "refuse":
            raise CorpusError("There is nothing here.")
        if self.trouble == "die":
            os._exit(3)
        return CountingSampler()
