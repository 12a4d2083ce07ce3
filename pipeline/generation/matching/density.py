"""Removal of objects that makes a map easier and keeps its rhythm.

Objects of the hardest sections on the finest ticks go first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from osu_beatmap.beatmap import Beatmap, Circle, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.star_rating import strains
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_grid import UNSNAPPED_MS

FINEST = 16
CHORD_DIVISOR = 3
"""Rank of the notes beyond the first of a chord: removed before objects on half beats, after those on quarters."""

MOST_REMOVED = 0.9
"""Highest fraction of objects that is removed."""

HARD_SHARE = 0.25
"""Fraction of the objects from whose sections the next ones are removed: a star rating is that of the hardest ones."""

ROUND_SHARE = 0.04
"""Fraction of the objects that is removed before strains are computed anew."""


def order_by_rhythm(beatmap: Beatmap) -> list[int]:
    """Return indices of all objects, the least important ones first.

    Easier difficulties of a song omit the finer divisions of the beat. Of equals, circles come before sliders, and
    neighbours are far apart in the order, so that any first part of it is spread over the map.
    """
    ranks = _rhythm_ranks(beatmap)
    return _in_order(range(len(ranks)), ranks)


def thinning_order(beatmap: Beatmap) -> list[int]:
    """Return indices of most objects, in order of removal.

    Those of the hardest sections come first, and of these the ones on the finest divisions of the beat. Circles and
    sliders are removed alike, so that the map keeps its share of each.
    """
    ranks = [(rank, False) for rank, _ in _rhythm_ranks(beatmap)]
    kept, order = list(range(len(ranks))), []
    while len(order) < int(MOST_REMOVED * len(ranks)):
        hard = _hardest(replace(beatmap, hit_objects=[beatmap.hit_objects[index] for index in kept]))
        gone = _in_order([kept[place] for place in hard], ranks)[: max(1, round(ROUND_SHARE * len(ranks)))]
        order += gone
        kept = sorted(set(kept) - set(gone))
    return order[: int(MOST_REMOVED * len(ranks))]


def without(beatmap: Beatmap, indices: Sequence[int]) -> Beatmap:
    """Return the map without some of its objects."""
    gone = set(indices)
    return replace(beatmap, hit_objects=[obj for index, obj in enumerate(beatmap.hit_objects) if index not in gone])


def _rhythm_ranks(beatmap: Beatmap) -> list[tuple[int, bool]]:
    """Return the rank of each object, the lowest of the least important."""
    timing = Timing(beatmap.timing_points)
    seen: Counter[float] = Counter()
    ranks = []
    for obj in beatmap.hit_objects:
        divisor = timing.best_divisor(obj.time_ms, UNSNAPPED_MS) or FINEST
        if beatmap.mode is GameMode.MANIA and seen[obj.time_ms]:
            divisor = max(divisor, CHORD_DIVISOR)
        seen[obj.time_ms] += 1
        if divisor == 1 and timing.beat_position(obj.time_ms) % timing.red_at(obj.time_ms).meter < 0.01:
            divisor = 0
        ranks.append((-divisor, not isinstance(obj, Circle)))
    return ranks


def _in_order(indices: Iterable[int], ranks: Sequence[tuple[int, bool]]) -> list[int]:
    """Reorder indices by rank, those of one rank spread over the map."""
    by_rank: dict[tuple[int, bool], list[int]] = defaultdict(list)
    for index in indices:
        by_rank[ranks[index]].append(index)
    return [index for rank in sorted(by_rank) for index in _spread(by_rank[rank])]


def _hardest(beatmap: Beatmap) -> list[int]:
    """Return indices of the objects in the hardest sections; all without strains."""
    try:
        found = strains(beatmap)
    except BeatmapError:
        found = None
    if found is None or not found.by_skill:
        return list(range(len(beatmap.hit_objects)))
    curves = [np.array(curve) / max(1e-9, max(curve)) for curve in found.by_skill.values()]
    total = np.sum([np.pad(curve, (0, max(map(len, curves)) - len(curve))) for curve in curves], axis=0)
    times_ms = np.array([obj.time_ms for obj in beatmap.hit_objects])
    sections = ((times_ms - found.start_ms) // found.section_ms).astype(int).clip(0, len(total) - 1)
    return np.flatnonzero(total[sections] >= np.quantile(total[sections], 1 - HARD_SHARE)).tolist()


def _spread(indices: list[int]) -> list[int]:
    """Reorder indices: every other one, then likewise the rest."""
    found = []
    left = indices
    while left:
        found += left[1::2] or left
        left = left[::2] if len(left) > 1 else []
    return found
