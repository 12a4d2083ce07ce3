"""Maps as object tokens: fields, columns and the cursor before each object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from osu_beatmap.beatmap import Beatmap, Circle, GameMode, HitObject, HitSound, Point, Slider
from osu_beatmap.errors import BeatmapError
from osu_beatmap.geometry.slider_path import SliderPath, path_of
from osu_beatmap.timing.active_point import Timing, end_time_ms
from osu_beatmap.timing.beat_clock import BeatClock
from osuT5.encoding.hit_objects.circles import object_sound
from osuT5.encoding.hit_objects.hitsounds import sound_value
from osuT5.encoding.hit_objects.positions import column_event
from osuT5.encoding.hit_objects.sliders import edge_sound
from osuT5.encoding.scroll_speed import line_speed
from osuT5.objects.tokens.fields import (
    DURATION_TICKS,
    FIELD_SIZES,
    HOLD,
    MAX_COLUMNS,
    NONE,
    NOTE,
    SLIDE_COUNTS,
    SPEEDS,
    Field,
    ObjectKind,
    nearest_ratio_class,
    turn_class,
)
from osuT5.objects.tokens.placement import Cursor
from osuT5.objects.tokens.slider_shapes import catch_shape, shape_of

CATCH_ROW_PX = 192.0
"""Catch has one dimension: all objects are read on this height."""


@dataclass(frozen=True)
class ChartTokens:
    """Tokens of a map, one for each object or mania row.

    Attributes:
        steps: Ticks of the clock at which objects begin, ascending, int64 [objects].
        fields: int16 [objects, fields]; NONE where a field does not apply.
        cursors: x, y and heading before each object, float32 [objects, 3]; zeros in taiko and mania.
        columns: What begins in each mania column, int8 [objects, 18].
        hold_durations: Class of the duration of each hold note, int8 [objects, 18]; NONE elsewhere.
        held: Whether an earlier hold note lasts beyond each object, bool [objects, 18].
        end: Cursor after the last object.
    """

    steps: np.ndarray
    fields: np.ndarray
    cursors: np.ndarray
    columns: np.ndarray
    hold_durations: np.ndarray
    held: np.ndarray
    end: Cursor = field(default_factory=Cursor)

    def __len__(self) -> int:
        return len(self.steps)


class TokenWriter:
    """Collects the tokens of one map."""

    def __init__(self, beatmap: Beatmap, clock: BeatClock) -> None:
        self.beatmap, self.clock = beatmap, clock
        self.timing = Timing(beatmap.timing_points)
        self.cursor = Cursor()
        self.steps: list[int] = []
        self.fields: list[list[int]] = []
        self.cursors: list[tuple[float, float, float]] = []

    def add(self, obj: HitObject, step: int) -> None:
        """Add an object of standard, catch or taiko."""
        values = [NONE] * len(FIELD_SIZES)
        self.steps.append(step)
        self.cursors.append((self.cursor.x, self.cursor.y, self.cursor.heading))
        end_ms = end_time_ms(obj, self.timing, self.beatmap.difficulty)
        if end_ms > obj.time_ms:
            values[Field.DURATION] = duration_class(self.clock, step, end_ms)
        if self.beatmap.mode is GameMode.TAIKO:
            self._add_taiko(obj, values)
        elif isinstance(obj, Circle):
            values[Field.KIND] = ObjectKind.CIRCLE
            values[Field.SOUND] = sound_value(object_sound(obj), obj.time_ms, self.timing)
            self._place((obj.x, obj.y), obj, values)
        elif isinstance(obj, Slider) and end_ms > obj.time_ms and (path := _path(obj)) is not None:
            self._add_slider(obj, path, values)
        else:
            values[Field.KIND] = ObjectKind.SPINNER
            values[Field.SOUND] = sound_value(object_sound(obj), end_ms, self.timing)
            self.cursor = Cursor()
        self.fields.append(values)

    def _add_taiko(self, obj: HitObject, values: list[int]) -> None:
        is_big = bool(obj.hitsound & HitSound.FINISH)
        values[Field.SPEED] = self._speed(obj.time_ms)
        if isinstance(obj, Circle):
            is_kat = bool(obj.hitsound & (HitSound.WHISTLE | HitSound.CLAP))
            values[Field.KIND] = ObjectKind.DON + is_kat + 2 * is_big
        else:
            values[Field.KIND] = ObjectKind.DRUMROLL + is_big if isinstance(obj, Slider) else ObjectKind.SWELL

    def _place(self, point: Point, obj: HitObject, values: list[int]) -> None:
        if self.beatmap.mode is GameMode.CATCH:
            point = (point[0], CATCH_ROW_PX)
        values[Field.NEW_COMBO] = int(obj.new_combo)
        values[Field.DISTANCE], values[Field.TURN] = self.cursor.measure(point)
        self.cursor = self.cursor.moved(point)

    def _add_slider(self, slider: Slider, path: SliderPath, values: list[int]) -> None:
        values[Field.KIND] = ObjectKind.SLIDER
        self._place((slider.x, slider.y), slider, values)
        shape, direction = shape_of(path)
        end = path.end
        if self.beatmap.mode is GameMode.CATCH:
            shape, values[Field.ARC], direction = catch_shape(path)
            end = (end[0] if shape else slider.x, CATCH_ROW_PX)  # as it is decoded: the heading depends on it
        values[Field.SHAPE] = shape
        values[Field.SLIDER_TURN] = turn_class(direction - self.cursor.heading)
        values[Field.SLIDES] = nearest_ratio_class(slider.slides, SLIDE_COUNTS)
        values[Field.SPEED] = self._speed(slider.time_ms)
        values[Field.SOUND] = sound_value(edge_sound(slider, 0), slider.time_ms, self.timing)
        end_ms = end_time_ms(slider, self.timing, self.beatmap.difficulty)
        values[Field.END_SOUND] = sound_value(edge_sound(slider, max(1, slider.slides)), end_ms, self.timing)
        self.cursor = self.cursor.slid(end, max(1, slider.slides))

    def _speed(self, time_ms: float) -> int:
        return nearest_ratio_class(line_speed(self.timing.green_at(time_ms)), SPEEDS)


def encode_chart(beatmap: Beatmap, clock: BeatClock) -> ChartTokens:
    """Return the tokens of a map on a clock.

    Of objects on one tick, the first counts.

    Raises:
        BeatmapError: The map has no usable red line.
    """
    objects = sorted(beatmap.hit_objects, key=lambda obj: obj.time_ms)
    steps = clock.steps_at(np.array([obj.time_ms for obj in objects], np.float64)) if objects else np.zeros(0, np.int64)
    if beatmap.mode is GameMode.MANIA:
        return _encode_rows(beatmap, clock, objects, steps)
    writer = TokenWriter(beatmap, clock)
    for obj, step in zip(objects, steps.tolist(), strict=True):
        if not writer.steps or step > writer.steps[-1]:
            writer.add(obj, step)
    count = len(writer.steps)
    is_placed = beatmap.mode is not GameMode.TAIKO
    cursors = np.array(writer.cursors, np.float32).reshape(count, 3) * is_placed
    return ChartTokens(
        np.array(writer.steps, np.int64),
        np.array(writer.fields, np.int16).reshape(count, len(FIELD_SIZES)),
        cursors,
        np.zeros((count, MAX_COLUMNS), np.int8),
        np.full((count, MAX_COLUMNS), NONE, np.int8),
        np.zeros((count, MAX_COLUMNS), bool),
        writer.cursor,
    )


def _encode_rows(beatmap: Beatmap, clock: BeatClock, objects: Sequence[HitObject], steps: np.ndarray) -> ChartTokens:
    """Return the tokens of a mania map."""
    timing, keys = Timing(beatmap.timing_points), beatmap.key_count
    rows, places = np.unique(steps, return_inverse=True)
    count = len(rows)
    fields = np.full((count, len(FIELD_SIZES)), NONE, np.int16)
    columns = np.zeros((count, MAX_COLUMNS), np.int8)
    durations = np.full((count, MAX_COLUMNS), NONE, np.int8)
    held = np.zeros((count, MAX_COLUMNS), bool)
    for obj, row in zip(objects, places.tolist(), strict=True):
        column = min(column_event(obj.x, keys).value, MAX_COLUMNS - 1)
        if fields[row, Field.SOUND] == NONE:
            fields[row, Field.SOUND] = sound_value(object_sound(obj), obj.time_ms, timing)
        end_ms = end_time_ms(obj, timing, beatmap.difficulty)
        columns[row, column] = NOTE if end_ms <= obj.time_ms else HOLD
        if end_ms > obj.time_ms:
            durations[row, column] = duration_class(clock, int(rows[row]), end_ms)
            end_step = rows[row] + DURATION_TICKS[durations[row, column]]
            held[row + 1 : np.searchsorted(rows, end_step), column] = True
    held &= columns == 0
    return ChartTokens(rows, fields, np.zeros((count, 3), np.float32), columns, durations, held)


def duration_class(clock: BeatClock, step: int, end_ms: float) -> int:
    """Return the class of the duration from a step to a time."""
    ticks = int(clock.steps_at(np.array([end_ms]))[0]) - step
    return nearest_ratio_class(max(1, ticks), DURATION_TICKS)


def _path(slider: Slider) -> SliderPath | None:
    """Return the path of a slider, None if it has none."""
    try:
        path = path_of(slider)
    except BeatmapError:
        return None
    return path if path.length_px > 0 and np.isfinite(path.points).all() else None
