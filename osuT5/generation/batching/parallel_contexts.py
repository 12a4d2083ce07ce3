"""Contexts and charts of one song, decoded at the same time.

A window of a later context reads what earlier ones hold in all of the window, its lookahead included, and nothing
beyond. So it can begin as soon as they have decided that much. Its tokens are those of one context after the other, in
fewer steps, and the encoded window is at hand for all of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

from feedback.progress import Progress, Stage
from osuT5.generation.batching.row_pool import Order, PooledRow, RowPool
from osuT5.generation.batching.shared_pool import SharedPools, shared_pools
from osuT5.generation.chart_state import ChartState
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.sampling.row_choice import Guidance, RowChoice
from osuT5.model.decoding.row_decoder import EncodedWindow
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind, EventGroup
from osuT5.tokens.windows import Window

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel

Requests = Sequence[tuple[ContextKind, ChartState]]

Guided = Mapping[ContextKind, Guidance | None]
"""How the rows of each context are guided."""

SPARE_WINDOWS = 2
"""Windows that a context may be further ahead than it must be, so that a dense passage of one delays no other."""


class ParallelSong(Protocol):
    """Song whose contexts are decoded at the same time; see `SongGenerator`."""

    model: MapperModel
    spec: Contract
    windows: list[Window]
    progress: Progress

    def first_ms(self, window: Window) -> float: ...
    def states_for(self, chart: ChartState) -> Tensor: ...
    def encoded_window(self, index: int, chart: ChartState) -> EncodedWindow: ...
    def row(
        self, window: Window, context: ContextKind, chart: ChartState, written: Sequence[EventGroup]
    ) -> DecodeRow: ...
    def take(self, row: DecodeRow, window: Window, written: list[EventGroup]) -> None: ...


class ContextGenerator:
    """Generator of one context of one chart, window after window.

    Args:
        chart: With the decoded part of this context and of those before it.
    """

    def __init__(
        self,
        group: WriterGroup,
        context: ContextKind,
        chart: ChartState,
        guidance: Guidance | None,
        before: Sequence[ContextGenerator],
    ) -> None:
        self.group = group
        self.context = context
        self.chart = chart
        self.guidance = guidance
        self.index = 0
        self.before = before
        self._generator = torch.Generator().manual_seed(chart.seed)

    @property
    def written(self) -> list[EventGroup]:
        return self.chart.contexts[self.context]

    @property
    def is_done(self) -> bool:
        return self.index >= len(self.group.song.windows)

    def begin_row(self) -> PooledRow | None:
        if self.is_done or not self._can_begin():
            return None
        song = self.group.song
        row = song.row(song.windows[self.index], self.context, self.chart, self.written)
        row.generator = self._generator
        row.note_prompt(song.spec.vocabulary)
        heard = self.group.load_window(self.index, self.chart)
        return PooledRow.begin(self, row, self.guidance, heard, int(self.chart.attributes.mode))

    def take(self, row: DecodeRow) -> None:
        self.group.song.take(row, self.group.song.windows[self.index], self.written)
        self.index += 1
        self.group.advance()

    def _can_begin(self) -> bool:
        if self.index > self.group.first_index + self.group.lead:
            return False
        needed = min(self.index + self.group.needed_lead, len(self.group.song.windows))
        return all(writer.index >= needed for writer in self.before)


class WriterGroup:
    """Generators of a song, and the encoded windows that they share."""

    def __init__(self, song: ParallelSong, requests: Requests, guided: Guided) -> None:
        self.song = song
        self.needed_lead = _needed_lead(song)
        self._used: dict[int, list[EncodedWindow]] = {}
        self.writers: list[ContextGenerator] = []
        for context, chart in requests:
            chart.contexts[context] = list(chart.begun.get(context, ()))
            before = [writer for writer in self.writers if writer.chart is chart]
            self.writers.append(ContextGenerator(self, context, chart, guided[context], before))
        chain = max(len(writer.before) for writer in self.writers)
        self.lead = chain * self.needed_lead + SPARE_WINDOWS
        self.progress = song.progress

    @property
    def first_index(self) -> int:
        """Return the window of the generator that is furthest behind."""
        return min(writer.index for writer in self.writers)

    def load_window(self, index: int, chart: ChartState) -> EncodedWindow:
        heard = self.song.encoded_window(index, chart)
        self._used.setdefault(index, []).append(heard)
        return heard

    def advance(self) -> None:
        """Release windows that all generators have passed, and report progress."""
        first = self.first_index
        for index in [index for index in self._used if index < first]:
            for heard in self._used.pop(index):
                heard.put_away()
        self.progress(Stage(self.writers[-1].context.value), first, len(self.song.windows))


def write_side_by_side(song: ParallelSong, requests: Requests, choice: RowChoice, guided: Guided) -> None:
    """Fill in contexts of charts, those of one chart in their order.

    Args:
        song: With a model that is prepared to generate on a CPU.
    """
    group = WriterGroup(song, requests, guided)
    order = Order(group.writers, choice)
    pools = shared_pools()
    if pools is None:
        RowPool(song.model, song.spec.vocabulary).run(order)
    else:
        _write_in_company(group, order, pools)


def _write_in_company(group: WriterGroup, order: Order, pools: SharedPools) -> None:
    """Encode and report in the song's own thread.

    No other song waits.
    """
    song = group.song
    for writer in group.writers:
        song.states_for(writer.chart)
    first = (Stage(group.writers[-1].context.value), 0, len(song.windows))
    reported: deque[tuple[Stage, int, int]] = deque([first], maxlen=1)
    group.progress = lambda *stage: reported.append(stage)
    pools.write(song.model, song.spec.vocabulary, order, lambda: song.progress(*reported[0]))


def _needed_lead(song: ParallelSong) -> int:
    """Return the number of windows that an earlier context must be ahead."""
    windows, longest = song.windows, 1
    for index, window in enumerate(windows):
        end_ms = window.start_ms + song.spec.grid.window_ms
        open_until = index + 1
        while open_until < len(windows) and song.first_ms(windows[open_until]) < end_ms:
            open_until += 1
        longest = max(longest, open_until - index)
    return longest
