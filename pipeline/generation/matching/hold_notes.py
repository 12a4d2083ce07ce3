"""Requested ratio of hold notes, by lengthening or shortening notes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from osu_beatmap.beatmap import Beatmap, Circle, HoldNote
from osu_beatmap.timing.active_point import Timing
from pipeline.finishing.working_map import common_fields

HOLD_DIVISORS = (1, 2, 4)
"""New holds last a beat, half a beat or a quarter: the longest that their column has room for."""

CLEAR_BEATS = 0.25
"""Minimum gap in a column after a hold note."""


def with_hold_note_ratio(beatmap: Beatmap, ratio: float) -> Beatmap:
    """Return a mania map with a ratio of hold notes.

    It is as near as whole notes allow. The shortest hold notes become notes, or the notes with most room after them
    become hold notes. Fewer do if no more have room.
    """
    objects = list(beatmap.hit_objects)
    holds = [index for index, obj in enumerate(objects) if isinstance(obj, HoldNote)]
    missing = round(ratio * len(objects)) - len(holds)
    if missing < 0:
        shortest = sorted(holds, key=lambda index: objects[index].end_ms - objects[index].time_ms)
        for index in shortest[:-missing]:
            objects[index] = Circle(**common_fields(objects[index]))
    elif missing > 0:
        lengths_ms = _possible_lengths(beatmap)
        roomy = sorted(lengths_ms, key=lambda index: -lengths_ms[index])
        for index in roomy[:missing]:
            end_ms = objects[index].time_ms + lengths_ms[index]
            objects[index] = HoldNote(**common_fields(objects[index]), end_ms=float(round(end_ms)))
    return replace(beatmap, hit_objects=objects)


def _possible_lengths(beatmap: Beatmap) -> dict[int, float]:
    """Return the possible length of each note in ms.

    Notes without room are omitted.
    """
    timing = Timing(beatmap.timing_points)
    columns: dict[float, list[int]] = defaultdict(list)
    for index, obj in enumerate(beatmap.hit_objects):
        columns[obj.x].append(index)
    last_ms = max((obj.time_ms for obj in beatmap.hit_objects), default=0.0)
    lengths_ms = {}
    for indices in columns.values():
        for index, following in zip(indices, [*indices[1:], None], strict=True):
            obj = beatmap.hit_objects[index]
            if not isinstance(obj, Circle):
                continue
            beat_ms = timing.beat_length_at(obj.time_ms)
            next_ms = last_ms if following is None else beatmap.hit_objects[following].time_ms - CLEAR_BEATS * beat_ms
            fitting = (beat_ms / divisor for divisor in HOLD_DIVISORS if obj.time_ms + beat_ms / divisor <= next_ms + 1)
            if (length_ms := next(fitting, None)) is not None:
                lengths_ms[index] = length_ms
    return lengths_ms
