"""A context of a whole song as token ids that can be cut to any window without encoding again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from osuT5.events import EventGroup, EventKind
from osuT5.vocabulary import Vocabulary
from osuT5.windows import WindowGrid


@dataclass(slots=True)
class TokenStream:
    """Groups in order: `ids` of all of them, where each begins, and when.

    `times_ms` [groups] is ascending; `starts` [groups + 1] indexes `ids`; `is_time` [ids] marks the ids of times,
    which are filled in for each window.
    """

    times_ms: np.ndarray
    starts: np.ndarray
    ids: np.ndarray
    is_time: np.ndarray

    @classmethod
    def of(cls, groups: Sequence[EventGroup], vocabulary: Vocabulary) -> TokenStream:
        ids: list[int] = []
        is_time: list[bool] = []
        starts = [0]
        for group in groups:
            for event in group.events:
                time = event.kind is EventKind.TIME
                ids.append(0 if time else vocabulary.encode_clipped(event))
                is_time.append(time)
            starts.append(len(ids))
        times_ms = np.array([group.time_ms for group in groups], dtype=np.float64)
        return cls(
            # An object may be encoded a fraction of a millisecond before its neighbour: keep the order of the groups.
            times_ms=np.maximum.accumulate(times_ms) if len(times_ms) else times_ms,
            starts=np.array(starts, dtype=np.int64),
            ids=np.array(ids, dtype=np.int64),
            is_time=np.array(is_time, dtype=bool),
        )

    def window(
        self, start_ms: float, end_ms: float, grid: WindowGrid, first_time_id: int, speed: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Ids of the groups with times in [start_ms, end_ms), and which of them are times.

        With a `speed` other than 1 the song is played that much faster: a time of t ms comes t / speed after the start.
        """
        low, high = np.searchsorted(self.times_ms, [start_ms, end_ms])
        first, last = self.starts[low], self.starts[high]
        ids = self.ids[first:last].copy()
        is_time = self.is_time[first:last]
        group_of = np.repeat(np.arange(low, high), np.diff(self.starts[low : high + 1]))
        steps = (self.times_ms[group_of[is_time]] - start_ms) / speed // grid.time_step_ms
        ids[is_time] = first_time_id + np.clip(steps, 0, grid.time_tokens - 1).astype(np.int64)
        return ids, is_time
