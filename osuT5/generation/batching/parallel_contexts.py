"""Contexts and charts of one song at the same time, each as far behind the one before as it has to be.

A window of a later context reads what earlier ones hold in all of the window, also in its lookahead, and nothing
beyond. So it can begin as soon as they have decided that much: what is written is what would be written one context
after the other, by fewer steps, and what a window sounds like is at hand for all of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor

from feedback.progress import Progress, Stage
from osuT5.generation.batching.row_pool import PendingRow, RowPool
from osuT5.generation.batching.shared_pool import SharedPools, shared_pools
from osuT5.generation.chart_state import ChartState
from osuT5.generation.decode_loop import DecodeLoop
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.sampling.row_choice import Guidance, RowChoice
from osuT5.model.decoding.row_decoder import EncodedWindow
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind, EventGroup
from osuT5.tokens.windows import Window

Wanted = Sequence[tuple[ContextKind, ChartState]]

Guided = Mapping[ContextKind, Guidance | None]
"""How the rows of each context are guided."""

SPARE_WINDOWS = 2
"""So much further ahead than it must be may a writer be: a dense passage of one then holds up nobody."""


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
    """Writes one context of one chart, window after window.

    chart: as far as it is written, this context and those before it included
    """

    def __init__(
        self,
        group: WriterGroup,
        context: ContextKind,
        chart: ChartState,
        choice: RowChoice,
        guidance: Guidance | None,
        before: Sequence[ContextGenerator],
    ) -> None:
        self.group = group
        self.context = context
        self.chart = chart
        self.guidance = guidance
        self.index = 0
        self.before = before
        self.choice = choice
        self._generator = torch.Generator().manual_seed(chart.seed)

    @property
    def written(self) -> list[EventGroup]:
        return self.chart.contexts[self.context]

    @property
    def is_done(self) -> bool:
        return self.index >= len(self.group.song.windows)

    def ask(self) -> PendingRow | None:
        if self.is_done or not self._can_begin():
            return None
        song = self.group.song
        window = song.windows[self.index]
        row = song.row(window, self.context, self.chart, self.written)
        row.generator = self._generator
        return PendingRow(row, self.group.hear(self.index, self.chart), int(self.chart.attributes.mode))

    def choose(self, scores: Tensor, rows: Sequence[DecodeRow]) -> list[int]:
        return self.choice.choose(scores, rows)

    def take(self, row: DecodeRow) -> None:
        self.group.song.take(row, self.group.song.windows[self.index], self.written)
        self.index += 1
        self.group.went_on()

    def _can_begin(self) -> bool:
        if self.index > self.group.first_index + self.group.lead:
            return False
        needed = min(self.index + self.group.needed_lead, len(self.group.song.windows))
        return all(writer.index >= needed for writer in self.before)


class WriterGroup:
    """The writers of a song, and what they all listen to."""

    def __init__(self, song: ParallelSong, wanted: Wanted, choice: RowChoice, guided: Guided) -> None:
        self.song = song
        self.needed_lead = _needed_lead(song)
        self._used: dict[int, list[EncodedWindow]] = {}
        self.writers: list[ContextGenerator] = []
        for context, chart in wanted:
            chart.contexts[context] = list(chart.begun.get(context, ()))
            before = [writer for writer in self.writers if writer.chart is chart]
            self.writers.append(ContextGenerator(self, context, chart, choice, guided[context], before))
        chain = max(len(writer.before) for writer in self.writers)
        self.lead = chain * self.needed_lead + SPARE_WINDOWS
        self.progress = song.progress

    @property
    def first_index(self) -> int:
        """The window of whoever is furthest behind."""
        return min(writer.index for writer in self.writers)

    def hear(self, index: int, chart: ChartState) -> EncodedWindow:
        heard = self.song.encoded_window(index, chart)
        self._used.setdefault(index, []).append(heard)
        return heard

    def went_on(self) -> None:
        """Puts away windows that all have passed, and tells how far the last of them is."""
        first = self.first_index
        for index in [index for index in self._used if index < first]:
            for heard in self._used.pop(index):
                heard.put_away()
        self.progress(Stage(self.writers[-1].context.value), first, len(self.song.windows))


def write_side_by_side(song: ParallelSong, wanted: Wanted, choice: RowChoice, guided: Guided) -> None:
    """Fills in contexts of charts; those of one chart come in their order.

    song: its model is ready to generate on a CPU
    """
    group = WriterGroup(song, wanted, choice, guided)
    engine = DecodeLoop(song.model, song.spec.vocabulary)
    pools = shared_pools()
    if pools is None:
        RowPool(song.model.row_decoder, engine).run(group.writers)
    else:
        _write_in_company(group, engine, pools)
    assert all(writer.is_done for writer in group.writers), "writers wait for each other"


def _write_in_company(group: WriterGroup, engine: DecodeLoop, pools: SharedPools) -> None:
    """What only this song needs is done in its own thread, so that nobody else waits for it: listening and telling."""
    for writer in group.writers:
        group.song.states_for(writer.chart)
    told: deque[tuple[Stage, int, int]] = deque(maxlen=1)
    group.progress = lambda *stage: told.append(stage)

    def watch() -> None:
        group.song.progress(*told[0] if told else (Stage(group.writers[-1].context.value), 0, len(group.song.windows)))

    pools.write(engine, group.writers, watch)


def _needed_lead(song: ParallelSong) -> int:
    """How many windows an earlier context must have written more than a later one that begins the next."""
    windows, longest = song.windows, 1
    for index, window in enumerate(windows):
        end_ms = window.start_ms + song.spec.grid.window_ms
        open_until = index + 1
        while open_until < len(windows) and song.first_ms(windows[open_until]) < end_ms:
            open_until += 1
        longest = max(longest, open_until - index)
    return longest
