"""Positions and events: cells, offsets inside cells, distances, mania columns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from osu_beatmap.beatmap import PLAYFIELD_WIDTH_PX, Point
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import Event, EventKind

CENTRE: Point = (256.0, 192.0)
"""The middle of the playfield: where spinners are, and where distances start."""

MAX_DISTANCE_PX = 640


def position_events(point: Point, last_point: Point, spec: EncodingSpec) -> list[Event]:
    """Return the events that place a point.

    `last_point` is the one before it, for its distance.
    """
    events = []
    if spec.distances:
        distance_px = math.dist(point, last_point)
        events.append(Event(EventKind.DISTANCE, int(min(distance_px, MAX_DISTANCE_PX))))
    if not spec.positions:
        return events
    column = _cell(point[0], spec.x_low_px, spec.x_high_px, spec)
    row = _cell(point[1], spec.y_low_px, spec.y_high_px, spec)
    if spec.positions_split:
        return [*events, Event(EventKind.POSITION_X, column), Event(EventKind.POSITION_Y, row)]
    left, top, columns = _cell_grid(spec)
    events.append(Event(EventKind.POSITION, column - left + (row - top) * columns))
    if spec.position_refine_px:
        steps = spec.position_cell_px // spec.position_refine_px
        x_step, y_step = (int(value % spec.position_cell_px // spec.position_refine_px) for value in point)
        events.append(Event(EventKind.POSITION_REFINE, x_step + y_step * steps))
    return events


def read_position(events: Sequence[Event], spec: EncodingSpec) -> Point | None:
    """Return the point in px that a group's events place.

    It is the centre of its cell, or of its refinement step. None if they hold no position; distances alone place
    nothing.
    """
    value_of = {event.kind: event.value for event in events}
    if (cell := _read_cell(value_of, spec)) is None:
        return None
    if (steps := _read_steps(value_of, spec)) is not None:
        x, y = (_refine_cell(place, step, spec) for place, step in zip(cell, steps, strict=True))
    else:
        x, y = (_cell_centre(place, spec) for place in cell)
    return _clamp(x, spec.x_low_px, spec.x_high_px), _clamp(y, spec.y_low_px, spec.y_high_px)


def read_position_as_published(events: Sequence[Event], spec: EncodingSpec) -> Point | None:
    """Read a position as the original program does, unlike `read_position`.

    A refined position is the low corner of its step, not its middle. Encoding rounds negative cells towards zero, but
    they are read as if it had rounded them down.
    """
    value_of = {event.kind: event.value for event in events}
    if (cell := _read_cell(value_of, spec)) is None:
        return None
    offsets = (0, 0)
    if EventKind.POSITION in value_of:
        steps = _read_steps(value_of, spec)
        offsets = [step * spec.position_refine_px for step in steps] if steps else [spec.position_cell_px // 2] * 2
    x, y = (place * spec.position_cell_px + offset for place, offset in zip(cell, offsets, strict=True))
    return x, y


def _read_cell(value_of: Mapping[EventKind, int], spec: EncodingSpec) -> tuple[int, int] | None:
    """Return column and row of the cell that events name, or None."""
    if EventKind.POSITION in value_of:
        left, top, columns = _cell_grid(spec)
        row, column = divmod(value_of[EventKind.POSITION], columns)
        return column + left, row + top
    if EventKind.POSITION_X in value_of and EventKind.POSITION_Y in value_of:
        return value_of[EventKind.POSITION_X], value_of[EventKind.POSITION_Y]
    return None


def _read_steps(value_of: Mapping[EventKind, int], spec: EncodingSpec) -> tuple[int, int] | None:
    """Return steps across and down inside a cell.

    They are None if the position is not refined.
    """
    if EventKind.POSITION_REFINE not in value_of or not spec.position_refine_px:
        return None
    y_step, x_step = divmod(value_of[EventKind.POSITION_REFINE], spec.position_cell_px // spec.position_refine_px)
    return x_step, y_step


def column_event(x_px: float, key_count: int) -> Event:
    return Event(EventKind.COLUMN, int(_clamp(x_px / PLAYFIELD_WIDTH_PX * key_count, 0, key_count - 1)))


def column_x(column: int, key_count: int) -> float:
    """Return the whole pixel at the middle of a column.

    The editor puts its notes there.
    """
    column = int(_clamp(column, 0, key_count - 1))
    return float(int((column + 0.5) * PLAYFIELD_WIDTH_PX / key_count))


def _cell_grid(spec: EncodingSpec) -> tuple[int, int, int]:
    """Return leftmost and topmost cell index, and number of cell columns."""
    left = spec.x_low_px // spec.position_cell_px
    return left, spec.y_low_px // spec.position_cell_px, spec.x_high_px // spec.position_cell_px - left + 1


def _cell(coordinate_px: float, low_px: int, high_px: int, spec: EncodingSpec) -> int:
    cells = _clamp(coordinate_px, low_px, high_px) / spec.position_cell_px
    return int(cells) if spec.cells_toward_zero else math.floor(cells)


def _cell_centre(cell: int, spec: EncodingSpec) -> float:
    if spec.cells_toward_zero and cell < 0:
        return (cell - 0.5) * spec.position_cell_px
    return (cell + 0.5) * spec.position_cell_px


def _refine_cell(cell: int, step: int, spec: EncodingSpec) -> float:
    # Steps count upwards from a multiple of the cell size, also where the cell itself was rounded towards zero.
    if spec.cells_toward_zero and cell < 0:
        cell -= 1
    return cell * spec.position_cell_px + (step + 0.5) * spec.position_refine_px


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
