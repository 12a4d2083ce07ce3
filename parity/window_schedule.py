"""Song as the original generates it, to the token.

This covers windows, prompts, and the answers that it keeps.

`osuT5.generation.window_schedule` writes the better map. What differs here, besides the windows (`parity.windows`):

- Events are kept as they were written, group or not; prompts hold all of the window, the lookback included.
- A sequence ends at a time that an earlier or a later window decides; where types come first, the last type, which has
  lost its time, goes too. The end of the window is decided a step late (`eos_ids`).
- Prompts state what the vocabulary has tokens for, also what the model was not trained with (`parity_conditions`).
- A prompt that leaves no room is cut to the last half of the decoder's length in every context, then to a quarter, ...
- With guidance, the negative prompt forgets the mapper unless descriptors are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from feedback.errors import UserError
from osu_beatmap.attributes import Attributes
from osuT5.generation.decode_row import DecodeRow
from osuT5.tokens.conditions import PLAIN_SPEED_PERCENT, STATE_HOLDERS, SongPlace, condition_ids
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind, Event, EventKind
from osuT5.tokens.prompt import Segment
from osuT5.tokens.vocabulary import EOS_ID
from parity.event_stream import EventStream
from parity.logit_rules import eos_ids
from parity.windows import OriginalGrid, OriginalWindow

MAX_CUTS = 10


class PromptTooLong(UserError):
    """Conditions alone fill the decoder."""


@dataclass(slots=True)
class OriginalChart:
    """A chart that is being written.

    `negative` is what guidance leads away from; None without guidance.
    """

    attributes: Attributes
    negative: Attributes | None = None
    streams: dict[ContextKind, EventStream] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WindowTask:
    """One row to write: `row` has its prompts and what ends it.

    Lookback and lookahead are 0 where nothing is cut.
    """

    context: ContextKind
    window: OriginalWindow
    row: DecodeRow
    lookback_ms: float
    lookahead_ms: float


WriteWindow = Callable[[WindowTask], None]
"""Fills in `written_ids` and `end_id` of a task's row."""


def negative_attributes(attributes: Attributes, descriptors: Sequence[str]) -> Attributes:
    """Return the negative attributes of guidance.

    They have other descriptors, and no mapper if neither has descriptors.
    """
    keeps_mapper = bool(attributes.descriptors or descriptors)
    return replace(
        attributes,
        mapper_id=attributes.mapper_id if keeps_mapper else None,
        descriptors=tuple(descriptors),
    )


class OriginalWriter:
    """Writes contexts of charts of one song.

    `max_length`: tokens that a sequence may have, its prompt included.
    """

    def __init__(
        self,
        spec: Contract,
        grid: OriginalGrid,
        windows: Sequence[OriginalWindow],
        song_ms: float,
        max_length: int,
        write_window: WriteWindow,
    ) -> None:
        self.spec = spec
        self.grid = grid
        self.windows = windows
        self.song_ms = song_ms
        self.max_length = max_length
        self.write_window = write_window

    def write_context(
        self, context: ContextKind, chart: OriginalChart, begun: EventStream | None = None
    ) -> EventStream:
        """Return all events of a context, after those of `begun`.

        Earlier contexts of the chart condition them.
        """
        stream = begun or EventStream()
        for window in self.windows:
            task = self._task(context, chart, stream, window)
            self.write_window(task)
            stream = self._with_answer(stream, task)
        return stream

    def _task(
        self, context: ContextKind, chart: OriginalChart, stream: EventStream, window: OriginalWindow
    ) -> WindowTask:
        lookback_ms = 0.0 if window.is_first else self.grid.lookback_ms
        lookahead_ms = 0.0 if window.is_last else self.grid.lookahead_ms
        streams = self._streams_until(context, chart, stream)
        prompt, negative = self._prompts(chart, streams, window)
        ends = frozenset(eos_ids(self.spec.vocabulary, context, lookback_ms, lookahead_ms))
        row = DecodeRow(context, prompt, end_ids=ends, negative_ids=negative)
        return WindowTask(context, window, row, lookback_ms, lookahead_ms)

    def _streams_until(
        self, context: ContextKind, chart: OriginalChart, stream: EventStream
    ) -> dict[ContextKind, EventStream]:
        """Return the contexts of a prompt, in its order.

        The one in progress comes last.
        """
        order = self.spec.contexts_of(chart.attributes.mode)
        before = order[: order.index(context)]
        return {**{c: chart.streams[c] for c in before if c in chart.streams}, context: stream}

    def _prompts(
        self, chart: OriginalChart, streams: dict[ContextKind, EventStream], window: OriginalWindow
    ) -> tuple[list[int], list[int]]:
        """Return the prompt and the negative one.

        The latter is empty without guidance.
        """
        end_ms = window.start_ms + self.spec.grid.window_ms
        texts = {
            context: self._ids_of(stream.select_span(window.start_ms, end_ms), window.start_ms)
            for context, stream in streams.items()
        }
        place = self._place(streams, window.start_ms)
        longest = self.max_length
        prompt = self._prompt(chart.attributes, place, texts)
        for _ in range(MAX_CUTS):
            if len(prompt) < self.max_length:
                break
            longest //= 2
            texts = {context: ids[-longest:] for context, ids in texts.items()}
            prompt = self._prompt(chart.attributes, place, texts)
        if len(prompt) >= self.max_length:
            raise PromptTooLong("The conditions are too many for the model to read.")
        return prompt, self._prompt(chart.negative, place, texts) if chart.negative else []

    def _prompt(self, attributes: Attributes, place: SongPlace, texts: dict[ContextKind, list[int]]) -> list[int]:
        spec = self.spec
        conditions = spec.parity_conditions or spec.conditions
        head = condition_ids(spec.vocabulary, conditions, attributes, place, tables=spec.tables)
        *finished, (context, decided) = texts.items()
        return spec.layout.prompt(head, [Segment(*each) for each in finished], context, decided)

    def _place(self, streams: dict[ContextKind, EventStream], start_ms: int) -> SongPlace:
        """Return the place of a window.

        Kiai is stated if the model was trained with it; otherwise it is off if it is stated at all.
        """
        told = {
            kind: self._find_last_event(kind, streams, start_ms) for kind in (EventKind.KIAI, EventKind.SCROLL_SPEED)
        }
        kiai = told[EventKind.KIAI] if EventKind.KIAI in self.spec.conditions else None
        speed = told[EventKind.SCROLL_SPEED]
        return SongPlace(
            self.song_ms,
            start_ms,
            kiai=bool(kiai.value) if kiai else False,
            scroll_speed_percent=speed.value if speed else PLAIN_SPEED_PERCENT,
        )

    @staticmethod
    def _find_last_event(kind: EventKind, streams: dict[ContextKind, EventStream], start_ms: int) -> Event | None:
        """Return the last event of a kind before the window."""
        last = next((streams[context] for context in STATE_HOLDERS[kind] if context in streams), None)
        return None if last is None else last.last_before(kind, start_ms)

    def _ids_of(self, events: Iterable[Event], start_ms: int) -> list[int]:
        return [self.spec.vocabulary.encode_clipped(self._shift_to_window(event, start_ms)) for event in events]

    def _shift_to_window(self, event: Event, start_ms: int) -> Event:
        if event.kind is not EventKind.TIME:
            return event
        return event._replace(value=int((event.value - start_ms) / self.spec.grid.time_step_ms))

    def _with_answer(self, stream: EventStream, task: WindowTask) -> EventStream:
        """Return the stream with the window's own part of its answer."""
        start_ms = task.window.start_ms
        stream.extend(
            list(self._events_of(self._own_ids(task), start_ms)),
            start_ms + self.spec.grid.window_ms,
            self.spec.encoding.types_first,
        )
        return stream.cut_after(start_ms + self.grid.decided_ms) if task.lookahead_ms else stream

    def _own_ids(self, task: WindowTask) -> list[int]:
        """Return the generated ids without end marks.

        A time of another window at the end, and the type before that, are removed too.
        """
        vocabulary, row = self.spec.vocabulary, task.row
        ids = row.written_ids if row.end_id is None else [*row.written_ids, row.end_id]
        marks = (EOS_ID, vocabulary.context_eos(task.context))
        while ids and ids[-1] in marks:
            ids = ids[:-1]
        last = vocabulary.decode(ids[-1]) if ids else None
        if last is None or last.kind is not EventKind.TIME:
            return ids
        step_ms = self.spec.grid.time_step_ms
        is_later = task.lookahead_ms > 0 and last.value >= int(self.grid.decided_ms / step_ms)
        is_earlier = task.lookback_ms > 0 and last.value < int(self.grid.lookback_ms / step_ms)
        if not (is_later or is_earlier):
            return ids
        return ids[:-2] if self.spec.encoding.types_first else ids[:-1]

    def _events_of(self, ids: Iterable[int], start_ms: int) -> Iterable[Event]:
        """Yield events in song time; times are the middles of steps."""
        for token_id in ids:
            if token_id == EOS_ID:
                return
            event = self.spec.vocabulary.decode(token_id)
            if event is not None and event.kind is EventKind.TIME:
                yield event._replace(value=int(self.spec.grid.time_ms(event.value, start_ms)))
            elif event is not None:
                yield event
