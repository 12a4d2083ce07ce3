"""Snapping of a draft to the beat grid.

Every start, end, kiai and scroll speed change moves to its tick.

This comes before positions are refined, because times fix the lengths that sliders must meet.
"""

from __future__ import annotations

from collections.abc import Iterable

from osu_beatmap.beatmap import Beatmap
from osu_beatmap.timing.active_point import Timing, end_time_ms
from osuT5.tokens.events import EventGroup, EventKind
from pipeline.finishing.snapping import Divisors, merge_simultaneous, snap_pieces
from pipeline.finishing.working_map import compose, decompose

AFTER_LAST_MS = 1000.0

EXACT_MS = 0.5
"""Distance from a tick that counts as rounding."""


def predicted_divisors(groups: Iterable[EventGroup]) -> dict[int, int]:
    """Return the divisors of SNAPPING events by group time.

    Of several, the simplest counts.
    """
    found: dict[int, int] = {}
    for group in groups:
        divisor = next((event.value for event in group.events if event.kind is EventKind.SNAPPING), 0)
        if divisor > 0:
            time_ms = round(group.time_ms)
            found[time_ms] = min(divisor, found.get(time_ms, divisor))
    return found


def divisors_at(times_ms: Iterable[float], timing: Timing) -> dict[int, int]:
    """Return the divisors of times on ticks, by whole milliseconds."""
    found = {round(time_ms): timing.best_divisor(time_ms, EXACT_MS) for time_ms in times_ms}
    return {time_ms: divisor for time_ms, divisor in found.items() if divisor}


def resnap(draft: Beatmap, divisors: Divisors | None = None) -> Beatmap:
    """Return the draft on its own grid, in order, without duplicates.

    Objects at one time (in mania: and column) become one. A time moves to the nearest tick of its predicted divisor. If
    none is predicted or its tick is too far, it moves to the tick that is best by distance and commonness. Sliders keep
    their velocity: their lengths change with their durations. Raises BeatmapError without a red line.
    """
    # The length of the song does not matter here, but a kiai time without an end needs one.
    timing = Timing(draft.timing_points)
    ends_ms = (end_time_ms(obj, timing, draft.difficulty) for obj in draft.hit_objects)
    last_ms = max([timing.points[-1].time_ms, *ends_ms])
    work = decompose(draft, last_ms + AFTER_LAST_MS)
    snap_pieces(work, divisors or {})
    merge_simultaneous(work)
    return compose(work)
