"""A flat stream of events -> groups, whatever the stream holds."""

from __future__ import annotations

from collections.abc import Iterable

from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import PART_KINDS, TYPE_KINDS, Event, EventGroup, EventKind

ANCHOR_KINDS = frozenset(
    {EventKind.BEZIER_ANCHOR, EventKind.PERFECT_ANCHOR, EventKind.CATMULL_ANCHOR, EventKind.RED_ANCHOR}
)

TIMELESS_KINDS = ANCHOR_KINDS | {EventKind.LAST_ANCHOR}
"""Groups that may come without a TIME event, since they belong to the slider head before them."""


def has_time(group: EventGroup) -> bool:
    """Return whether the group states its own time."""
    return any(event.kind is EventKind.TIME for event in group.events)


def groups_from_events(
    events: Iterable[Event], spec: EncodingSpec, last_ms: float | None = None
) -> tuple[list[EventGroup], int]:
    """Return the groups of a stream, and the number of lost events.

    Groups are in the order of the stream. Their times are the values of their TIME events; `last_ms` is that of the
    group before the stream, whose anchors it may continue. Lost are parts without a type, types without a time that
    need one, and kinds that no group has.
    """
    groups: list[EventGroup] = []
    lost = 0
    time_ms = last_ms
    for segment in _split(events, spec.types_first):
        kind = next((event.kind for event in segment if event.kind in TYPE_KINDS), None)
        own_ms = next((event.value for event in segment if event.kind is EventKind.TIME), None)
        time_ms = time_ms if own_ms is None else float(own_ms)
        needs_time = kind not in TIMELESS_KINDS
        if kind is None or time_ms is None or (own_ms is None and needs_time):
            lost += len(segment)
        else:
            groups.append(EventGroup(time_ms, tuple(segment)))
    return groups, lost


def _split(events: Iterable[Event], types_first: bool) -> Iterable[list[Event]]:
    """Split events into pieces that begin or end with a type.

    A piece that cannot belong to a group has no type.
    """
    current: list[Event] = []
    for event in events:
        begins = event.kind in TYPE_KINDS and types_first
        unknown = event.kind not in PART_KINDS and event.kind not in TYPE_KINDS
        # A second time in one group means that the type of the next one, or of this one, is missing.
        orphaned = event.kind is EventKind.TIME and any(e.kind is EventKind.TIME for e in current)
        if current and (begins or unknown or orphaned):
            yield current
            current = []
        current.append(event)
        if not types_first and event.kind not in PART_KINDS:
            yield current
            current = []
    if current:
        yield current
