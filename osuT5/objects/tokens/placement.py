"""Positions <-> distances and turns from the end of the last object."""

from __future__ import annotations

import math
from dataclasses import dataclass

from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, PLAYFIELD_WIDTH_PX, Point
from osuT5.objects.tokens.fields import (
    DISTANCES_PX,
    NONE,
    STACK_PX,
    TURN_STEP,
    nearest_class,
    turn_class,
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """End of the last object, and direction of the last movement (radians)."""

    x: float = PLAYFIELD_WIDTH_PX / 2
    y: float = PLAYFIELD_HEIGHT_PX / 2
    heading: float = 0.0

    @property
    def point(self) -> Point:
        return self.x, self.y

    def measure(self, point: Point) -> tuple[int, int]:
        """Return the classes of distance and turn to a point.

        A stack has no turn.
        """
        distance_px = math.dist(self.point, point)
        if distance_px <= STACK_PX:
            return 0, NONE
        direction = math.atan2(point[1] - self.y, point[0] - self.x)
        return max(1, nearest_class(distance_px, DISTANCES_PX)), turn_class(direction - self.heading)

    def place(self, distance: int, turn: int) -> Point:
        """Return the point at classes of distance and turn."""
        if distance == 0 or turn == NONE:
            return self.point
        direction = self.heading + turn * TURN_STEP
        distance_px = float(DISTANCES_PX[distance])
        return self.x + distance_px * math.cos(direction), self.y + distance_px * math.sin(direction)

    def moved(self, point: Point) -> Cursor:
        """Return the cursor after a movement to a point.

        Within a stack, the heading stays.
        """
        if math.dist(self.point, point) <= STACK_PX:
            return Cursor(*point, self.heading)
        return Cursor(*point, math.atan2(point[1] - self.y, point[0] - self.x))

    def slid(self, end: Point, slides: int) -> Cursor:
        """Return the cursor after a slider whose path ends at a point."""
        after = self.moved(end)
        if slides % 2:
            return after
        return after.moved(self.point)
