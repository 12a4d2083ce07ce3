"""Order of windows and contexts: a whole song as event groups.

Contexts follow each other over the whole song, so a window of a later context knows what the earlier ones hold in
all of the window, also in its lookahead. The audio is encoded once for all of them.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from feedback.progress import Progress, Stage, silent
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osu_beatmap.rules.settings import MAX_KEYS
from osuT5.generation.audio_encoder import AudioEncoder, BackgroundEncoder, has_idle_core
from osuT5.generation.batching.parallel_contexts import Requests, write_side_by_side
from osuT5.generation.chart_state import ChartState, groups_between, last_value
from osuT5.generation.decode_loop import DecodeLoop
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.rules.grammar import GrammarState, is_published
from osuT5.generation.rules.group_shapes import ShapeGrammar
from osuT5.generation.rules.ratio_targets import count, find_ratio_targets
from osuT5.generation.sampling.row_choice import Guidance, RowChoice
from osuT5.generation.sampling.sampler import Sampler, Sampling
from osuT5.generation.threads import cpu_threads
from osuT5.model.decoding.row_decoder import EncodedWindow
from osuT5.rhythm.features import SongAudio
from osuT5.tokens.conditions import PLAIN_SPEED_PERCENT, STATE_HOLDERS, SongPlace, condition_ids
from osuT5.tokens.contract import Contract
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import TYPE_KINDS, ContextKind, EventGroup, EventKind
from osuT5.tokens.prompt import InputSegment, Segment
from osuT5.tokens.windows import LOOKAHEAD, LOOKBACK, Window

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel

LONGEST_OBJECT_MS = 30_000.0
"""How far back an object may have begun that ends in a window."""

PROMPT_SHARE = 0.75
"""At most this share of the decoder's length is prompt, so that room to write remains."""

BORDER_STEPS = 2
"""So far before its own span a window may still place what the window before left to it.

Two windows place one sound up to a step or two apart: what stands on their border each would leave to the other.
"""


GUIDED_CONTEXTS = frozenset({ContextKind.MAP, ContextKind.SV})


@dataclass(slots=True)
class GenerationReport:
    """Unusable events of the model, by context.

    notes: sentences for the user
    """

    stray_events: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    tokens: int = 0
    windows: int = 0


class SongGenerator:
    """Generator of contexts of the charts of one song with one model.

    Without a model, all contexts are given: a map model generates them.
    """

    def __init__(
        self,
        model: MapperModel | None,
        spec: Contract,
        mel: np.ndarray | None,
        song_ms: float,
        lookback: float = LOOKBACK,
        lookahead: float = LOOKAHEAD,
        progress: Progress = silent,
        samples: np.ndarray | None = None,
    ) -> None:
        self.model = model
        self.spec = spec
        self.song_ms = song_ms
        self.windows = spec.grid.windows(song_ms, lookback, lookahead)
        self.progress = progress
        self.report = GenerationReport(windows=len(self.windows))
        self.listener = AudioEncoder(model, spec, mel, song_ms, samples)
        self.audio = None if samples is None else SongAudio(samples, spec.grid.sample_rate)
        self.heard_windows: dict[tuple, EncodedWindow] = {}
        self._states: dict[tuple, Tensor] = {}
        self._ahead: BackgroundEncoder | None = None

    def select_part(self, start_ms: float, end_ms: float) -> SongGenerator:
        """Return a generator of a part of the song, sharing encoded windows."""
        part = copy.copy(self)
        kept = [window for window in self.windows if window.to_ms > start_ms and window.from_ms < end_ms]
        part.windows = [
            replace(window, index=index, from_ms=max(window.from_ms, start_ms), to_ms=min(window.to_ms, end_ms))
            for index, window in enumerate(kept)
        ]
        part.report = GenerationReport(windows=len(kept))
        part._states, part._ahead = {}, None
        if self._ahead is not None or self.__dict__.get("encoder_states") is not None:
            part.encoder_states = self.encoder_states[[window.index for window in kept]]
        return part

    @cached_property
    def encoder_states(self) -> Tensor | None:
        """Encoder states [windows, positions, d]; None if they depend on the chart."""
        if self.model.audio_conditions:
            return None
        if self._ahead is None:
            return self._encode(None)
        ahead, self._ahead = self._ahead, None
        return ahead.whole()

    def _encode(self, attributes: Attributes | None) -> Tensor:
        return self.listener.encode(self.windows, attributes, self.progress)

    def encoder_key(self, chart: ChartState) -> tuple | None:
        """Return what of a chart the encoder depends on; None if nothing."""
        if not self.model.audio_conditions:
            return None
        return chart.attributes.difficulty, chart.attributes.mapper_id

    def states_for(self, chart: ChartState) -> Tensor:
        """Return encoder states of all windows for a chart [windows, positions, d]."""
        if self.encoder_states is not None:
            return self.encoder_states
        key = self.encoder_key(chart)
        if key not in self._states:
            self._states[key] = self._encode(chart.attributes)
        return self._states[key]

    def states_of(self, index: int, chart: ChartState) -> Tensor:
        """Return encoder states of a window for a chart [positions, d]."""
        if self.model.audio_conditions or "encoder_states" in self.__dict__ or not has_idle_core():
            return self.states_for(chart)[index]
        if self._ahead is None:
            self._ahead = self.listener.encode_ahead(self.windows)
        return self._ahead[index]

    def encoded_window(self, index: int, chart: ChartState) -> EncodedWindow:
        """Return a cached window for rows on a CPU."""
        key = (self.windows[index].start_frame, self.encoder_key(chart))
        if key not in self.heard_windows:
            self.heard_windows[key] = self.model.row_decoder.prepare_window(self.states_of(index, chart))
        return self.heard_windows[key]

    def states_of_charts(self, window: Window, charts: Sequence[ChartState]) -> tuple[Tensor, list[int]]:
        """Return encoder states of a window, and the index of each chart's."""
        if self.encoder_states is not None:
            return self.encoder_states[window.index][None], [0] * len(charts)
        return torch.stack([self.states_for(chart)[window.index] for chart in charts]), list(range(len(charts)))

    def write_context(
        self,
        context: ContextKind,
        charts: Sequence[ChartState],
        sampling: Sampling,
    ) -> list[list[EventGroup]]:
        """Return all groups of a context for each chart.

        The contexts before it are given. Guidance leads them away from their `negative` attributes, where all of them
        have some.
        """
        copies = [replace(chart, contexts=dict(chart.contexts)) for chart in charts]
        self.fill_in([(context, chart) for chart in copies], sampling)
        return [chart.contexts[context] for chart in copies]

    def fill_in(self, requests: Requests, sampling: Sampling) -> None:
        """Fill in contexts of charts, in the given order per chart.

        Charts of one song are decoded in parallel, since a step costs nearly the same for one row and for several. So
        are contexts, if the model is ready to generate on a CPU. Contexts that read the objects of a map wait for all
        of them, since an unfinished one may end anywhere.
        """
        for is_after_map in (False, True):
            part = [
                (context, chart) for context, chart in requests if self._is_after_map(context, chart) is is_after_map
            ]
            if not part:
                continue
            with cpu_threads(self.model):
                if self.model.row_decoder is not None:
                    guided = {context: _guidance(context, _charts_of(context, part), sampling) for context, _ in part}
                    write_side_by_side(self, part, RowChoice(Sampler(sampling, self.spec)), guided)
                else:
                    self._fill_in_turn(part, sampling)

    def _fill_in_turn(self, requests: Requests, sampling: Sampling) -> None:
        """Fill in one context after the other, for all charts at once."""
        for context in dict.fromkeys(context for context, _ in requests):
            charts = _charts_of(context, requests)
            engine = DecodeLoop(self.model, self.spec.vocabulary, guidance=_guidance(context, charts, sampling))
            choice = RowChoice(Sampler(sampling, self.spec))
            generators = [torch.Generator().manual_seed(chart.seed) for chart in charts]
            modes = [int(chart.attributes.mode) for chart in charts]
            written = [list(chart.begun.get(context, ())) for chart in charts]
            for window in self.windows:
                rows = [self.row(window, context, *each) for each in zip(charts, written, strict=True)]
                for row, generator in zip(rows, generators, strict=True):
                    row.generator = generator
                engine.write(rows, *self.states_of_charts(window, charts), modes, choice)
                for row, groups in zip(rows, written, strict=True):
                    self.take(row, window, groups)
                self.progress(Stage(context.value), window.index + 1, len(self.windows))
            for chart, groups in zip(charts, written, strict=True):
                chart.contexts[context] = groups
        steps = self.model.graphed_steps
        if steps is not None and steps.problem is not None:
            self.report.notes = [steps.problem]

    def _is_after_map(self, context: ContextKind, chart: ChartState) -> bool:
        order = self.spec.contexts_of(chart.attributes.mode)
        return {context, ContextKind.MAP} <= set(order) and order.index(context) > order.index(ContextKind.MAP)

    def first_ms(self, window: Window) -> float:
        """Return the earliest time that a window may decide."""
        return window.from_ms - (BORDER_STEPS + 1) * self.spec.grid.time_step_ms

    def row(self, window: Window, context: ContextKind, chart: ChartState, written: Sequence[EventGroup]) -> DecodeRow:
        """Return a row whose prompt has the chart's contexts up to `written`."""
        spec, grid = self.spec, self.spec.grid
        end_ms = window.start_ms + grid.window_ms
        finished = [
            Segment(c, spec.text.ids_of(groups_between(groups, window.start_ms, end_ms), window.start_ms))
            for c, groups in chart.contexts_before(context, spec)
        ]
        place = self._place(window, {**dict(chart.contexts_before(context, spec)), context: written})
        head = self._head(chart.attributes, place)
        decided = groups_between(written, window.start_ms, end_ms)
        limit = int(PROMPT_SHARE * self.model.config.max_target_positions)
        while True:
            decided_ids = spec.text.ids_of(decided, window.start_ms)
            prompt = spec.layout.prompt(head, finished, context, decided_ids)
            if len(prompt) <= limit or not decided:
                break
            # A very dense passage: what is longest ago matters least.
            decided = decided[len(decided) // 4 + 1 :]
        inputs = self._inputs(chart, window, limit - len(prompt))
        prompt = spec.layout.prompt(head, finished, context, decided_ids, inputs)
        # The first window's span begins with the requested part: no earlier window left anything to it.
        border_steps = BORDER_STEPS if window.index else 0
        first_value = grid.time_value(window.from_ms, window.start_ms) - border_steps
        is_last = window.to_ms >= self.song_ms
        end_value = grid.time_tokens if is_last else grid.time_value(window.to_ms, window.start_ms)
        row = DecodeRow(
            context, prompt[-limit:], first_value, end_value, groups_at_once(context, chart.attributes, spec)
        )
        objects = written if context is ContextKind.MAP else chart.contexts.get(ContextKind.MAP, ())
        row.shares = find_ratio_targets(context, chart.attributes, objects, window, grid, spec.encoding)
        so_far = groups_between(written, -math.inf, end_ms)
        count(row.shares, so_far[: len(so_far) - len(decided)])
        if chart.negative is not None:
            head = self._head(chart.unlike(objects), place)
            row.negative_ids = spec.layout.prompt(head, finished, context, decided_ids, inputs)[-limit:]
        row.grammar = _grammar(context, chart.attributes, spec.encoding)
        if row.grammar is not None:
            before = groups_between(written, window.start_ms - LONGEST_OBJECT_MS, math.inf)
            row.grammar.skip(event for group in before[: len(before) - len(decided)] for event in group.events)
        return row

    def _inputs(self, chart: ChartState, window: Window, room: int) -> list[InputSegment]:
        """Return the chart's inputs, cut to the room left, as in training."""
        segments = []
        for given in chart.inputs:
            head: list[int] = []
            if given.attributes is not None:
                head = self._head(given.attributes, self._place(window, {ContextKind.MAP: given.groups}))
            room -= 2 + len(head)
            heard = groups_between(given.groups, window.start_ms, window.start_ms + self.spec.grid.window_ms)
            ids = self.spec.text.ids_of(heard, window.start_ms)[: max(0, room)]
            room -= len(ids)
            segments.append(InputSegment(given.context, ids, head))
        return segments

    def _head(self, attributes: Attributes, place: SongPlace) -> list[int]:
        spec = self.spec
        return condition_ids(spec.vocabulary, spec.conditions, attributes, place, tables=spec.tables)

    def _place(self, window: Window, contexts: dict[ContextKind, Sequence[EventGroup]]) -> SongPlace:
        """Return the place of a window, with kiai and speed before it."""
        told = {}
        for kind, holders in STATE_HOLDERS.items():
            groups = next((contexts[context] for context in holders if context in contexts), ())
            if kind in self.spec.conditions:
                told[kind] = last_value(kind, groups, window.start_ms)
        step_percent = self.spec.encoding.scroll_speed_step_percent
        speed = told.get(EventKind.SCROLL_SPEED)
        return SongPlace(
            self.song_ms,
            window.start_ms,
            kiai=bool(told.get(EventKind.KIAI)),
            scroll_speed_percent=PLAIN_SPEED_PERCENT if speed is None else speed * step_percent,
        )

    def take(self, row: DecodeRow, window: Window, written: list[EventGroup]) -> None:
        """Add the groups of a row that has ended."""
        ids = row.written_ids
        last = self.spec.vocabulary.decode(ids[-1]) if ids else None
        if self.spec.encoding.types_first and last is not None and last.kind in TYPE_KINDS:
            ids = ids[:-1]  # its time belonged to a later window
        last_ms = written[-1].time_ms if written else None
        groups, stray = self.spec.text.groups_of(ids, window.start_ms, last_ms)
        written += groups
        self.report.tokens += len(row.written_ids)
        name = row.context.value
        self.report.stray_events[name] = self.report.stray_events.get(name, 0) + stray


def _charts_of(context: ContextKind, requests: Requests) -> list[ChartState]:
    return [chart for each, chart in requests if each is context]


def _guidance(context: ContextKind, charts: Sequence[ChartState], sampling: Sampling) -> Guidance | None:
    """Return the guidance of a context; beats and kiai sections have none."""
    if sampling.guidance_scale == 1 or context not in GUIDED_CONTEXTS:
        return None
    return Guidance(sampling.guidance_scale) if all(chart.negative is not None for chart in charts) else None


def _grammar(context: ContextKind, attributes: Attributes, encoding: EncodingSpec) -> GrammarState | None:
    """Return a grammar at its start.

    The bundled model needs one for maps only.
    """
    mode, keys = attributes.mode, attributes.key_count or MAX_KEYS
    if is_published(encoding):
        return ShapeGrammar(mode, keys, encoding=encoding, context=context)
    return GrammarState(mode, keys) if context is ContextKind.MAP else None


def groups_at_once(context: ContextKind, attributes: Attributes, contract: Contract) -> int:
    """Return how many groups can share a time.

    They are a mania chord, or the ends of a slide and of its slider, and an object.
    """
    if context is not ContextKind.MAP:
        return 1
    if attributes.mode is GameMode.MANIA:
        return 2 * (attributes.key_count or MAX_KEYS)
    return 5 if contract.encoding.timing_in_map else 4
