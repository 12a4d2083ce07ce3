"""Damage to objects one by one, and to settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from evaluation.charts import MeasuredChart
from evaluation.probes.timing_probes import move_object
from osu_beatmap.beatmap import (
    PLAYFIELD_HEIGHT_PX,
    PLAYFIELD_WIDTH_PX,
    Beatmap,
    Circle,
    GameMode,
    HitObject,
    HitSample,
    HitSound,
    HoldNote,
    Slider,
    SliderEdge,
    TimingPoint,
)
from osuT5.encoding.hit_objects.positions import column_x

JITTER_MS = 10.0
GROWN_NOTES = 2
SHORTEST_GAP_MS = 60.0
"""Shortest gap that gets an object in its middle: shorter ones would be unplayable."""


def jittered_10ms(chart: MeasuredChart, others: Sequence[MeasuredChart], rng: np.random.Generator) -> Beatmap:
    """Move each time independently, with a deviation of 10 ms.

    The distribution is normal; a chord stays one.
    """
    moved = {time_ms: time_ms + rng.normal(0.0, JITTER_MS) for time_ms in sorted(set(chart.start_ms.tolist()))}
    objects = [move_object(obj, moved[obj.time_ms]) for obj in chart.objects]
    return replace(chart.beatmap, hit_objects=sorted(objects, key=lambda obj: obj.time_ms))


def random_places(chart: MeasuredChart, others: Sequence[MeasuredChart], rng: np.random.Generator) -> Beatmap | None:
    """Move each object anywhere in the playfield.

    Each note of a chord moves to another column; taiko has no positions.
    """
    if chart.beatmap.mode is GameMode.TAIKO:
        return None
    if chart.beatmap.mode is GameMode.MANIA:
        return replace(chart.beatmap, hit_objects=_shuffle_columns(chart, rng))
    places = rng.uniform((0, 0), (PLAYFIELD_WIDTH_PX, PLAYFIELD_HEIGHT_PX), (len(chart.objects), 2)).round()
    objects = [place_object(obj, x, y) for obj, (x, y) in zip(chart.objects, places.tolist(), strict=True)]
    return replace(chart.beatmap, hit_objects=objects)


def density_doubled(chart: MeasuredChart, others: Sequence[MeasuredChart], rng: np.random.Generator) -> Beatmap:
    """Add a circle half way to each next object.

    It is half way in time and position, if there is room and no object is active.
    """
    added: list[HitObject] = []
    ends_ms = np.maximum.accumulate(chart.end_ms)
    for index in range(len(chart.objects) - 1):
        now, after = chart.objects[index], chart.objects[index + 1]
        middle_ms = (now.time_ms + after.time_ms) / 2
        if after.time_ms - now.time_ms >= SHORTEST_GAP_MS and ends_ms[index] < middle_ms:
            x = now.x if chart.beatmap.mode is GameMode.MANIA else (now.x + after.x) / 2
            added.append(Circle(middle_ms, x, (now.y + after.y) / 2))
    return replace(chart.beatmap, hit_objects=sorted([*chart.objects, *added], key=lambda obj: obj.time_ms))


def chords_grown(chart: MeasuredChart, others: Sequence[MeasuredChart], rng: np.random.Generator) -> Beatmap | None:
    """Add two notes at every time of a mania chart.

    This stops at the free columns.
    """
    if chart.beatmap.mode is not GameMode.MANIA:
        return None
    keys, objects = chart.beatmap.key_count, []
    for time_ms, chord in groupby(chart.objects, key=lambda obj: obj.time_ms):
        notes = list(chord)
        free = sorted(set(range(keys)) - {int(note.x * keys // PLAYFIELD_WIDTH_PX) for note in notes})
        objects += [*notes, *(Circle(time_ms, column_x(column, keys), notes[0].y) for column in free[:GROWN_NOTES])]
    return replace(chart.beatmap, hit_objects=objects)


def sounds_removed(chart: MeasuredChart, others: Sequence[MeasuredChart], rng: np.random.Generator) -> Beatmap:
    """Remove hitsounds, sample sets and new combos."""
    return replace(chart.beatmap, hit_objects=[_plain(obj) for obj in chart.objects])


def settings_changed(chart: MeasuredChart, others: Sequence[MeasuredChart], rng: np.random.Generator) -> Beatmap:
    """Change settings: circle size or keys, and slider multiplier.

    There are no hold notes, and a scroll speed for each object.
    """
    difficulty = chart.beatmap.difficulty
    changed = replace(
        difficulty,
        circle_size=difficulty.circle_size + (1 if difficulty.circle_size < 7 else -1),
        slider_multiplier=difficulty.slider_multiplier + 0.5,
    )
    objects = [Circle(obj.time_ms, obj.x, obj.y) if isinstance(obj, HoldNote) else obj for obj in chart.objects]
    speeds = [TimingPoint(ms, -100.0 / (1.0 + 0.1 * (n % 2)), uninherited=False) for n, ms in enumerate(chart.times_ms)]
    lines = sorted([*chart.lines, *speeds], key=lambda line: line.time_ms)
    return replace(chart.beatmap, difficulty=changed, hit_objects=objects, timing_points=lines)


def place_object(obj: HitObject, x: float, y: float) -> HitObject:
    """Return an object at another position, a slider with its path."""
    if not isinstance(obj, Slider):
        return replace(obj, x=x, y=y)
    segments = [
        replace(part, points=[(px + x - obj.x, py + y - obj.y) for px, py in part.points]) for part in obj.segments
    ]
    return replace(obj, x=x, y=y, segments=segments)


def _shuffle_columns(chart: MeasuredChart, rng: np.random.Generator) -> list[HitObject]:
    keys = chart.beatmap.key_count
    objects = []
    for _, chord in groupby(chart.objects, key=lambda obj: obj.time_ms):
        notes = list(chord)
        columns = rng.permutation(max(keys, len(notes)))[: len(notes)] % keys
        objects += [replace(note, x=column_x(at, keys)) for note, at in zip(notes, columns.tolist(), strict=True)]
    return objects


def _plain(obj: HitObject) -> HitObject:
    plain = replace(obj, hitsound=HitSound.NONE, sample=HitSample(), new_combo=False, combo_skip=0)
    return replace(plain, edges=[SliderEdge() for _ in plain.edges]) if isinstance(plain, Slider) else plain
