"""Positions of objects by mode: on the playfield, without wild jumps.

They are stacked or apart.
"""

from __future__ import annotations

import math

from osu_beatmap.beatmap import PLAYFIELD_WIDTH_PX, GameMode, Point, Slider, Spinner
from osu_beatmap.geometry.slider_path import SliderPath
from osu_beatmap.rules import Severity, approach_time_ms
from osu_beatmap.rules.chart import Chart, circle_radius_px
from osu_beatmap.rules.spacing import MIN_NOTICED_RADII, spacing
from osuT5.encoding.hit_objects.positions import CENTRE, column_x
from pipeline.finishing.report import FinishReport
from pipeline.finishing.slider_shapes import fit_slider, head_area, move_path, screen_area
from pipeline.finishing.working_map import Piece, WorkingMap, compose

STACKED_PX = 6.0
"""Objects in quick succession this close are meant to be stacked."""

STACK_REACH = 3
"""How many earlier objects one may be stacked on."""

MAX_SPACING_ROUNDS = 20


def place_objects(work: WorkingMap, report: FinishReport) -> None:
    """Move every object to a position that mode and screen allow.

    Positions are whole pixels.
    """
    if work.mode is GameMode.MANIA:
        return
    for index, piece in enumerate(work.pieces):
        if isinstance(piece.obj, Slider):
            fit_slider(work, piece, report)
        if not isinstance(piece.obj, Slider):
            _place(work, piece, report)
        if work.mode is GameMode.STANDARD:
            _stack(work, index, report)


def move_to_columns(work: WorkingMap, report: FinishReport) -> None:
    """Move mania objects to the middle of their columns.

    The editor puts them there.
    """
    if work.mode is not GameMode.MANIA:
        return
    keys = work.settings.key_count
    for piece in work.pieces:
        column = math.floor(piece.obj.x * keys / PLAYFIELD_WIDTH_PX)
        piece.obj.x, piece.obj.y = column_x(column, keys), CENTRE[1]


def even_spacing(work: WorkingMap, report: FinishReport) -> None:
    """Shorten jumps that are many times faster than earlier ones."""
    if work.mode is not GameMode.STANDARD:
        return
    reach_px = 0.98 * MIN_NOTICED_RADII * circle_radius_px(work.settings.difficulty.circle_size)
    for _ in range(MAX_SPACING_ROUNDS):
        chart = Chart(compose(work), work.song_ms, star_rating=0.0)
        wild = [finding for finding in spacing(chart) if finding.severity is Severity.PROBLEM]
        if not wild:
            return
        report.count("wild jumps", len(wild))
        for finding in wild:
            before, piece = (work.pieces[index] for index in finding.objects)
            _bring_near(work, before, piece, reach_px, report)


def end_of(work: WorkingMap, piece: Piece) -> Point:
    """Return the end of a piece."""
    if isinstance(piece.obj, Slider) and piece.obj.slides % 2 == 1:
        return SliderPath(piece.obj.segments, work.slide_px(piece)).end
    return piece.obj.x, piece.obj.y


def move_to(piece: Piece, x: float, y: float) -> None:
    """Move an object, with its path, to a new start."""
    if isinstance(piece.obj, Slider):
        piece.obj.segments = move_path(piece.obj.segments, x - piece.obj.x, y - piece.obj.y)
    piece.obj.x, piece.obj.y = x, y


def _place(work: WorkingMap, piece: Piece, report: FinishReport) -> None:
    obj = piece.obj
    if isinstance(obj, Spinner) or work.mode is GameMode.TAIKO:
        obj.x, obj.y = CENTRE
        return
    x, y = head_area(work).clamp(float(round(obj.x)), float(round(obj.y)))
    if abs(x - obj.x) > 1 or abs(y - obj.y) > 1:
        report.count("objects off the playfield")
    obj.x, obj.y = x, y


def _stack(work: WorkingMap, index: int, report: FinishReport) -> None:
    piece = work.pieces[index]
    window_ms = approach_time_ms(work.settings.difficulty.approach_rate) * work.settings.stack_leniency
    for before in reversed(work.pieces[max(0, index - STACK_REACH) : index]):
        if isinstance(piece.obj, Spinner) or isinstance(before.obj, Spinner):
            return
        if piece.start_ms - before.end_ms > window_ms:
            continue
        x, y = (float(round(value)) for value in end_of(work, before))
        distance_px = math.dist((x, y), (piece.obj.x, piece.obj.y))
        if distance_px > STACKED_PX:
            continue
        if distance_px > 0 and head_area(work).clamp(x, y) == (x, y):
            report.count("nearly stacked objects")
            _move_if_inside(work, piece, x, y)
        return


def _move_if_inside(work: WorkingMap, piece: Piece, x: float, y: float) -> None:
    if isinstance(piece.obj, Slider):
        path = move_path(piece.obj.segments, x - piece.obj.x, y - piece.obj.y)
        if not screen_area(work).holds(SliderPath(path, work.slide_px(piece)).points):
            return
    move_to(piece, x, y)


def _bring_near(work: WorkingMap, before: Piece, piece: Piece, reach_px: float, report: FinishReport) -> None:
    """Move an object closer, along the way to its position.

    The distance is unnoticeable.
    """
    from_x, from_y = end_of(work, before)
    distance_px = math.dist((from_x, from_y), (piece.obj.x, piece.obj.y))
    if distance_px <= reach_px:
        return
    share = reach_px / distance_px
    x, y = from_x + (piece.obj.x - from_x) * share, from_y + (piece.obj.y - from_y) * share
    area = head_area(work)
    x, y = area.clamp(*(float(math.trunc(value)) for value in (x, y)))
    move_to(piece, x, y)
    if isinstance(piece.obj, Slider):
        fit_slider(work, piece, report)
