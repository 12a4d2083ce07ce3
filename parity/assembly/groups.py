"""Groups and beats of an event stream, as in the original.

The stream may be any. `osuT5.encoding.groups` refuses events that belong to no group. Here every type makes a group of
all events before it, or after it if types come first: of two times, positions or velocities the last one counts, a
group without a time is at 0 ms, and one without a position is at that of the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from osuT5.encoding.hit_objects.object_decoder import SUSTAIN_KINDS
from osuT5.encoding.timing import BEAT_KINDS, MarkedBeat
from osuT5.tokens.events import TYPE_KINDS, Event, EventGroup, EventKind

_MANY = frozenset({EventKind.HITSOUND, EventKind.VOLUME})
"""Parts of which all count."""


def groups_as_published(events: Iterable[Event], types_first: bool) -> list[EventGroup]:
    """Return the groups of a stream, in its order."""
    groups: list[EventGroup] = []
    parts: list[Event] = []
    has_type = False
    for event in events:
        if event.kind in SUSTAIN_KINDS:
            continue
        is_type = event.kind in TYPE_KINDS
        if is_type and types_first and has_type:
            groups.append(_group(parts))
            parts = []
        parts.append(event)
        has_type = is_type or (has_type and types_first)
        if is_type and not types_first:
            groups.append(_group(parts))
            parts, has_type = [], False
    if has_type:
        groups.append(_group(parts))
    return groups


def _group(parts: Sequence[Event]) -> EventGroup:
    last = {event.kind: index for index, event in enumerate(parts)}
    kept = tuple(event for index, event in enumerate(parts) if event.kind in _MANY or last[event.kind] == index)
    time_ms = next((event.value for event in kept if event.kind is EventKind.TIME), 0)
    return EventGroup(float(time_ms), kept)


def beats_as_published(events: Sequence[Event], types_first: bool) -> list[MarkedBeat]:
    """Return the beats of a stream in time order.

    They are those with a time directly next to them. If types come last, the first event of a stream is next to the
    last one.
    """
    beats = []
    for index, event in enumerate(events):
        beside = index + 1 if types_first else index - 1
        if event.kind not in BEAT_KINDS or beside == len(events) or events[beside].kind is not EventKind.TIME:
            continue
        is_bar, is_tempo = event.kind is not EventKind.BEAT, event.kind is EventKind.TIMING_POINT
        beats.append(MarkedBeat(float(events[beside].value), is_bar, is_tempo))
    return sorted(beats, key=lambda beat: beat.time_ms)
