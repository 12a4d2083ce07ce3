"""Copy of a map for faults, and free positions in it."""

from __future__ import annotations

import copy
import math

import numpy as np

from osu_beatmap.beatmap import Beatmap, GameMode, HitObject
from osu_beatmap.timing.active_point import Timing, end_time_ms
from osuT5.encoding.hit_objects.positions import column_event

CLEARANCE_MS = 30.0
PLACED = frozenset({GameMode.STANDARD, GameMode.CATCH})


class FaultyCopy:
    """A deep copy of a map.

    `timing` is that of the original: faults of objects do not change it for each other.
    """

    def __init__(self, beatmap: Beatmap, rng: np.random.Generator) -> None:
        self.beatmap = copy.deepcopy(beatmap)
        self.rng = rng
        self.timing = Timing(beatmap.timing_points)

    @property
    def objects(self) -> list[HitObject]:
        return self.beatmap.hit_objects

    def index_of(self, obj: HitObject) -> int:
        return next(index for index, other in enumerate(self.objects) if other is obj)

    def end_ms(self, obj: HitObject) -> float:
        return end_time_ms(obj, self.timing, self.beatmap.difficulty)

    def column(self, obj: HitObject) -> int:
        """Return the column in mania, 0 elsewhere.

        Objects of one column must not overlap.
        """
        if self.beatmap.mode is not GameMode.MANIA:
            return 0
        return column_event(obj.x, self.beatmap.key_count).value

    def free_ms(self, obj: HitObject) -> tuple[float, float]:
        """Return the span in which an object may start, clear of neighbours."""
        column = self.column(obj)
        others = [other for other in self.objects if other is not obj and self.column(other) == column]
        before = max((self.end_ms(other) for other in others if other.time_ms <= obj.time_ms), default=0.0)
        after = min((other.time_ms for other in others if other.time_ms > obj.time_ms), default=math.inf)
        return before + CLEARANCE_MS, after - CLEARANCE_MS - (self.end_ms(obj) - obj.time_ms)

    def sort(self) -> None:
        self.objects.sort(key=lambda obj: obj.time_ms)
