"""Transfer of hitsounds to the objects of a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from osu_beatmap.beatmap import EFFECT_KIAI, Beatmap, HitObject, HitSample, SampleSet, Slider, SliderEdge, TimingPoint
from osu_beatmap.timing.edits import with_volume_changes
from osuT5.encoding.assembly import drop_redundant_changes
from osuT5.encoding.context import trace_objects
from osuT5.encoding.hit_objects.hitsounds import Sound, read_sounds
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import EventGroup


def with_sounds(beatmap: Beatmap, groups: Sequence[EventGroup], spec: EncodingSpec) -> Beatmap:
    """Return a copy of a map with the sounds of `groups`.

    Everything else is unchanged. `groups` are the map's own, as `encode_context` returns them, with other sounds.
    """
    owners = trace_objects(beatmap, replace(spec, timing_in_map=False, kiai_in_map=False), song_ms=0.0)
    assert len(owners) == len(groups), "these are not the groups of this map"
    sounds: list[list[Sound]] = [[] for _ in beatmap.hit_objects]
    for (_, index), group in zip(owners, groups, strict=True):
        sounds[index] += read_sounds(group.events)
    objects = with_object_sounds(beatmap, sounds).hit_objects
    volumes = [
        (obj.time_ms, own[0].volume)
        for obj, own in zip(objects, sounds, strict=True)
        if own and own[0].volume is not None
    ]
    return replace(beatmap, hit_objects=objects, timing_points=_with_volumes(beatmap.timing_points, volumes))


def with_object_sounds(beatmap: Beatmap, sounds: Sequence[Sequence[Sound]]) -> Beatmap:
    """Return a copy of a map with other hitsounds.

    Args:
        sounds: Of each object: one, or those of a slider's head, body, repeats and end; none to keep its own.
    """
    objects = [_apply_sounds(obj, own) for obj, own in zip(beatmap.hit_objects, sounds, strict=True)]
    return replace(beatmap, hit_objects=objects)


def _with_volumes(lines: Sequence[TimingPoint], volumes: Sequence[tuple[float, int]]) -> list[TimingPoint]:
    """Add volumes, (time_ms, volume), as green lines.

    The red lines are the timing and stay.
    """
    if not volumes:
        return list(lines)
    changed = with_volume_changes(lines, drop_redundant_changes(sorted(volumes), lines))
    reds = {(red.time_ms, red.beat_length_ms): red for red in lines if red.uninherited}
    green_times = {line.time_ms for line in changed if not line.uninherited}
    found = []
    for line in changed:
        red = reds.get((line.time_ms, line.beat_length_ms)) if line.uninherited else None
        found.append(red or line)
        if red is not None and red.volume != line.volume and line.time_ms not in green_times:
            effects = line.effects & EFFECT_KIAI
            found.append(replace(line, beat_length_ms=-100.0, uninherited=False, effects=effects))
    return found


def _apply_sounds(obj: HitObject, sounds: Sequence[Sound]) -> HitObject:
    """Return the object with its sounds.

    It has one, or those of a slider's head, body, repeats and end.
    """
    if not sounds:
        return obj
    is_slider = isinstance(obj, Slider)
    whole = sounds[1] if is_slider and len(sounds) > 1 else sounds[0]
    changed = replace(obj, hitsound=whole.hitsound, sample=_sample(obj.sample, whole))
    if is_slider:
        edges = [sounds[0], *sounds[2:]] if len(sounds) > 1 else [sounds[0]] * (obj.slides + 1)
        changed.edges = [SliderEdge(sound.hitsound, sound.normal_set, sound.addition_set) for sound in edges]
    return changed


def _sample(sample: HitSample, sound: Sound) -> HitSample:
    """Copy a sample with a sound's sample sets; a custom file stays."""
    return replace(sample, normal_set=SampleSet(sound.normal_set), addition_set=SampleSet(sound.addition_set))
