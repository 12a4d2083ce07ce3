"""Hitsounds shared by a mapset's difficulties at equal times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from osu_beatmap.beatmap import Beatmap, GameMode, HitObject, Slider, SliderEdge
from osu_beatmap.timing.active_point import Timing, end_time_ms


def with_shared_sounds(beatmaps: Sequence[Beatmap]) -> list[Beatmap]:
    """Return the maps with the hardest one's sounds, easiest first.

    At each time, the hardest map with anything there counts. Taiko keeps its own: there the sound decides the drum.
    """
    if any(beatmap.mode is GameMode.TAIKO for beatmap in beatmaps):
        return list(beatmaps)
    sounds: dict[int, SliderEdge] = {}
    for beatmap in beatmaps:
        timing = Timing(beatmap.timing_points)
        sounds |= {place: sound for obj in beatmap.hit_objects for place, sound in _sounds(obj, beatmap, timing)}
    return [_sounding(beatmap, sounds) for beatmap in beatmaps]


def _sounding(beatmap: Beatmap, sounds: dict[int, SliderEdge]) -> Beatmap:
    timing = Timing(beatmap.timing_points)
    objects = []
    for obj in beatmap.hit_objects:
        heard = [sounds[place] for place, _ in _sounds(obj, beatmap, timing)]
        if isinstance(obj, Slider):
            objects.append(replace(obj, edges=[replace(edge) for edge in heard]))
        else:
            sample = replace(obj.sample, normal_set=heard[0].normal_set, addition_set=heard[0].addition_set)
            objects.append(replace(obj, hitsound=heard[0].hitsound, sample=sample))
    return replace(beatmap, hit_objects=objects)


def _sounds(obj: HitObject, beatmap: Beatmap, timing: Timing) -> list[tuple[int, SliderEdge]]:
    """Return the sounds of an object with times in whole ms.

    They are at its start, or at every edge of a slider.
    """
    if not isinstance(obj, Slider):
        return [(round(obj.time_ms), SliderEdge(obj.hitsound, obj.sample.normal_set, obj.sample.addition_set))]
    slide_ms = (end_time_ms(obj, timing, beatmap.difficulty) - obj.time_ms) / max(1, obj.slides)
    return [(round(obj.time_ms + number * slide_ms), edge) for number, edge in enumerate(obj.edges)]
