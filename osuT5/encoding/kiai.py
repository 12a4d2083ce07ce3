"""Kiai <-> events: a group wherever it begins or ends."""

from __future__ import annotations

from collections.abc import Sequence

from osu_beatmap.timing.active_point import spans_between
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
    """Return the (start_ms, end_ms) spans of kiai.

    One without an end lasts for ever.
    """
    return spans_between(
        (group.time_ms, any(event.kind is EventKind.KIAI and event.value > 0 for event in group.events))
        for group in sorted(groups, key=lambda group: group.time_ms)
    )
