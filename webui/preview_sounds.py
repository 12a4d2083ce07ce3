"""Sounds of a map, hit by hit, with explicit sets and volumes.

The sets are sample sets.
"""

from __future__ import annotations

from osu_beatmap.beatmap import HitObject, HitSound, Slider, SliderEdge, Spinner
from osu_beatmap.rules.chart import Chart
from osuT5.encoding.hit_objects.hitsounds import Sound, resolve

MAX_EDGES = 400
"""A slider that repeats more often is no music: only its head and its end sound."""


def sounds_of(chart: Chart) -> list[list[float]]:
    """Return [[time_ms, bank, addition bank, additions, volume]] by time.

    Banks are 1 normal, 2 soft, 3 drum; additions the sum of 2 whistle, 4 finish, 8 clap; volume is 0..100. Hold notes
    sound at their head, spinners at their end.
    """
    sounds = []
    for place, obj in enumerate(chart.objects):
        end_ms = float(chart.end_ms[place])
        for time_ms, edge in _edges(obj, end_ms, place in chart.paths):
            sound = Sound(edge.hitsound, edge.normal_set, edge.addition_set, obj.sample.volume or None)
            heard = resolve(sound, time_ms, chart.timing)
            sounds.append([round(time_ms, 1), heard.normal_set, heard.addition_set, heard.hitsound, heard.volume])
    return sorted(sounds)


def _edges(obj: HitObject, end_ms: float, has_body: bool) -> list[tuple[float, SliderEdge]]:
    own = SliderEdge(obj.hitsound or HitSound.NONE, obj.sample.normal_set, obj.sample.addition_set)
    if isinstance(obj, Spinner):
        return [(end_ms, own)]
    if not (isinstance(obj, Slider) and has_body):
        return [(obj.time_ms, own)]
    turns = range(obj.slides + 1) if obj.slides <= MAX_EDGES else (0, obj.slides)
    slide_ms = (end_ms - obj.time_ms) / obj.slides
    return [(obj.time_ms + turn * slide_ms, obj.edges[turn] if turn < len(obj.edges) else own) for turn in turns]
