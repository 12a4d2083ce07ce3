"""Context of a song as token ids that can be cut anywhere.

A window needs no new encoding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from osuT5.encoding.groups import ANCHOR_KINDS
from osuT5.tokens.events import EventGroup, EventKind
from osuT5.tokens.vocabulary import Vocabulary
from osuT5.tokens.windows import WindowGrid

CONTINUING_KINDS = ANCHOR_KINDS | {
    EventKind.LAST_ANCHOR,
    EventKind.SLIDER_END,
    EventKind.SPINNER_END,
    EventKind.HOLD_NOTE_END,
    EventKind.DRUMROLL_END,
    EventKind.DENDEN_END,
}
"""Groups that belong to an object begun before."""


@dataclass(slots=True)
class TokenStream:
    """Groups of events in order: their ids, starts and times.

    `times_ms` [groups] is ascending; `begins` [groups] marks groups that begin something of their own; `starts` [groups
    + 1] indexes `ids`; `is_time` [ids] marks the ids of times, which are filled in for each window.
    """

    times_ms: np.ndarray
    begins: np.ndarray
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
            begins=np.array([group.kind not in CONTINUING_KINDS for group in groups], dtype=bool),
            starts=np.array(starts, dtype=np.int64),
            ids=np.array(ids, dtype=np.int64),
            is_time=np.array(is_time, dtype=bool),
        )

    def window(
        self,
        start_ms: float,
        end_ms: float,
        grid: WindowGrid,
        first_time_id: int,
        speed: float = 1.0,
        gap_ms: tuple[float, float] | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return ids of the groups in [start_ms, end_ms), and their time mask.

        With a `speed` other than 1 the song is played that much faster: a time of t ms comes t / speed after the start.
        Objects that begin within `gap_ms` are left out.
        """
        low, high = (int(place) for place in np.searchsorted(self.times_ms, [start_ms, end_ms]))
        groups = np.arange(low, high)
        if gap_ms is not None:
            first, last = (self._next_beginning(time_ms, low, high) for time_ms in gap_ms)
            groups = np.r_[low:first, last:high]
        sizes = np.diff(self.starts)[groups]
        group_of = np.repeat(groups, sizes)
        offsets = np.arange(len(group_of)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        chosen = self.starts[group_of] + offsets
        ids, is_time = self.ids[chosen], self.is_time[chosen]
        steps = (self.times_ms[group_of[is_time]] - start_ms) / speed // grid.time_step_ms
        ids[is_time] = first_time_id + np.clip(steps, 0, grid.time_tokens - 1).astype(np.int64)
        return ids, is_time

    def _next_beginning(self, time_ms: float, low: int, high: int) -> int:
        """Return the first beginning group from a time on.

        The result is within [low, high].
        """
        place = max(low, int(np.searchsorted(self.times_ms, time_ms)))
        later = np.flatnonzero(self.begins[place:high])
        return place + int(later[0]) if len(later) else high

    def next_time_ms(self, time_ms: float) -> float:
        """Return the time of the first group from a time on.

        It is infinite if there is none.
        """
        place = int(np.searchsorted(self.times_ms, time_ms))
        return float(self.times_ms[place]) if place < len(self.times_ms) else float("inf")

    def ids_between(self, start_ms: float, end_ms: float) -> int:
        """Return the number of ids of groups in [start_ms, end_ms)."""
        low, high = np.searchsorted(self.times_ms, [start_ms, end_ms])
        return int(self.starts[high] - self.starts[low])

    def last_id(self, ids: range, time_ms: float) -> int | None:
        """Return the last id in a range before a time, or None.

        The id belongs to a group before the time.
        """
        before = self.ids[: self.starts[np.searchsorted(self.times_ms, time_ms)]]
        places = np.flatnonzero((before >= ids.start) & (before < ids.stop))
        return int(before[places[-1]]) if len(places) else None
