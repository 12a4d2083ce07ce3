"""Hit sounds that a mapset's difficulties share: what sounds at one time sounds alike in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from osu_beatmap.beatmap import Beatmap, GameMode, HitObject, Slider, SliderEdge
from osu_beatmap.timing.active_point import Timing, end_time_ms


def with_shared_sounds(beatmaps: Sequence[Beatmap]) -> list[Beatmap]:
    """The maps, easiest first, with the sounds of the hardest one that has anything at a time.

    Taiko keeps its own: there a sound is which drum is hit.
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
    """What sounds when, in whole ms: the start of an object, or every edge of a slider."""
    if not isinstance(obj, Slider):
        return [(round(obj.time_ms), SliderEdge(obj.hitsound, obj.sample.normal_set, obj.sample.addition_set))]
    slide_ms = (end_time_ms(obj, timing, beatmap.difficulty) - obj.time_ms) / max(1, obj.slides)
    return [(round(obj.time_ms + number * slide_ms), edge) for number, edge in enumerate(obj.edges)]
