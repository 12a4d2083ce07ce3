"""One chart in one window as the decoder's input and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from osuT5.dataset.contexts import ContextPlan, context_mix
from osuT5.dataset.errors import CorpusError
from osuT5.dataset.files.chart_record import stars_at
from osuT5.dataset.mirror import Mirror, mirror_table, mirrors_of
from osuT5.dataset.options import AugmentationOptions, BatchOptions
from osuT5.dataset.training_songs import Chart, TrainingSong
from osuT5.tokens.conditions import (
    ALWAYS_KNOWN,
    CONDITIONS,
    PLAIN_SPEED_PERCENT,
    STATE_HOLDERS,
    TABLE_KINDS,
    SongPlace,
    condition_ids,
)
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind, EventKind
from osuT5.tokens.prompt import InputSegment, Segment
from osuT5.tokens.vocabulary import IGNORED_LABEL
from osuT5.tokens.windows import LOOKAHEAD, LOOKBACK

CONTINUATION_SHARES = {ContextKind.TIMING: 0.2, ContextKind.MAP: 0.7}
"""How often a context is the one that a continuation row is about, beside 0.1 for each other."""

WHOLE_LOOKBACK_SHARE = 0.3
"""How many of the gaps are all of the lookback."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Section of a song, played `speed` times as fast.

    With `rerated`, its charts are rated at that speed.
    """

    song: TrainingSong
    start_frame: int
    speed: float = 1.0
    rerated: bool = False


@dataclass(frozen=True, slots=True)
class _View:
    """View of a row: a window of its song, mirrored or not.

    It also holds the first part that is given to the row.
    """

    start_ms: float
    speed: float
    mirror: Mirror
    given_until_ms: float


class RowWriter:
    """Writes rows for one model.

    Without `augmentation` every row is the whole window as it is.
    """

    def __init__(self, contract: Contract, options: BatchOptions, augmentation: AugmentationOptions | None) -> None:
        self.contract = contract
        self.options = options
        self.augmentation = augmentation
        self.contexts = context_mix(options.contexts, contract)
        self._time_ids = contract.vocabulary.ids_of(EventKind.TIME)
        self._dropouts = _dropouts(contract, augmentation) if augmentation else {}
        self._tables: dict[tuple[Mirror, int | None], np.ndarray] = {}

    def row(self, cut: Cut, chart: Chart, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return decoder input and labels of one chart in one window.

        Each is [tokens].
        """
        options, layout = self.augmentation, self.contract.layout
        plan = self.contexts.draw(chart.attributes.mode, self.contract, rng)
        view = self._view(cut, chart, rng)
        if options and rng.random() < options.continuation_probability:
            segments = self._continuation(chart, plan, view, rng)
        else:
            segments = self._whole_window(chart, plan, view)
        head = self._condition_ids(cut, chart, view, rng)
        inputs = self._inputs(cut, chart, plan, view, self._room(head, segments), rng) if plan.inputs else []
        ids, mask = layout.render(head, segments, inputs, self.options.learn_marks)
        first_event = len(layout.head(head, inputs))
        ids = np.array(ids[: self.options.max_tokens + 1])
        mask = np.array(mask[: self.options.max_tokens + 1])
        labels = np.where(mask[1:], ids[1:], IGNORED_LABEL)
        return self._disturb(ids[:-1], first_event, rng), labels

    def _view(self, cut: Cut, chart: Chart, rng: np.random.Generator) -> _View:
        options = self.augmentation
        start_ms = cut.start_frame * self.contract.grid.frame_ms
        mirror, given_until_ms = Mirror.NONE, start_ms
        if options and options.mirror:
            mirrors = mirrors_of(chart.attributes.mode)
            mirror = mirrors[rng.integers(len(mirrors))]
        if options and rng.random() < options.lookback_probability:
            given_until_ms += options.lookback * self.contract.grid.window_ms * cut.speed
        return _View(start_ms, cut.speed, mirror, given_until_ms)

    # ---- contexts ----

    def _whole_window(self, chart: Chart, plan: ContextPlan, view: _View) -> list[Segment]:
        given = [Segment(context, self._ids(chart, context, view), learned=False) for context in plan.in_place]
        known = {c: chart.streams[c].ids_between(view.start_ms, view.given_until_ms) for c in plan.written}
        return given + [
            Segment(context, self._ids(chart, context, view), known=known[context]) for context in plan.written
        ]

    def _continuation(self, chart: Chart, plan: ContextPlan, view: _View, rng: np.random.Generator) -> list[Segment]:
        """Return one context as a continuation in the middle of a song.

        All contexts before it precede it.
        """
        shares = np.array([CONTINUATION_SHARES.get(context, 0.1) for context in plan.written])
        target = plan.written[rng.choice(len(plan.written), p=shares / shares.sum())]
        window_ms = self.contract.grid.window_ms * view.speed
        cut_ms = view.start_ms + LOOKBACK * window_ms
        left_ms = rng.uniform(view.start_ms, cut_ms) if rng.random() < self.augmentation.gap_probability else cut_ms
        if rng.random() < WHOLE_LOOKBACK_SHARE * (left_ms < cut_ms):
            left_ms = view.start_ms
        # The first time in the lookahead ends a window; nothing after it is generated.
        ends_ms = chart.streams[target].next_time_ms(view.start_ms + (1 - LOOKAHEAD) * window_ms)
        end_ms = min(ends_ms + 1.0, view.start_ms + window_ms)
        before = [*plan.in_place, *plan.written[: plan.written.index(target)]]
        segments = [Segment(context, self._ids(chart, context, view), learned=False) for context in before]
        ids = self._ids(chart, target, view, end_ms, (left_ms, cut_ms))
        return [*segments, Segment(target, ids, closed=ends_ms >= view.start_ms + window_ms)]

    def _ids(
        self,
        chart: Chart,
        context: ContextKind,
        view: _View,
        end_ms: float | None = None,
        gap_ms: tuple[float, float] | None = None,
    ) -> np.ndarray:
        """Return the mirrored ids of a context in the window.

        They go up to `end_ms` of the song.
        """
        if end_ms is None:
            end_ms = view.start_ms + self.contract.grid.window_ms * view.speed
        ids, _ = chart.streams[context].window(
            view.start_ms, end_ms, self.contract.grid, self._time_ids.start, view.speed, gap_ms
        )
        return self._mirror(ids, view.mirror, chart.attributes.key_count)

    def _mirror(self, ids: np.ndarray, mirror: Mirror, key_count: int | None) -> np.ndarray:
        if mirror is Mirror.NONE:
            return ids
        if (mirror, key_count) not in self._tables:
            self._tables[mirror, key_count] = mirror_table(
                self.contract.vocabulary, self.contract.encoding, mirror, key_count
            )
        return self._tables[mirror, key_count][ids]

    def _room(self, head: Sequence[int], segments: Sequence[Segment]) -> int:
        """Return the number of ids left for inputs."""
        layout = self.contract.layout
        ids, _ = layout.render(head, segments, (), self.options.learn_marks)
        # The marks of an empty input, which are then not there.
        marks = 2 if layout.marks_empty_input else 0
        return self.options.max_tokens + 1 - (len(ids) - marks)

    def _inputs(
        self, cut: Cut, chart: Chart, plan: ContextPlan, view: _View, room: int, rng: np.random.Generator
    ) -> list[InputSegment]:
        """Return the inputs of a map, cut to the room left.

        A lone chart has no guest difficulty.
        """
        inputs = []
        for context in plan.inputs:
            head: Sequence[int] = ()
            source, stream = chart, context
            if context is ContextKind.GD:
                others = [other for other in cut.song.charts if other is not chart and not other.converted]
                if not others:
                    continue
                source, stream = others[rng.integers(len(others))], ContextKind.MAP
                head = self._condition_ids(cut, source, view, rng)
            room -= 2 + len(head)
            ids = self._ids(source, stream, view)[: max(0, room)]
            room -= len(ids)
            inputs.append(InputSegment(context, ids, head))
        return inputs

    # ---- conditions ----

    def _condition_ids(self, cut: Cut, chart: Chart, view: _View, rng: np.random.Generator) -> list[int]:
        contract = self.contract
        forget = frozenset(kind for kind, share in self._dropouts.items() if rng.random() < share)
        attributes = chart.attributes
        if cut.rerated:
            attributes = replace(attributes, difficulty=stars_at(chart.star_ratings, cut.speed))
        place = SongPlace(
            cut.song.song_ms / cut.speed,
            view.start_ms / cut.speed,
            kiai=bool(self._state(chart, EventKind.KIAI, view.start_ms, 0)),
            scroll_speed_percent=self._state(chart, EventKind.SCROLL_SPEED, view.start_ms, PLAIN_SPEED_PERCENT),
        )
        return condition_ids(contract.vocabulary, contract.conditions, attributes, place, forget, contract.tables)

    def _state(self, chart: Chart, kind: EventKind, time_ms: float, otherwise: int) -> int:
        """Return the state before a time, if a condition uses it."""
        if kind not in self.contract.conditions:
            return otherwise
        holder = next((chart.streams[c] for c in STATE_HOLDERS[kind] if c in chart.streams), None)
        last = holder and holder.last_id(self.contract.vocabulary.ids_of(kind), time_ms)
        if last is None:
            return otherwise
        value = self.contract.vocabulary.decode(last).value
        return value * self.contract.encoding.scroll_speed_step_percent if kind is EventKind.SCROLL_SPEED else value

    # ---- what only the input shows ----

    def _disturb(self, ids: np.ndarray, first_event: int, rng: np.random.Generator) -> np.ndarray:
        """Vary times and snap divisors of the input slightly.

        The variation starts at the first event.
        """
        options = self.augmentation
        if not options:
            return ids
        is_event = np.arange(len(ids)) >= first_event
        if rng.random() < options.time_jitter_probability:
            steps, times = options.time_jitter_steps, self._time_ids
            is_time = is_event & (ids >= times.start) & (ids < times.stop)
            moved = ids + rng.integers(-steps, steps + 1, size=len(ids))
            moved += rng.integers(-options.time_shift_steps, options.time_shift_steps + 1)
            ids = np.where(is_time, np.clip(moved, times.start, times.stop - 1), ids)
        snaps = self.contract.vocabulary.ids_of(EventKind.SNAPPING)
        if options.snapping_probability and snaps:
            is_snap = is_event & (ids >= snaps.start) & (ids < snaps.stop)
            is_hit = is_snap & (rng.random(len(ids)) < options.snapping_probability)
            ids = np.where(is_hit, rng.integers(snaps.start, snaps.stop, size=len(ids)), ids)
        return ids


def _dropouts(contract: Contract, options: AugmentationOptions) -> dict[EventKind, float]:
    """Return the probability of hiding each condition of a model.

    Raises:
        CorpusError: No condition has such a name.
    """
    known = {
        kind.value: kind for kind in contract.conditions if kind not in ALWAYS_KNOWN and _has_unknown(kind, contract)
    }
    names = {kind.value for kind in (*CONDITIONS, *TABLE_KINDS)}
    for name, share in options.condition_dropouts.items():
        if name not in names:
            raise CorpusError(f"augmentation.condition_dropouts: there is no condition {name}.")
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise CorpusError(f"augmentation.condition_dropouts: {name} must be within 0..1, got {share!r}.")
    return {kind: options.condition_dropouts.get(name, options.condition_dropout) for name, kind in known.items()}


def _has_unknown(kind: EventKind, contract: Contract) -> bool:
    """Return whether the vocabulary has a class for an unknown condition."""
    return kind in TABLE_KINDS or CONDITIONS[kind].unknown.value <= contract.vocabulary.range_of(kind).high
