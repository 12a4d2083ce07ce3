"""Hit sounds that a mapset's difficulties share: what sounds at one time sounds alike in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from osu_beatmap.beatmap import Beatmap, GameMode, HitObject, SampleSet, Slider, SliderEdge
from osu_beatmap.timing.active_point import Timing, end_time_ms


@dataclass(frozen=True, slots=True)
class _Sound:
    hitsound: int
    normal_set: SampleSet
    addition_set: SampleSet


def with_shared_sounds(beatmaps: Sequence[Beatmap]) -> list[Beatmap]:
    """The maps, easiest first, with the sounds of the hardest one that has anything at a time.

    Taiko keeps its own: there a sound is which drum is hit.
    """
    if any(beatmap.mode is GameMode.TAIKO for beatmap in beatmaps):
        return list(beatmaps)
    sounds: dict[int, _Sound] = {}
    for beatmap in beatmaps:
        timing = Timing(beatmap.timing_points)
        sounds |= {place: sound for obj in beatmap.hit_objects for place, sound in _sounds(obj, beatmap, timing)}
    return [_sounding(beatmap, sounds) for beatmap in beatmaps]


def _sounding(beatmap: Beatmap, sounds: dict[int, _Sound]) -> Beatmap:
    timing = Timing(beatmap.timing_points)
    objects = []
    for obj in beatmap.hit_objects:
        heard = [sounds[place] for place, _ in _sounds(obj, beatmap, timing)]
        if isinstance(obj, Slider):
            edges = [SliderEdge(sound.hitsound, sound.normal_set, sound.addition_set) for sound in heard]
            objects.append(replace(obj, edges=edges))
        else:
            sample = replace(obj.sample, normal_set=heard[0].normal_set, addition_set=heard[0].addition_set)
            objects.append(replace(obj, hitsound=heard[0].hitsound, sample=sample))
    return replace(beatmap, hit_objects=objects)


def _sounds(obj: HitObject, beatmap: Beatmap, timing: Timing) -> list[tuple[int, _Sound]]:
    """What sounds when, in whole ms: the start of an object, or every edge of a slider."""
    if not isinstance(obj, Slider):
        return [(round(obj.time_ms), _Sound(obj.hitsound, obj.sample.normal_set, obj.sample.addition_set))]
    slide_ms = (end_time_ms(obj, timing, beatmap.difficulty) - obj.time_ms) / max(1, obj.slides)
    return [
        (round(obj.time_ms + number * slide_ms), _Sound(edge.hitsound, edge.normal_set, edge.addition_set))
        for number, edge in enumerate(obj.edges)
    ]
