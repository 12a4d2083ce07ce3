"""Excerpts of charts of one song, through the network in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from classifier.excerpts import ChartTokens, Excerpt
from classifier.model import ExcerptBatch
from osuT5.audio.mel import window_mel
from osuT5.tokens.contract import Contract
from osuT5.tokens.vocabulary import PAD_ID

BATCH_ROWS = 16


@dataclass(frozen=True)
class SongExcerpts:
    """Cuts excerpts of a song's charts.

    mel: the song's spectrogram [frames, mels], as `osuT5.audio.mel.song_mel` gives it; max_tokens: the decoder's length
    """

    mel: np.ndarray
    spec: Contract
    max_tokens: int

    def start_frame(self, start_ms: float) -> int:
        return round(start_ms / self.spec.grid.frame_ms)

    def excerpt(self, chart: ChartTokens, start_frame: int) -> Excerpt:
        return chart.excerpt(start_frame * self.spec.grid.frame_ms, self.spec, self.max_tokens)

    def batches(self, wanted: Sequence[tuple[Excerpt, int]]) -> Iterator[tuple[list[int], ExcerptBatch]]:
        """Excerpts, each with the frame that it begins at, in batches of like places; which of them are in each.

        Charts of one song share what is heard of it.
        """
        order = sorted(range(len(wanted)), key=lambda index: (wanted[index][1], len(wanted[index][0].ids)))
        for first in range(0, len(order), BATCH_ROWS):
            rows = order[first : first + BATCH_ROWS]
            yield rows, self.batch([wanted[index] for index in rows])

    def batch(self, wanted: Sequence[tuple[Excerpt, int]]) -> ExcerptBatch:
        frames = sorted({start_frame for _, start_frame in wanted})
        mels = [window_mel(self.mel, start_frame, self.spec.grid.frames) for start_frame in frames]
        return ExcerptBatch(
            mel=torch.from_numpy(np.stack(mels)),
            ids=_padded([excerpt.ids for excerpt, _ in wanted], PAD_ID),
            is_map=_padded([excerpt.is_map for excerpt, _ in wanted], False),
            row_window=torch.tensor([frames.index(start_frame) for _, start_frame in wanted]),
        )


def joined(batches: Sequence[ExcerptBatch]) -> ExcerptBatch:
    """Batches of several songs as one."""
    length = max(batch.ids.shape[1] for batch in batches)
    offsets = np.cumsum([0, *(len(batch.mel) for batch in batches[:-1])]).tolist()

    def widened(rows: Tensor, padding: int) -> Tensor:
        return torch.nn.functional.pad(rows, (0, length - rows.shape[1]), value=padding)

    return ExcerptBatch(
        mel=torch.cat([batch.mel for batch in batches]),
        ids=torch.cat([widened(batch.ids, PAD_ID) for batch in batches]),
        is_map=torch.cat([widened(batch.is_map, 0) for batch in batches]),
        row_window=torch.cat([batch.row_window + offset for batch, offset in zip(batches, offsets, strict=True)]),
    )


def _padded(rows: Sequence[np.ndarray], padding: int) -> Tensor:
    table = np.full((len(rows), max(len(row) for row in rows)), padding, dtype=np.asarray(rows[0]).dtype)
    for target, row in zip(table, rows, strict=True):
        target[: len(row)] = row
    return torch.from_numpy(table)
