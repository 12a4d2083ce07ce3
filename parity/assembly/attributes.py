"""Attributes that the original reads from a beatmap.

They are used if a user requests nothing else. `osu_beatmap.attributes` has the better measures: here any sound makes a
map hitsounded, and lines at one time count as one change of the scroll speed, in mania relative to the tempo's part.
"""

from __future__ import annotations

from itertools import groupby

from osu_beatmap.attributes import WITH_SCROLL_SPEED, Attributes, hold_note_ratio
from osu_beatmap.beatmap import Beatmap, GameMode, HoldNote
from osuT5.encoding.main_tempo import main_beat_ms, whole_seconds_ms

DEFAULT_KEYS = 4
SAME_SPEED = 1e-3


def attributes_as_published(beatmap: Beatmap, difficulty: float | None = None) -> Attributes:
    """Return the attributes of a beatmap.

    It was read with `quirks.PUBLISHED`; its star rating is given.
    """
    mode, mania = beatmap.mode, beatmap.mode is GameMode.MANIA
    has_objects = bool(beatmap.hit_objects)
    return Attributes(
        mode=mode,
        difficulty=difficulty,
        circle_size=beatmap.difficulty.circle_size,
        slider_multiplier=beatmap.difficulty.slider_multiplier,
        hitsounded=any(hit_object.hitsound for hit_object in beatmap.hit_objects),
        key_count=int(beatmap.difficulty.circle_size) if mania else DEFAULT_KEYS,
        hold_note_ratio=hold_note_ratio(beatmap) if mania and has_objects else None,
        scroll_speed_ratio=_scroll_speed_ratio(beatmap) if mode in WITH_SCROLL_SPEED and has_objects else None,
    )


def _scroll_speed_ratio(beatmap: Beatmap) -> float:
    """Return scroll speed changes per object time."""
    changes, last = 0, 1.0
    for speed in _speeds(beatmap):
        changes += abs(speed - last) > SAME_SPEED
        last = speed
    return changes / sum(1 for _ in groupby(obj.time_ms for obj in beatmap.hit_objects))


def _speeds(beatmap: Beatmap) -> list[float]:
    """Return the scroll speed after the last line of each time."""
    is_mania = beatmap.mode is GameMode.MANIA
    ends_ms = (obj.end_ms if isinstance(obj, HoldNote) else obj.time_ms for obj in beatmap.hit_objects)
    main_ms = main_beat_ms(beatmap.timing_points, whole_seconds_ms(max(ends_ms)))
    speeds, beat_ms = [], main_ms
    for _, at_once in groupby(beatmap.timing_points, key=lambda point: point.time_ms):
        for point in at_once:
            beat_ms = point.beat_length_ms if point.uninherited else beat_ms
            speed = 1.0 if point.uninherited else -100 / point.beat_length_ms
        speeds.append(speed * main_ms / beat_ms if is_mania and beat_ms else speed)
    return speeds
