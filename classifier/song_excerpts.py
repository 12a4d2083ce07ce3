"""Excerpts of charts of one song, through the network in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from classifier.excerpts import FEWEST_OBJECTS, ChartTokens, Excerpt
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

    @property
    def song_ms(self) -> float:
        return (len(self.mel) - 1) * self.spec.grid.frame_ms

    def with_enough(self, chart: ChartTokens, start_frames: Iterable[int]) -> list[tuple[Excerpt, int]]:
        """Return the excerpts with enough objects, each with its first frame."""
        each = [(self.excerpt(chart, frame), frame) for frame in start_frames]
        return [(excerpt, frame) for excerpt, frame in each if excerpt.objects >= FEWEST_OBJECTS]

    def batches(self, requested: Sequence[tuple[Excerpt, int]]) -> Iterator[tuple[list[int], ExcerptBatch]]:
        """Yield batches of excerpts, and the indices in each.

        Each excerpt has its first frame; a batch has similar places. Charts of one song share its encoded audio.
        """
        order = sorted(range(len(requested)), key=lambda index: (requested[index][1], len(requested[index][0].ids)))
        for first in range(0, len(order), BATCH_ROWS):
            rows = order[first : first + BATCH_ROWS]
            yield rows, self.batch([requested[index] for index in rows])

    def batch(self, requested: Sequence[tuple[Excerpt, int]]) -> ExcerptBatch:
        frames = sorted({start_frame for _, start_frame in requested})
        mels = [window_mel(self.mel, start_frame, self.spec.grid.frames) for start_frame in frames]
        return ExcerptBatch(
            mel=torch.from_numpy(np.stack(mels)),
            ids=pad_sequence([torch.from_numpy(excerpt.ids) for excerpt, _ in requested], True, PAD_ID),
            is_map=pad_sequence([torch.from_numpy(excerpt.is_map) for excerpt, _ in requested], True, False),
            row_window=torch.tensor([frames.index(start_frame) for _, start_frame in requested]),
        )
