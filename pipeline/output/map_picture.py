"""Picture of a map: time from left to right, position downward.

Rows are ten seconds long. Circles are dots. Sliders and hold notes are bars at their start position, as long as they
last. Spinners are bands over the whole height. Thin lines are beats, brighter ones downbeats. The background of kiai
time is brighter.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, PLAYFIELD_WIDTH_PX, Beatmap, GameMode, HitObject, Spinner
from osu_beatmap.timing.active_point import Timing, end_time_ms

ROW_MS = 10_000.0
PIXELS_PER_SECOND = 120
ROW_HEIGHT, GAP = 96, 6
RADIUS = 4

BACKGROUND, PANEL, KIAI, BEAT, DOWNBEAT = (14, 14, 20), (30, 31, 42), (52, 48, 30), (52, 54, 72), (92, 96, 126)
COMBO_COLOURS = ((255, 122, 168), (111, 195, 255), (255, 209, 102), (139, 226, 139))
SPINNER = (150, 120, 220)


def picture(beatmap: Beatmap, song_ms: float) -> np.ndarray:
    """Draw a map: uint8 [height, width, 3].

    What is outside 0..song_ms is left out.
    """
    rows = max(1, math.ceil(song_ms / ROW_MS))
    width = round(ROW_MS / 1000 * PIXELS_PER_SECOND)
    canvas = Image.new("RGB", (width + 2 * GAP, GAP + rows * (ROW_HEIGHT + GAP)), BACKGROUND)
    # One long strip is drawn, and then cut into rows: nothing has to be drawn across an edge.
    strip = Image.new("RGB", (rows * width, ROW_HEIGHT), PANEL)
    if any(point.uninherited for point in beatmap.timing_points):
        timing, draw = Timing(beatmap.timing_points), ImageDraw.Draw(strip)
        _draw_grid(draw, timing, song_ms, strip.width)
        _draw_objects(draw, beatmap, timing, song_ms)
    for row in range(rows):
        canvas.paste(strip.crop((row * width, 0, (row + 1) * width, ROW_HEIGHT)), (GAP, GAP + row * (ROW_HEIGHT + GAP)))
    return np.array(canvas)


def _draw_grid(draw: ImageDraw.ImageDraw, timing: Timing, song_ms: float, width: int) -> None:
    for column in range(width):
        if timing.kiai_at(1000 * column / PIXELS_PER_SECOND):
            draw.line((column, 0, column, ROW_HEIGHT), KIAI)
    for beat in timing.beats(0.0, song_ms):
        column = _column(beat.time_ms)
        draw.line((column, 0, column, ROW_HEIGHT), DOWNBEAT if beat.in_bar == 0 else BEAT)


def _draw_objects(draw: ImageDraw.ImageDraw, beatmap: Beatmap, timing: Timing, song_ms: float) -> None:
    combo = -1
    for hit_object in beatmap.hit_objects:
        combo += hit_object.new_combo or combo < 0
        if not 0 <= hit_object.time_ms < song_ms:
            continue
        left = _column(hit_object.time_ms)
        right = max(left, _column(min(end_time_ms(hit_object, timing, beatmap.difficulty), song_ms)))
        if isinstance(hit_object, Spinner):
            draw.rectangle((left, 2, right, ROW_HEIGHT - 3), SPINNER)
            continue
        colour, middle = COMBO_COLOURS[combo % len(COMBO_COLOURS)], _height(hit_object, beatmap.mode)
        draw.rectangle((left, middle - 1, right, middle + 1), colour)
        draw.circle((left, middle), RADIUS, colour)


def _column(time_ms: float) -> int:
    return int(time_ms * PIXELS_PER_SECOND / 1000)


def _height(hit_object: HitObject, mode: GameMode) -> int:
    """Return the pixel row of an object.

    It follows from its x, in osu!standard from its y.
    """
    place, size = (
        (hit_object.y, PLAYFIELD_HEIGHT_PX) if mode is GameMode.STANDARD else (hit_object.x, PLAYFIELD_WIDTH_PX)
    )
    share = place / size
    return RADIUS + round(min(max(share, 0.0), 1.0) * (ROW_HEIGHT - 2 * RADIUS - 1))
