"""Which window and context is written when: a whole song as event groups.

Contexts follow each other over the whole song, so a window of a later context knows what the earlier ones hold in
all of the window, also in its lookahead. The audio is encoded once for all of them.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile

import numpy as np
import torch
from torch import Tensor

from osu_beatmap.attributes import Attributes
from osu_beatmap.model import GameMode
from osu_beatmap.rules.settings import MAX_KEYS
from osuT5.conditions import SongPlace, condition_ids
from osuT5.events import ContextKind, EventGroup, EventKind
from osuT5.generation.engine import Engine
from osuT5.generation.grammar import GrammarState
from osuT5.generation.logit_rules import Row, default_rules
from osuT5.generation.sampling import Sampler, Sampling
from osuT5.generation.time_choice import TimeChoice
from osuT5.mel import window_mel
from osuT5.model.seq2seq import MapperModel
from osuT5.prompt import Segment
from osuT5.spec import ModelSpec
from osuT5.vocabulary import Vocabulary
from osuT5.windows import LOOKAHEAD, LOOKBACK, Window

ENCODER_BATCH_WINDOWS = 16
LONGEST_OBJECT_MS = 30_000.0
"""How far back an object may have begun that ends in a window."""

PROMPT_SHARE = 0.75
"""At most this share of the decoder's length is prompt, so that room to write remains."""

BORDER_STEPS = 2
"""So far before its own span a window may still place what the window before left to it.

Two windows place one sound up to a step or two apart: what stands on their border each would leave to the other.
"""

Progress = Callable[[str, int, int], None]
"""Called with the name of a stage, the number of windows done, and their total."""


@dataclass(slots=True)
class GenerationReport:
    """What the model wrote that could not be used, by context."""

    stray_events: dict[str, int] = field(default_factory=dict)
    tokens: int = 0
    windows: int = 0


@dataclass(slots=True)
class ChartInProgress:
    """A chart that is being written: what it should be like, and the contexts that it has so far."""

    attributes: Attributes
    seed: int
    contexts: dict[ContextKind, Sequence[EventGroup]] = field(default_factory=dict)

    def contexts_before(self, context: ContextKind, spec: ModelSpec) -> list[tuple[ContextKind, Sequence[EventGroup]]]:
        order = takewhile(lambda c: c is not context, spec.contexts_of(self.attributes.mode))
        return [(c, self.contexts[c]) for c in order if c in self.contexts]


class SongWriter:
    """Writes contexts of charts of one song with one model."""

    def __init__(
        self,
        model: MapperModel,
        spec: ModelSpec,
        mel: np.ndarray,
        song_ms: float,
        lookback: float = LOOKBACK,
        lookahead: float = LOOKAHEAD,
        progress: Progress | None = None,
    ) -> None:
        self.model = model
        self.spec = spec
        self.song_ms = song_ms
        self.windows = spec.grid.windows(song_ms, lookback, lookahead)
        self.progress = progress or (lambda stage, done, total: None)
        self.report = GenerationReport(windows=len(self.windows))
        self.encoder_states = self._encode(mel)

    @torch.inference_mode()
    def _encode(self, mel: np.ndarray) -> Tensor:
        """Encoder states of all windows [windows, positions, d]."""
        states = []
        for first in range(0, len(self.windows), ENCODER_BATCH_WINDOWS):
            batch = self.windows[first : first + ENCODER_BATCH_WINDOWS]
            mels = np.stack([window_mel(mel, window.start_frame, self.spec.grid.frames) for window in batch])
            states.append(self.model.encode(torch.from_numpy(mels).to(self.model.device, self.model.dtype)))
            self.progress("listening", min(first + len(batch), len(self.windows)), len(self.windows))
        return torch.cat(states)

    def write_context(
        self, context: ContextKind, charts: Sequence[ChartInProgress], sampling: Sampling
    ) -> list[list[EventGroup]]:
        """All groups of a context for each chart, given those of the contexts before it.

        Charts of one song are written side by side, since a step costs nearly the same for one row and for several.
        """
        vocabulary = self.spec.vocabulary
        choice = _time_choice(sampling, vocabulary)
        engine = Engine(self.model, vocabulary, Sampler(sampling, vocabulary), default_rules(vocabulary), choice)
        generators = [torch.Generator().manual_seed(chart.seed) for chart in charts]
        modes = [int(chart.attributes.mode) for chart in charts]
        written: list[list[EventGroup]] = [[] for _ in charts]
        with one_cpu_thread():
            for window in self.windows:
                rows = [self._row(window, context, *each) for each in zip(charts, written, strict=True)]
                engine.write(rows, self.encoder_states[window.index][None], [0] * len(rows), modes, generators)
                for row, groups in zip(rows, written, strict=True):
                    self._take(row, window, groups)
                self.progress(context.value, window.index + 1, len(self.windows))
        return written

    def _row(self, window: Window, context: ContextKind, chart: ChartInProgress, written: list[EventGroup]) -> Row:
        spec, grid = self.spec, self.spec.grid
        end_ms = window.start_ms + grid.window_ms
        finished = [
            Segment(c, spec.text.ids_of(groups_between(groups, window.start_ms, end_ms), window.start_ms))
            for c, groups in chart.contexts_before(context, spec)
        ]
        place = SongPlace(self.song_ms, window.start_ms)
        head = condition_ids(spec.vocabulary, spec.conditions, chart.attributes, place, tables=spec.tables)
        decided = groups_between(written, window.start_ms, end_ms)
        limit = int(PROMPT_SHARE * self.model.config.max_target_positions)
        while True:
            prompt = spec.layout.prompt(head, finished, context, spec.text.ids_of(decided, window.start_ms))
            if len(prompt) <= limit or not decided:
                break
            # A very dense passage: what is longest ago matters least.
            decided = decided[len(decided) // 4 + 1 :]
        # The first window's span begins with the song: nobody left anything to it.
        border_steps = BORDER_STEPS if window.index else 0
        first_value = grid.time_value(window.from_ms, window.start_ms) - border_steps
        is_last = window is self.windows[-1]
        end_value = grid.time_tokens if is_last else grid.time_value(window.to_ms, window.start_ms)
        row = Row(context, prompt[-limit:], first_value, end_value, _groups_at_once(context, chart.attributes))
        if context is ContextKind.MAP and not spec.encoding.types_first:
            before = groups_between(written, window.start_ms - LONGEST_OBJECT_MS, math.inf)
            row.grammar = _grammar_after(before[: len(before) - len(decided)], chart.attributes)
        return row

    def _take(self, row: Row, window: Window, written: list[EventGroup]) -> None:
        groups, stray = self.spec.text.groups_of(row.written_ids, window.start_ms)
        written += groups
        self.report.tokens += len(row.written_ids)
        name = row.context.value
        self.report.stray_events[name] = self.report.stray_events.get(name, 0) + stray


def _grammar_after(before: Sequence[EventGroup], attributes: Attributes) -> GrammarState:
    """The state of a row that does not see these groups but may end what they began."""
    state = GrammarState(attributes.mode, attributes.key_count or MAX_KEYS)
    for group in before:
        for event in group.events:
            state.read(event)
    state.enter_window()
    return state


def _time_choice(sampling: Sampling, vocabulary: Vocabulary) -> TimeChoice | None:
    if not sampling.time_threshold:
        return None
    temperature = sampling.kind_temperatures.get(EventKind.TIME, sampling.temperature)
    return TimeChoice(vocabulary, sampling.time_threshold, temperature if sampling.temperature > 0 else 0.0)


@contextmanager
def one_cpu_thread() -> Iterator[None]:
    """A step is too small to share: more threads wait for each other, several times as long where a core is busy."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def groups_between(groups: Sequence[EventGroup], start_ms: float, end_ms: float) -> Sequence[EventGroup]:
    """The groups with times in [start_ms, end_ms); groups are in time order."""
    low = bisect_left(groups, start_ms, key=lambda group: group.time_ms)
    high = bisect_left(groups, end_ms, key=lambda group: group.time_ms)
    return groups[low:high]


def _groups_at_once(context: ContextKind, attributes: Attributes) -> int:
    """How many groups can share a time: a mania chord, or the end of a slider's slide, of the slider, and an object."""
    if context is not ContextKind.MAP:
        return 1
    if attributes.mode is GameMode.MANIA:
        return 2 * (attributes.key_count or MAX_KEYS)
    return 4
