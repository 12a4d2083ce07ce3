"""Damage visible only with the song: a chart on another part.

A chart for one part of the music is played to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from evaluation.charts import MeasuredChart
from evaluation.measures.bars import bar_edges_ms
from evaluation.probes.timing_probes import move_object
from osu_beatmap.beatmap import Beatmap, HitObject

SECTION_BARS = 4


def flattened(chart: MeasuredChart, others: Sequence[MeasuredChart], rng: np.random.Generator) -> Beatmap | None:
    """Repeat the densest bar but a few throughout.

    The span is from the first object to the last.
    """
    bars = _bars(chart)
    if not bars:
        return None
    filled = sorted((bar for bar in bars if bar[2]), key=lambda bar: len(bar[2]))
    start_ms, length_ms, pattern = filled[int(0.9 * (len(filled) - 1))]
    objects = [
        move_object(obj, bar_ms + (obj.time_ms - start_ms) * bar_length_ms / length_ms)
        for bar_ms, bar_length_ms, _ in bars
        for obj in pattern
    ]
    return replace(chart.beatmap, hit_objects=objects)


def sections_shuffled(
    chart: MeasuredChart, others: Sequence[MeasuredChart], rng: np.random.Generator
) -> Beatmap | None:
    """Shuffle sections of four bars, each within its length; lines stay."""
    bars = _bars(chart)
    sections = [bars[first : first + SECTION_BARS] for first in range(0, len(bars), SECTION_BARS)]
    by_length: dict[int, list[int]] = {}
    for place, section in enumerate(sections):
        by_length.setdefault(round(sum(bar[1] for bar in section)), []).append(place)
    comes_from = list(range(len(sections)))
    for places in by_length.values():
        for place, other in zip(places, rng.permutation(places).tolist(), strict=True):
            comes_from[place] = other
    if comes_from == list(range(len(sections))):
        return None
    objects = []
    for place, other in enumerate(comes_from):
        shift_ms = sections[place][0][0] - sections[other][0][0]
        objects += [move_object(obj, obj.time_ms + shift_ms) for bar in sections[other] for obj in bar[2]]
    return replace(chart.beatmap, hit_objects=sorted(objects, key=lambda obj: obj.time_ms))


def song_swapped(chart: MeasuredChart, others: Sequence[MeasuredChart], rng: np.random.Generator) -> Beatmap | None:
    """Return another song's chart that is nearest in star rating."""
    if not others:
        return None
    return min(others, key=lambda other: abs(other.stars - chart.stars)).beatmap


def _bars(chart: MeasuredChart) -> list[tuple[float, float, list[HitObject]]]:
    """Return start, length in ms and objects of every bar.

    The bars are from the first object's to the last one's.
    """
    if not len(chart.start_ms):
        return []
    edges_ms = bar_edges_ms(chart.timing, chart.start_ms)
    places = np.searchsorted(edges_ms, chart.start_ms + 1.0, side="right") - 1
    bars: list[tuple[float, float, list[HitObject]]] = [
        (float(start_ms), float(end_ms - start_ms), []) for start_ms, end_ms in pairwise(edges_ms)
    ]
    for obj, place in zip(chart.objects, places.tolist(), strict=True):
        if 0 <= place < len(bars):
            bars[place][2].append(obj)
    return bars
