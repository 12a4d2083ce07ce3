"""Width of catch maps: same patterns with scaled distances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from osu_beatmap.beatmap import PLAYFIELD_WIDTH_PX, Beatmap, Circle, HitObject, Slider
from osu_beatmap.geometry.slider_path import SliderPath
from osuT5.objects.tokens.slider_shapes import juice_path, sideways_arc

MIDDLE_PX = PLAYFIELD_WIDTH_PX / 2
NARROWEST, WIDEST = 0.15, 1.6
"""Limits of the factor."""


def widest_factor(beatmap: Beatmap) -> float:
    """Return the largest factor that keeps a map inside the playfield.

    It is at most WIDEST.
    """
    reach_px = max((abs(x - MIDDLE_PX) for x in _all_x(beatmap)), default=0.0)
    return max(1.0, min(WIDEST, MIDDLE_PX / max(reach_px, 1.0)))


def scaled_width(beatmap: Beatmap, factor: float) -> Beatmap:
    """Return a map with positions scaled about the middle.

    The factor is `factor`. Juice streams keep their lengths, and so their durations.
    """
    return replace(beatmap, hit_objects=[_scaled(obj, factor) for obj in beatmap.hit_objects])


def _scaled(obj: HitObject, factor: float) -> HitObject:
    x = MIDDLE_PX + (obj.x - MIDDLE_PX) * factor
    if isinstance(obj, Slider):
        way_px, angle = sideways_arc(SliderPath(obj.segments))
        way_px = max(-obj.length_px, min(obj.length_px, way_px * factor))
        segments = juice_path((x, obj.y), way_px, obj.length_px, angle * min(1.0, factor))
        return replace(obj, x=x, y=segments[0].points[0][1], segments=segments)
    return replace(obj, x=x) if isinstance(obj, Circle) else obj


def _all_x(beatmap: Beatmap) -> Iterator[float]:
    for obj in beatmap.hit_objects:
        if isinstance(obj, Slider):
            yield from (x for segment in obj.segments for x, _ in segment.points)
        elif isinstance(obj, Circle):
            yield obj.x
