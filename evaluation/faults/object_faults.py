"""Faults of single objects.

Each is a function (copy, object) -> (time of the fault, the object that shows it), or None where it does not suit the
object, which then stays as it is.
"""

from __future__ import annotations

import copy
import math
from dataclasses import replace

import numpy as np

from evaluation.faults.faulty_copy import CLEARANCE_MS, PLACED, FaultyCopy
from modding.fixes import move_in_time
from osu_beatmap.beatmap import (
    PLAYFIELD_HEIGHT_PX,
    PLAYFIELD_WIDTH_PX,
    Circle,
    GameMode,
    HitObject,
    HitSound,
    Point,
    Slider,
    SliderEdge,
    Spinner,
)
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.edits import set_sv
from osuT5.encoding.hit_objects.positions import column_x

MOVED_PX = 120.0
MARGIN_PX = 20.0
DIRECTIONS = 16

Shown = tuple[float, HitObject] | None


def quarter_beat(work: FaultyCopy, obj: HitObject) -> Shown:
    """Move an object a quarter of a beat early or late."""
    return _move_by_beats(work, obj, 1 / 4)


def third_beat(work: FaultyCopy, obj: HitObject) -> Shown:
    """Move an object a third of a beat early or late."""
    return _move_by_beats(work, obj, 1 / 3)


def _move_by_beats(work: FaultyCopy, obj: HitObject, share: float) -> Shown:
    step_ms = share * work.timing.beat_length_at(obj.time_ms) * work.rng.choice([-1.0, 1.0])
    low_ms, high_ms = work.free_ms(obj)
    for new_ms in (obj.time_ms + step_ms, obj.time_ms - step_ms):
        if low_ms <= new_ms <= high_ms:
            move_in_time(obj, round(new_ms) - obj.time_ms)
            work.sort()
            return obj.time_ms, obj
    return None


def moved_place(work: FaultyCopy, obj: HitObject) -> Shown:
    """Move an object by 120 px, in catch sideways.

    In mania, it moves to another column.
    """
    if isinstance(obj, Spinner) or work.beatmap.mode is GameMode.TAIKO:
        return None
    if work.beatmap.mode is GameMode.MANIA:
        return _other_column(work, obj)
    points = np.array([(obj.x, obj.y), *(point for s in getattr(obj, "segments", ()) for point in s.points)])
    low, high = np.minimum(MARGIN_PX, points.min(axis=0)), np.array([PLAYFIELD_WIDTH_PX, PLAYFIELD_HEIGHT_PX])
    high = np.maximum(high - MARGIN_PX, points.max(axis=0))
    for angle in work.rng.uniform(0, 2 * math.pi, DIRECTIONS):
        x, y = math.cos(angle), math.sin(angle)
        step = np.rint([math.copysign(MOVED_PX, x), 0.0] if work.beatmap.mode is GameMode.CATCH else [120 * x, 120 * y])
        if (points + step >= low).all() and (points + step <= high).all():
            _move_in_space(obj, *(float(px) for px in step))
            return obj.time_ms, obj
    return None


def _move_in_space(obj: HitObject, dx: float, dy: float) -> None:
    obj.x, obj.y = obj.x + dx, obj.y + dy
    if isinstance(obj, Slider):
        obj.segments = [replace(s, points=[(x + dx, y + dy) for x, y in s.points]) for s in obj.segments]


def _other_column(work: FaultyCopy, obj: HitObject) -> Shown:
    start_ms, end_ms = obj.time_ms - CLEARANCE_MS, work.end_ms(obj) + CLEARANCE_MS
    taken = {work.column(o) for o in work.objects if o.time_ms < end_ms and work.end_ms(o) > start_ms}
    free = sorted(set(range(work.beatmap.key_count)) - taken)
    if not free:
        return None
    obj.x = column_x(int(work.rng.choice(free)), work.beatmap.key_count)
    return obj.time_ms, obj


def deleted(work: FaultyCopy, obj: HitObject) -> Shown:
    """Delete an object that is alone at its time.

    The next one shows it.
    """
    index = work.index_of(obj)
    following = work.objects[index + 1]
    if isinstance(obj, Spinner) or obj.time_ms in (work.objects[index - 1].time_ms, following.time_ms):
        return None
    following.new_combo = following.new_combo or obj.new_combo
    del work.objects[index]
    return obj.time_ms, following


def added(work: FaultyCopy, obj: HitObject) -> Shown:
    """Add a circle about midway to the next object, on a tick.

    There was none.
    """
    index = work.index_of(obj)
    following = work.objects[index + 1]
    from_ms, to_ms = work.end_ms(obj), following.time_ms
    gap_beats = (to_ms - from_ms) / work.timing.beat_length_at(from_ms)
    time_ms = work.timing.snap((from_ms + to_ms) / 2, 2 if gap_beats > 0.9 else 4)
    if not 0.4 < gap_beats < 4 or min(time_ms - from_ms, to_ms - time_ms) < CLEARANCE_MS:
        return None
    circle = Circle(float(round(time_ms)), *_find_midpoint(work, obj, following))
    if isinstance(obj, Circle):
        circle.hitsound, circle.sample = obj.hitsound, copy.copy(obj.sample)
    work.objects.insert(index + 1, circle)
    return circle.time_ms, circle


def _find_midpoint(work: FaultyCopy, obj: HitObject, following: HitObject) -> Point:
    if work.beatmap.mode is GameMode.MANIA:
        return column_x(int(work.rng.integers(work.beatmap.key_count)), work.beatmap.key_count), obj.y
    return float(round((obj.x + following.x) / 2)), float(round((obj.y + following.y) / 2))


def combo_moved(work: FaultyCopy, obj: HitObject) -> Shown:
    """Move an object's new combo to the previous or the next object."""
    other = work.objects[work.index_of(obj) + int(work.rng.choice([-1, 1]))]
    kinds = isinstance(obj, Spinner) or isinstance(other, Spinner)
    if work.beatmap.mode not in PLACED or kinds or not obj.new_combo or other.new_combo:
        return None
    obj.new_combo, other.new_combo = False, True
    return obj.time_ms, obj


def sv_changed(work: FaultyCopy, obj: HitObject) -> Shown:
    """Halve or double the slider velocity or scroll speed.

    A slider still ends in time.
    """
    factor = float(work.rng.choice([0.5, 2.0]))
    sv = work.timing.sv_at(obj.time_ms) * factor
    if not 0.1 <= sv <= 10 or (work.beatmap.mode in PLACED and not (isinstance(obj, Slider) and _scale(obj, factor))):
        return None
    following = next((o for o in work.objects[work.index_of(obj) + 1 :] if o.time_ms > obj.time_ms), None)
    lines = work.beatmap.timing_points
    if following is not None:
        lines = set_sv(lines, following.time_ms, Timing(lines).sv_at(following.time_ms))
    work.beatmap.timing_points = set_sv(lines, obj.time_ms, sv)
    return obj.time_ms, obj


def _scale(slider: Slider, factor: float) -> bool:
    """Scale a slider about its head; return whether it fits.

    It must stay in the playfield.
    """
    scaled = [[(slider.x + factor * (x - slider.x), slider.y + factor * (y - slider.y)) for x, y in s.points]
              for s in slider.segments]  # fmt: skip
    points = np.array([point for piece in scaled for point in piece])
    if (points < 0).any() or (points > (PLAYFIELD_WIDTH_PX, PLAYFIELD_HEIGHT_PX)).any():
        return False
    slider.segments = [replace(s, points=piece) for s, piece in zip(slider.segments, scaled, strict=True)]
    slider.length_px *= factor
    return True


_ADDITIONS = (HitSound.WHISTLE, HitSound.FINISH, HitSound.CLAP)
_RIM = HitSound.WHISTLE | HitSound.CLAP


def sound_changed(work: FaultyCopy, obj: HitObject) -> Shown:
    """Drop a hitsound, or replace it by another addition.

    In taiko, the other colour replaces it.
    """
    sounded: HitObject | SliderEdge = obj.edges[0] if isinstance(obj, Slider) and obj.edges else obj
    changed = _change_sound(int(sounded.hitsound), work)
    if changed is None or isinstance(obj, Spinner):
        return None
    sounded.hitsound = changed
    if work.beatmap.mode is GameMode.TAIKO:
        obj.hitsound = changed
    return obj.time_ms, obj


def _change_sound(hitsound: int, work: FaultyCopy) -> int | None:
    if work.beatmap.mode is GameMode.TAIKO:
        return hitsound & ~_RIM if hitsound & _RIM else hitsound | HitSound.CLAP
    own = [addition for addition in _ADDITIONS if hitsound & addition]
    others = [addition for addition in _ADDITIONS if not hitsound & addition]
    if not own:
        return None
    return 0 if not others or work.rng.random() < 0.5 else int(work.rng.choice(others))
