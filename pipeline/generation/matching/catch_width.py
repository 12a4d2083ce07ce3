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

MULTIPLIER_DECIMALS = 2


def widest_factor(beatmap: Beatmap) -> float:
    """Return the largest factor that keeps a map inside the playfield.

    It is at most WIDEST.
    """
    reach_px = max((abs(x - MIDDLE_PX) for x in _all_x(beatmap)), default=0.0)
    return max(1.0, min(WIDEST, MIDDLE_PX / max(reach_px, 1.0)))


def scaled_width(beatmap: Beatmap, factor: float, with_multiplier: bool = True) -> Beatmap:
    """Return a map with positions scaled about the middle.

    The factor is `factor`. Juice streams keep their durations. They are scaled too, by the slider multiplier; if that
    is not to change, they keep their lengths and become steeper.
    """
    difficulty, stretch = beatmap.difficulty, 1.0
    if with_multiplier:
        multiplier = round(difficulty.slider_multiplier * factor, MULTIPLIER_DECIMALS)
        difficulty, stretch = (
            replace(difficulty, slider_multiplier=multiplier),
            multiplier / difficulty.slider_multiplier,
        )
    objects = [_scaled(obj, factor, stretch) for obj in beatmap.hit_objects]
    return replace(beatmap, hit_objects=objects, difficulty=difficulty)


def _scaled(obj: HitObject, factor: float, stretch: float) -> HitObject:
    x = MIDDLE_PX + (obj.x - MIDDLE_PX) * factor
    if isinstance(obj, Slider):
        way_px, angle = sideways_arc(SliderPath(obj.segments))
        length_px = obj.length_px * stretch
        way_px = max(-length_px, min(length_px, way_px * factor))
        segments = juice_path((x, obj.y), way_px, length_px, angle * min(1.0, factor / stretch))
        return replace(obj, x=x, y=segments[0].points[0][1], segments=segments, length_px=length_px)
    return replace(obj, x=x) if isinstance(obj, Circle) else obj


def _all_x(beatmap: Beatmap) -> Iterator[float]:
    for obj in beatmap.hit_objects:
        if isinstance(obj, Slider):
            yield from (x for segment in obj.segments for x, _ in segment.points)
        elif isinstance(obj, Circle):
            yield obj.x
