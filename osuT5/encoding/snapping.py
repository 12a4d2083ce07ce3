"""The divisors of SNAPPING events, applied: times move to the tick that the model names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from osu_beatmap.timing import Timing
from osuT5.events import EventGroup, EventKind

MAX_SHIFT_MS = 20.0
"""A tick farther away is not the one that was meant."""


def resnap_groups(groups: Iterable[EventGroup], timing: Timing, max_shift_ms: float = MAX_SHIFT_MS) -> list[EventGroup]:
    """The groups at the nearest ticks of their divisors; those off the grid stay where they are.

    Groups without a time of their own follow the group before them when that one moves.
    """
    snapped: list[EventGroup] = []
    old_ms = new_ms = None
    for group in groups:
        divisor = next((event.value for event in group.events if event.kind is EventKind.SNAPPING), 0)
        if divisor > 0:
            tick_ms = timing.snap(group.time_ms, divisor)
            old_ms = group.time_ms
            new_ms = tick_ms if abs(tick_ms - old_ms) <= max_shift_ms else old_ms
            group = replace(group, time_ms=new_ms)
        elif group.time_ms == old_ms and not any(event.kind is EventKind.TIME for event in group.events):
            group = replace(group, time_ms=new_ms)
        snapped.append(group)
    return snapped
