"""Kiai <-> events: a group wherever it begins or ends."""

from __future__ import annotations

from collections.abc import Sequence

from osuT5.encoding.writer import GroupWriter
from osuT5.tokens.events import EventGroup, EventKind


def encode_kiai(writer: GroupWriter) -> list[EventGroup]:
    groups = []
    kiai = False
    lines = writer.timing.points
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        replaced = following is not None and following.time_ms <= line.time_ms and not writer.quirks.lines_in_file_order
        if replaced or line.kiai == kiai:
            continue
        kiai = line.kiai
        groups.append(writer.group(EventKind.KIAI, line.time_ms, writer.time(line.time_ms), value=int(kiai)))
    return groups


def decode_kiai(groups: Sequence[EventGroup]) -> list[tuple[float, float]]:
    """The (start_ms, end_ms) spans of kiai; one that nothing ends lasts for ever."""
    spans = []
    start_ms = None
    for group in sorted(groups, key=lambda group: group.time_ms):
        begins = any(event.kind is EventKind.KIAI and event.value > 0 for event in group.events)
        if begins and start_ms is None:
            start_ms = group.time_ms
        elif not begins and start_ms is not None:
            if group.time_ms > start_ms:
                spans.append((start_ms, group.time_ms))
            start_ms = None
    if start_ms is not None:
        spans.append((start_ms, float("inf")))
    return spans
