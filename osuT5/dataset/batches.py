"""Batches as arrays, their parts, and how they are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from osuT5.dataset.errors import CorpusError
from osuT5.tokens.vocabulary import IGNORED_LABEL, PAD_ID


@dataclass(slots=True)
class Batch:
    """Arrays of one training step.

    mel [windows, frames, mels] float32; input_ids, labels [rows, tokens] int64, labels -100 where nothing is learned;
    row_window, row_mode [rows]: the window and the game mode of each row;
    frame_targets [windows, frames, channels] and frame_known, which broadcasts to it;
    onset_targets [rows, frames]: where the row's own chart has objects.
    """

    mel: np.ndarray
    input_ids: np.ndarray
    labels: np.ndarray
    row_window: np.ndarray
    row_mode: np.ndarray
    frame_targets: np.ndarray
    frame_known: np.ndarray
    onset_targets: np.ndarray


@dataclass(frozen=True, slots=True)
class BatchPart:
    """One of `count` parts of every batch.

    With r ranks of a accumulated steps each, rank i makes parts a * i + 0..a-1.

    Parts are stretches of neighbouring windows that differ by at most one in number.
    """

    index: int = 0
    count: int = 1

    def windows(self, whole: int) -> range:
        """Return this part's window indices in a batch of `whole` windows.

        Raises CorpusError if there are fewer windows than parts.
        """
        if self.count > whole:
            raise CorpusError(
                f"batch.windows must be at least {self.count}, one for each part of a batch, got {whole}."
            )
        return range(whole * self.index // self.count, whole * (self.index + 1) // self.count)

    def divide(self, number: int) -> list[BatchPart]:
        """Return this part divided into `number` parts."""
        return [BatchPart(self.index * number + place, self.count * number) for place in range(number)]


WHOLE_BATCH = BatchPart()


def join_batches(parts: Sequence[Batch]) -> Batch:
    """Join batches, padded to the longest row."""
    windows_before = np.cumsum([0, *(len(part.mel) for part in parts)])
    return Batch(
        mel=np.concatenate([part.mel for part in parts]),
        input_ids=pad_rows([row for part in parts for row in part.input_ids], PAD_ID),
        labels=pad_rows([row for part in parts for row in part.labels], IGNORED_LABEL),
        row_window=np.concatenate([part.row_window + windows_before[i] for i, part in enumerate(parts)]),
        row_mode=np.concatenate([part.row_mode for part in parts]),
        frame_targets=np.concatenate([part.frame_targets for part in parts]),
        frame_known=np.concatenate([part.frame_known for part in parts]),
        onset_targets=np.concatenate([part.onset_targets for part in parts]),
    )


def pad_rows(rows: Sequence[np.ndarray], filler: int) -> np.ndarray:
    """Join rows of any length in one array.

    Each is [tokens]; the array is int64 [rows, tokens of the longest].
    """
    block = np.full((len(rows), max(len(row) for row in rows)), filler, dtype=np.int64)
    for index, row in enumerate(rows):
        block[index, : len(row)] = row
    return block
