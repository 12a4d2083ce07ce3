"""Events of a song with times, as the original stores them.

Groups are not considered, so events that a window separates stay separate. Anchors, which state no time, are spread
evenly between the times before and after them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, PLAYFIELD_WIDTH_PX
from osuT5.encoding.groups import ANCHOR_KINDS
from osuT5.encoding.hit_objects.positions import read_position_as_published
from osuT5.encoding.writer import whole_ms
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import SUSTAIN_KINDS, TYPE_KINDS, Event, EventGroup, EventKind

TIMED_KINDS = TYPE_KINDS - ANCHOR_KINDS - SUSTAIN_KINDS


@dataclass(slots=True)
class EventStream:
    """Stream of events with times.

    `times_ms` are whole milliseconds from the start of the song, as are the values of TIME events.
    """

    events: list[Event] = field(default_factory=list)
    times_ms: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, groups: Iterable[EventGroup]) -> EventStream:
        stream = cls()
        for group in groups:
            stream.events += group.events
            stream.times_ms += [whole_ms(group.time_ms)] * len(group.events)
        return stream

    def extend(self, events: Sequence[Event], end_ms: float, types_first: bool) -> None:
        """Add events; their times follow from their TIME events.

        `end_ms` bounds anchors after the last of these.
        """
        start = len(self.events)
        self.events += events
        if events:
            self._state_times(start, types_first)
            self._spread_anchors(start, end_ms, types_first)

    def retime(self, end_ms: float, types_first: bool) -> EventStream:
        """Return the events with times as if added at once."""
        stream = EventStream()
        stream.extend(self.events, end_ms, types_first)
        return stream

    def select_span(self, start_ms: float, end_ms: float) -> list[Event]:
        """Return the events of a span.

        They go from the last one before `start_ms` to the last one before `end_ms`.
        """
        return self.events[self._index_after(start_ms) : self._index_after(end_ms)]

    def last_before(self, kind: EventKind, time_ms: float) -> Event | None:
        """Return the last event of a kind before `time_ms`."""
        pairs = zip(reversed(self.events), reversed(self.times_ms), strict=True)
        return next((event for event, own_ms in pairs if event.kind is kind and own_ms < time_ms), None)

    def cut_after(self, time_ms: float) -> EventStream:
        """Return a copy without the last events that are after a time."""
        stop = len(self.times_ms)
        while stop and self.times_ms[stop - 1] > time_ms:
            stop -= 1
        return EventStream(self.events[:stop], self.times_ms[:stop])

    def cut_before(self, time_ms: float) -> EventStream:
        """Return a copy without the events before a time."""
        kept = [index for index, own_ms in enumerate(self.times_ms) if own_ms >= time_ms]
        return EventStream([self.events[index] for index in kept], [self.times_ms[index] for index in kept])

    def concatenate(self, other: EventStream) -> EventStream:
        return EventStream(self.events + other.events, self.times_ms + other.times_ms)

    def merge(self, other: EventStream) -> EventStream:
        """Merge two streams by time; ties take this one first.

        Each keeps its own order.
        """
        result = EventStream()
        streams = (zip(stream.events, stream.times_ms, strict=True) for stream in (self, other))
        for event, time_ms in heapq.merge(*streams, key=itemgetter(1)):
            result._add(event, time_ms)
        return result

    def convert_to_pixels(self, spec: EncodingSpec, key_count: int) -> EventStream:
        """Return the stream with positions as pairs of whole pixels.

        Columns become such pairs, too, if `key_count` is given.
        """
        result = EventStream()
        for index, (event, time_ms) in enumerate(zip(self.events, self.times_ms, strict=True)):
            if event.kind in (EventKind.POSITION_X, EventKind.POSITION_Y):
                result._add(event._replace(value=event.value * spec.position_cell_px), time_ms)
            elif event.kind is EventKind.POSITION:
                x, y = read_position_as_published(self._with_refinement(index), spec)
                result._add(Event(EventKind.POSITION_X, int(x)), time_ms)
                result._add(Event(EventKind.POSITION_Y, int(y)), time_ms)
            elif event.kind is EventKind.COLUMN and key_count:
                result._add(
                    Event(EventKind.POSITION_X, int((event.value + 0.5) * PLAYFIELD_WIDTH_PX / key_count)), time_ms
                )
                result._add(Event(EventKind.POSITION_Y, PLAYFIELD_HEIGHT_PX // 2), time_ms)
            else:
                result._add(event, time_ms)
        return result

    def _with_refinement(self, index: int) -> list[Event]:
        following = self.events[index + 1 : index + 2]
        return self.events[index : index + 1] + [e for e in following if e.kind is EventKind.POSITION_REFINE]

    def _add(self, event: Event, time_ms: int) -> None:
        self.events.append(event)
        self.times_ms.append(time_ms)

    def _index_after(self, time_ms: float) -> int:
        stop = len(self.times_ms)
        while stop and self.times_ms[stop - 1] >= time_ms:
            stop -= 1
        return stop

    def _state_times(self, start: int, types_first: bool) -> None:
        """Set the time of each event to that of its group.

        If types come first, the type comes just before it.
        """
        current_ms = self.times_ms[-1] if self.times_ms else 0
        ahead = 1 if types_first else 0
        for index in range(start, len(self.events)):
            stating = self.events[index + ahead] if index + ahead < len(self.events) else None
            if stating is not None and stating.kind is EventKind.TIME:
                current_ms = stating.value
            self.times_ms.append(current_ms)

    def _spread_anchors(self, start: int, end_ms: float, types_first: bool) -> None:
        """Set the times of anchors, from the side of their groups' types."""
        places = range(start, len(self.events)) if types_first else range(len(self.events) - 1, start - 1, -1)
        current_ms: float = self.times_ms[start] if types_first else end_ms
        among_anchors = False
        for index in places:
            kind = self.events[index].kind
            among_anchors = kind in ANCHOR_KINDS or (among_anchors and kind not in TIMED_KINDS)
            if not among_anchors:
                current_ms = self.times_ms[index]
                continue
            if kind in ANCHOR_KINDS:
                left, other_ms = self._anchors_left(index, end_ms, types_first)
                current_ms = int((current_ms - other_ms) / (left + 1) * left + other_ms)
            self.times_ms[index] = current_ms

    def _anchors_left(self, index: int, end_ms: float, types_first: bool) -> tuple[int, float]:
        """Return the number of anchors before the next stated time.

        Counting starts at this one. That time is returned, too.
        """
        step = 1 if types_first else -1
        anchors = 0
        while 0 <= index < len(self.events):
            if self.events[index].kind is EventKind.TIME:
                return anchors, self.times_ms[index]
            anchors += self.events[index].kind in ANCHOR_KINDS
            index += step
        return anchors, 0 if index < 0 else end_ms
