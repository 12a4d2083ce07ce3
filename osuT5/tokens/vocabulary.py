"""Events as token ids: a vocabulary is a list of ranges.

Layout of the ids, as in the published models: pad, sos, eos; then an (sos, eos) pair for each context; then the output
ranges, which the model can write; then the input ranges, which only a prompt can hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from osuT5.tokens.events import ContextKind, Event, EventKind

PAD_ID = 0
SOS_ID = 1
EOS_ID = 2

IGNORED_LABEL = -100
"""In place of an id: nothing is to be learned here (the value that torch's cross entropy leaves out)."""


@dataclass(frozen=True, slots=True)
class EventRange:
    """Events of one kind with values from `low` to `high` inclusive."""

    kind: EventKind
    low: int
    high: int

    @property
    def size(self) -> int:
        return self.high - self.low + 1


@dataclass(frozen=True)
class Vocabulary:
    """The bijection between events and token ids.

    `contexts` without a range of their own get ids in the order given; a model without context tokens (V30) has none,
    and writes one context only, between sos and eos.
    """

    output_ranges: tuple[EventRange, ...]
    input_ranges: tuple[EventRange, ...] = ()
    contexts: tuple[ContextKind, ...] = ()
    _starts: dict[EventKind, int] = field(init=False, repr=False, compare=False)
    _ranges: dict[EventKind, EventRange] = field(init=False, repr=False, compare=False)
    _events: list[Event | None] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts: dict[EventKind, int] = {}
        ranges: dict[EventKind, EventRange] = {}
        events: list[Event | None] = [None] * self.first_event_id
        for event_range in (*self.output_ranges, *self.input_ranges):
            assert event_range.kind not in starts, f"{event_range.kind} has two ranges"
            starts[event_range.kind] = len(events)
            ranges[event_range.kind] = event_range
            events.extend(Event(event_range.kind, value) for value in range(event_range.low, event_range.high + 1))
        for name, value in (("_starts", starts), ("_ranges", ranges), ("_events", events)):
            object.__setattr__(self, name, value)

    @property
    def first_event_id(self) -> int:
        return 3 + 2 * len(self.contexts)

    @property
    def size_out(self) -> int:
        """Number of ids that the model can write."""
        return self.first_event_id + sum(r.size for r in self.output_ranges)

    @property
    def output_kinds(self) -> tuple[EventKind | None, ...]:
        """Kinds of the output ids, in the order of the ids.

        They are None for the marks, which come first.
        """
        return (None, *(r.kind for r in self.output_ranges))

    @property
    def output_kind_sizes(self) -> tuple[int, ...]:
        """Number of ids of each of `output_kinds`."""
        return (self.first_event_id, *(r.size for r in self.output_ranges))

    @property
    def output_kind_of_id(self) -> list[int]:
        """Index in `output_kinds` of each output id."""
        return [index for index, size in enumerate(self.output_kind_sizes) for _ in range(size)]

    @property
    def size_in(self) -> int:
        """Number of ids that the model can read."""
        return len(self._events)

    def context_sos(self, context: ContextKind) -> int:
        return 3 + 2 * self.contexts.index(context) if self.contexts else SOS_ID

    def context_eos(self, context: ContextKind) -> int:
        return self.context_sos(context) + 1 if self.contexts else EOS_ID

    def __contains__(self, kind: EventKind) -> bool:
        return kind in self._starts

    def range_of(self, kind: EventKind) -> EventRange:
        return self._ranges[kind]

    def ids_of(self, kind: EventKind) -> range:
        """Return the ids of a kind's events.

        They are empty if the vocabulary lacks the kind.
        """
        if kind not in self._starts:
            return range(0)
        start = self._starts[kind]
        return range(start, start + self._ranges[kind].size)

    def encode(self, event: Event) -> int:
        """Return the id of an event.

        Raises:
            ValueError: Its kind or value is not in the vocabulary.
        """
        event_range = self._ranges.get(event.kind)
        if event_range is None:
            raise ValueError(f"the vocabulary has no {event.kind.value} events")
        if not event_range.low <= event.value <= event_range.high:
            raise ValueError(f"{event.kind.value} {event.value} is outside {event_range.low}..{event_range.high}")
        return self._starts[event.kind] + event.value - event_range.low

    def encode_clipped(self, event: Event) -> int:
        """Return the id of this kind's event with the nearest value."""
        event_range = self._ranges[event.kind]
        value = min(max(event.value, event_range.low), event_range.high)
        return self._starts[event.kind] + value - event_range.low

    def decode(self, token_id: int) -> Event | None:
        """Return the event of an id, or None.

        Pad, sos, eos, context marks and ids outside the vocabulary have none.
        """
        return self._events[token_id] if 0 <= token_id < len(self._events) else None

    def to_json(self) -> dict:
        def rows(ranges: Iterable[EventRange]) -> list[list]:
            return [[r.kind.value, r.low, r.high] for r in ranges]

        return {
            "output_ranges": rows(self.output_ranges),
            "input_ranges": rows(self.input_ranges),
            "contexts": [context.value for context in self.contexts],
        }

    @classmethod
    def from_json(cls, data: dict) -> Vocabulary:
        def ranges(rows: list[list]) -> tuple[EventRange, ...]:
            return tuple(EventRange(EventKind(kind), low, high) for kind, low, high in rows)

        return cls(
            output_ranges=ranges(data["output_ranges"]),
            input_ranges=ranges(data["input_ranges"]),
            contexts=tuple(ContextKind(name) for name in data["contexts"]),
        )
