"""Fixes of a map: small described changes, applied to a copy.

A fix names objects by their index in the reviewed map, so several can be applied together: those that keep indices come
first, then deletions from the last object on.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from osu_beatmap.beatmap import Beatmap, GameMode, HitObject, HitSound, HoldNote, Slider, Spinner, TimingPoint
from osu_beatmap.geometry.slider_path import scale_to_length
from osu_beatmap.rules.lines import MAX_VOLUME, MIN_VOLUME
from osu_beatmap.timing.active_point import Timing, slider_duration_ms, slider_length_px
from osu_beatmap.timing.edits import move_kiai_edge as move_edge
from osu_beatmap.timing.edits import set_sv
from osuT5.encoding.hit_objects.positions import column_x

Change = Callable[[Beatmap], None]


@dataclass(frozen=True, slots=True)
class Fix:
    """Change of a map; `text` is an imperative: "move it to 01:23:456".

    `deletes` is the object that it takes away.
    """

    text: str
    change: Change | None = None
    deletes: int | None = None


def apply_fixes(beatmap: Beatmap, fixes: Iterable[Fix]) -> Beatmap:
    """Return a fixed copy with objects in order of time."""
    mended = copy.deepcopy(beatmap)
    fixes = list(fixes)
    for fix in fixes:
        if fix.change is not None:
            fix.change(mended)
    for index in sorted({fix.deletes for fix in fixes if fix.deletes is not None}, reverse=True):
        del mended.hit_objects[index]
    mended.hit_objects.sort(key=lambda obj: obj.time_ms)
    return mended


def move_object(index: int, to_ms: float, text: str) -> Fix:
    """Return a fix that moves an object, with the same duration."""

    def change(beatmap: Beatmap) -> None:
        move_in_time(beatmap.hit_objects[index], to_ms - beatmap.hit_objects[index].time_ms)

    return Fix(text, change)


def end_object(index: int, end_ms: float, text: str) -> Fix:
    """Return a fix that moves the end of an object.

    A slider gets the length for it, its path cut or prolonged.
    """

    def change(beatmap: Beatmap) -> None:
        obj = beatmap.hit_objects[index]
        if isinstance(obj, Spinner | HoldNote):
            obj.end_ms = end_ms
        elif isinstance(obj, Slider):
            _set_duration(obj, end_ms - obj.time_ms, beatmap)

    return Fix(text, change)


def delete_object(index: int, text: str) -> Fix:
    return Fix(text, deletes=index)


def set_new_combo(index: int, starts: bool, text: str) -> Fix:
    def change(beatmap: Beatmap) -> None:
        beatmap.hit_objects[index].new_combo = starts

    return Fix(text, change)


def move_to_column(index: int, column: int, text: str) -> Fix:
    def change(beatmap: Beatmap) -> None:
        beatmap.hit_objects[index].x = column_x(column, beatmap.key_count)

    return Fix(text, change)


def set_additions(index: int, hitsound: int, edge: int | None, text: str) -> Fix:
    """Return a fix of the additions of an object or slider edge.

    The edge is 0 for the head, -1 for the end. A drumroll sounds the same throughout.
    """

    def change(beatmap: Beatmap) -> None:
        obj = beatmap.hit_objects[index]
        keeps_normal = obj.hitsound & HitSound.NORMAL
        if isinstance(obj, Slider) and edge is not None and obj.edges:
            obj.edges[edge].hitsound = hitsound
        if edge is None or beatmap.mode is GameMode.TAIKO:
            obj.hitsound = hitsound | keeps_normal

    return Fix(text, change)


def set_velocity(index: int, sv: float, text: str) -> Fix:
    """Return a fix of one object's velocity, up to the next object.

    A slider keeps its duration, and its path grows about its head.
    """

    def change(beatmap: Beatmap) -> None:
        obj = beatmap.hit_objects[index]
        timing = Timing(beatmap.timing_points)
        duration_ms = slider_duration_ms(obj, timing, beatmap.difficulty) if isinstance(obj, Slider) else 0.0
        following = next((other for other in beatmap.hit_objects[index + 1 :] if other.time_ms > obj.time_ms), None)
        if following is not None:
            kept = timing.sv_at(following.time_ms)
            beatmap.timing_points = set_sv(beatmap.timing_points, following.time_ms, kept)
        beatmap.timing_points = set_sv(beatmap.timing_points, obj.time_ms, sv)
        if isinstance(obj, Slider) and duration_ms > 0:
            _set_duration(obj, duration_ms, beatmap)
            obj.segments = scale_to_length(obj.segments, obj.length_px)

    return Fix(text, change)


def shift_stretch(start_ms: float, end_ms: float, by_ms: float, text: str) -> Fix:
    """Return a fix that moves all lines and objects of a span."""

    def change(beatmap: Beatmap) -> None:
        beatmap.timing_points = [
            replace(line, time_ms=line.time_ms + by_ms) if start_ms <= line.time_ms < end_ms else line
            for line in beatmap.timing_points
        ]
        for obj in beatmap.hit_objects:
            if start_ms <= obj.time_ms < end_ms:
                move_in_time(obj, by_ms)
        for pause in beatmap.breaks:
            if start_ms <= pause.start_ms < end_ms:
                pause.start_ms, pause.end_ms = pause.start_ms + by_ms, pause.end_ms + by_ms

    return Fix(text, change)


def retime_line(time_ms: float, by_ms: float, longer: float, text: str) -> Fix:
    """Return a fix of a red line without its objects.

    The line moves, and its beats get `longer` times as long. Green lines at its time move with it: it would set their
    speed back to 1.
    """

    def retimed(line: TimingPoint) -> TimingPoint:
        if line.time_ms != time_ms:
            return line
        beat_length_ms = line.beat_length_ms * (longer if line.uninherited else 1.0)
        return replace(line, time_ms=line.time_ms + by_ms, beat_length_ms=beat_length_ms)

    def change(beatmap: Beatmap) -> None:
        beatmap.timing_points = [retimed(line) for line in beatmap.timing_points]

    return Fix(text, change)


def move_kiai_edge(from_ms: float, to_ms: float, is_start: bool, text: str) -> Fix:
    """Return a fix that moves a kiai time's start or end.

    Lines that are not between the two times stay.
    """

    def change(beatmap: Beatmap) -> None:
        beatmap.timing_points = move_edge(beatmap.timing_points, from_ms, to_ms, is_start)

    return Fix(text, change)


def limit_volume(time_ms: float, text: str) -> Fix:
    """Return a fix that limits the volumes at a time."""

    def change(beatmap: Beatmap) -> None:
        beatmap.timing_points = [
            replace(line, volume=min(max(line.volume, MIN_VOLUME), MAX_VOLUME)) if line.time_ms == time_ms else line
            for line in beatmap.timing_points
        ]
        for obj in beatmap.hit_objects:
            if obj.time_ms == time_ms and obj.sample.volume:
                obj.sample.volume = min(max(obj.sample.volume, MIN_VOLUME), MAX_VOLUME)

    return Fix(text, change)


def drop_duplicate_lines(time_ms: float, text: str) -> Fix:
    """Return a fix that removes duplicate lines of one kind.

    The last one stays, which is the one that counts.
    """

    def change(beatmap: Beatmap) -> None:
        last = {line.uninherited: line for line in beatmap.timing_points if line.time_ms == time_ms}
        beatmap.timing_points = [
            line for line in beatmap.timing_points if line.time_ms != time_ms or line is last[line.uninherited]
        ]

    return Fix(text, change)


def set_preview(time_ms: float, text: str) -> Fix:
    def change(beatmap: Beatmap) -> None:
        beatmap.preview_time_ms = float(round(time_ms))

    return Fix(text, change)


def _set_duration(slider: Slider, duration_ms: float, beatmap: Beatmap) -> None:
    slide_ms = duration_ms / max(1, slider.slides)
    slider.length_px = slider_length_px(slide_ms, slider.time_ms, Timing(beatmap.timing_points), beatmap.difficulty)


def move_in_time(obj: HitObject, by_ms: float) -> None:
    obj.time_ms += by_ms
    if isinstance(obj, Spinner | HoldNote):
        obj.end_ms += by_ms
