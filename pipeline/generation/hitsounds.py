"""Hitsounds that the difficulties of a mapset share.

What sounds at one time sounds alike in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from osu_beatmap.beatmap import Beatmap, GameMode, HitObject, HitSound, Slider, SliderEdge
from osu_beatmap.timing.active_point import Timing, end_time_ms

Sounds = dict[int, SliderEdge]
"""Time in whole ms -> what sounds then."""


def with_shared_sounds(beatmaps: Sequence[Beatmap]) -> list[Beatmap]:
    """Return the maps with shared hitsounds.

    At each time, those of the hardest map with an object count. Taiko keeps its own: a sound there is which drum is
    hit.

    Args:
        beatmaps: Maps of a mapset, easiest first.
    """
    if any(beatmap.mode is GameMode.TAIKO for beatmap in beatmaps):
        return list(beatmaps)
    sounds: Sounds = {}
    for beatmap in beatmaps:
        sounds |= _sounds_of(beatmap)
    return [_with_sounds(beatmap, sounds) for beatmap in beatmaps]


def _sounds_of(beatmap: Beatmap) -> Sounds:
    """Return the sounds of a map.

    A chord has the additions of all of its notes.
    """
    timing = Timing(beatmap.timing_points)
    sounds: Sounds = {}
    for obj in beatmap.hit_objects:
        for time_ms, sound in _edges(obj, beatmap, timing):
            known = sounds.get(time_ms)
            if known is None or not known.hitsound:
                sounds[time_ms] = sound
            else:
                sounds[time_ms] = replace(known, hitsound=known.hitsound | sound.hitsound)
    return sounds


def _with_sounds(beatmap: Beatmap, sounds: Sounds) -> Beatmap:
    """Return a map with sounds.

    One note of a chord has the additions.
    """
    timing = Timing(beatmap.timing_points)
    objects: list[HitObject] = []
    last_ms = None
    for obj in beatmap.hit_objects:
        edges = [sounds[time_ms] for time_ms, _ in _edges(obj, beatmap, timing)]
        if isinstance(obj, Slider):
            objects.append(replace(obj, edges=[replace(edge) for edge in edges]))
        else:
            hitsound = edges[0].hitsound if obj.time_ms != last_ms else HitSound.NONE
            sample = replace(obj.sample, normal_set=edges[0].normal_set, addition_set=edges[0].addition_set)
            objects.append(replace(obj, hitsound=hitsound, sample=sample))
        last_ms = obj.time_ms
    return replace(beatmap, hit_objects=objects)


def _edges(obj: HitObject, beatmap: Beatmap, timing: Timing) -> list[tuple[int, SliderEdge]]:
    """Return the sounds of an object with their times.

    A slider has one for each edge.
    """
    if not isinstance(obj, Slider):
        return [(round(obj.time_ms), SliderEdge(obj.hitsound, obj.sample.normal_set, obj.sample.addition_set))]
    slide_ms = (end_time_ms(obj, timing, beatmap.difficulty) - obj.time_ms) / max(1, obj.slides)
    return [(round(obj.time_ms + number * slide_ms), edge) for number, edge in enumerate(obj.edges)]
