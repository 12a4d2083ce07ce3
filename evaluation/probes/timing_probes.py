"""Damage to the timing of a chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from evaluation.charts import MeasuredChart
from osu_beatmap.beatmap import Beatmap, Break, HitObject, TimingPoint

SHIFT_MS = 60.0
WRONG_TEMPO = 1.03
LATE_MS = 3.0


def shifted_60ms(chart: MeasuredChart, others: Sequence[MeasuredChart], rng: np.random.Generator) -> Beatmap:
    """Delay all objects and timing points by 60 ms: a wrong offset."""
    return with_times(chart.beatmap, lambda time_ms: time_ms + SHIFT_MS)


def wrong_tempo(chart: MeasuredChart, others: Sequence[MeasuredChart], rng: np.random.Generator) -> Beatmap:
    """Slow red lines by 3 %, and change the bars.

    Bars of three beats become four; others become three.
    """

    def change(red: TimingPoint) -> TimingPoint:
        return replace(red, beat_length_ms=red.beat_length_ms * WRONG_TEMPO, meter=4 if red.meter == 3 else 3)

    return _with_reds(chart.beatmap, change)


def tempo_doubled(chart: MeasuredChart, others: Sequence[MeasuredChart], rng: np.random.Generator) -> Beatmap:
    """Double the tempo of all red lines; objects stay."""
    return _with_reds(chart.beatmap, lambda red: replace(red, beat_length_ms=red.beat_length_ms / 2))


def lines_late(chart: MeasuredChart, others: Sequence[MeasuredChart], rng: np.random.Generator) -> Beatmap:
    """Add a slider velocity for each object by a late line.

    It is 3 ms late.
    """
    reds = [line for line in chart.lines if line.uninherited]
    greens = [
        TimingPoint(time_ms + LATE_MS, -100.0 / (1.0 + 0.1 * (index % 2)), uninherited=False)
        for index, time_ms in enumerate(chart.times_ms.tolist())
    ]
    return replace(chart.beatmap, timing_points=sorted([*reds, *greens], key=lambda line: line.time_ms))


def with_times(beatmap: Beatmap, moved: Callable[[float], float]) -> Beatmap:
    """Return the map with moved times of objects, lines and breaks.

    A function moves them.
    """
    return replace(
        beatmap,
        hit_objects=[move_object(obj, moved(obj.time_ms)) for obj in beatmap.hit_objects],
        timing_points=[replace(line, time_ms=moved(line.time_ms)) for line in beatmap.timing_points],
        breaks=[Break(moved(pause.start_ms), moved(pause.end_ms)) for pause in beatmap.breaks],
    )


def move_object(obj: HitObject, time_ms: float) -> HitObject:
    """Return an object at another time, with its duration."""
    if hasattr(obj, "end_ms"):
        return replace(obj, time_ms=time_ms, end_ms=obj.end_ms + time_ms - obj.time_ms)
    return replace(obj, time_ms=time_ms)


def _with_reds(beatmap: Beatmap, change: Callable[[TimingPoint], TimingPoint]) -> Beatmap:
    lines = [change(line) if line.uninherited else line for line in beatmap.timing_points]
    return replace(beatmap, timing_points=lines)
