"""Removal of objects that keeps the rhythm.

Objects on the finest ticks go first, spread evenly over the map.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

from osu_beatmap.beatmap import Beatmap, Circle, GameMode
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_grid import UNSNAPPED_MS

FINEST = 16
CHORD_DIVISOR = 3
"""Rank of the notes beyond the first of a chord: removed before objects on half beats, after those on quarters."""

MIN_KEPT_SHARE = 0.1


def removal_order(beatmap: Beatmap) -> list[int]:
    """Return indices of all objects in order of removal.

    Objects without which the rhythm changes least come first. Easier difficulties of a song omit the finer divisions of
    the beat. Of equals, circles go before sliders, and neighbours are far apart in the order, so that any first part of
    it is spread over the map.
    """
    timing = Timing(beatmap.timing_points)
    seen: Counter[float] = Counter()
    classes: dict[tuple[int, bool], list[int]] = defaultdict(list)
    for index, obj in enumerate(beatmap.hit_objects):
        divisor = timing.best_divisor(obj.time_ms, UNSNAPPED_MS) or FINEST
        if beatmap.mode is GameMode.MANIA and seen[obj.time_ms]:
            divisor = max(divisor, CHORD_DIVISOR)
        seen[obj.time_ms] += 1
        if divisor == 1 and timing.beat_position(obj.time_ms) % timing.red_at(obj.time_ms).meter < 0.01:
            divisor = 0
        classes[-divisor, not isinstance(obj, Circle)].append(index)
    return [index for key in sorted(classes) for index in _spread(classes[key])]


def thinned(beatmap: Beatmap, share: float) -> Beatmap:
    """Return the map without this fraction of its objects.

    A tenth always stays.
    """
    count = min(round(share * len(beatmap.hit_objects)), int((1 - MIN_KEPT_SHARE) * len(beatmap.hit_objects)))
    gone = set(removal_order(beatmap)[:count])
    return replace(beatmap, hit_objects=[obj for index, obj in enumerate(beatmap.hit_objects) if index not in gone])


def _spread(indices: list[int]) -> list[int]:
    """Reorder indices: every other one, then likewise the rest."""
    found = []
    left = indices
    while left:
        found += left[1::2] or left
        left = left[::2] if len(left) > 1 else []
    return found
