"""A map as pixels, to be looked at beside others: time from left to right, place from top to bottom.

Rows of ten seconds. Circles are dots; sliders and hold notes are bars as long as they last, at the place where they
begin; spinners are bands over the whole height. Thin lines are beats, thicker ones downbeats, and kiai has a brighter
ground. Drawn into an array, since a library that turns the SVG of `demo.draw_map` into pixels would weigh more than
all that training needs besides.
"""

from __future__ import annotations

import math

import numpy as np

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
    """uint8 [height, width, 3]; what lies outside 0..song_ms is left out."""
    rows = max(1, math.ceil(song_ms / ROW_MS))
    width = round(ROW_MS / 1000 * PIXELS_PER_SECOND)
    canvas = np.empty((GAP + rows * (ROW_HEIGHT + GAP), width + 2 * GAP, 3), dtype=np.uint8)
    canvas[:] = BACKGROUND
    # One long strip is drawn, and then cut into rows: nothing has to be drawn across an edge.
    strip = np.empty((ROW_HEIGHT, rows * width, 3), dtype=np.uint8)
    strip[:] = PANEL
    if any(point.uninherited for point in beatmap.timing_points):
        timing = Timing(beatmap.timing_points)
        _draw_grid(strip, timing, song_ms)
        _draw_objects(strip, beatmap, timing, song_ms)
    for row in range(rows):
        top = GAP + row * (ROW_HEIGHT + GAP)
        canvas[top : top + ROW_HEIGHT, GAP : GAP + width] = strip[:, row * width : (row + 1) * width]
    return canvas


def _draw_grid(strip: np.ndarray, timing: Timing, song_ms: float) -> None:
    seconds = np.arange(strip.shape[1]) / PIXELS_PER_SECOND
    strip[:, [timing.kiai_at(1000 * second) for second in seconds]] = KIAI
    for beat in timing.beats(0.0, song_ms):
        strip[:, _column(beat.time_ms)] = DOWNBEAT if beat.in_bar == 0 else BEAT


def _draw_objects(strip: np.ndarray, beatmap: Beatmap, timing: Timing, song_ms: float) -> None:
    combo = -1
    for hit_object in beatmap.hit_objects:
        combo += hit_object.new_combo or combo < 0
        if not 0 <= hit_object.time_ms < song_ms:
            continue
        left = _column(hit_object.time_ms)
        right = _column(min(end_time_ms(hit_object, timing, beatmap.difficulty), song_ms))
        if isinstance(hit_object, Spinner):
            strip[2:-2, left : right + 1] = SPINNER
            continue
        colour, middle = COMBO_COLOURS[combo % len(COMBO_COLOURS)], _height(hit_object, beatmap.mode)
        strip[middle - 1 : middle + 2, left : right + 1] = colour
        _draw_disc(strip, left, middle, colour)


def _draw_disc(strip: np.ndarray, x: int, y: int, colour: tuple[int, int, int]) -> None:
    left, right = max(0, x - RADIUS), min(strip.shape[1], x + RADIUS + 1)
    rows, columns = np.ogrid[y - RADIUS : y + RADIUS + 1, left:right]
    inside = (rows - y) ** 2 + (columns - x) ** 2 <= RADIUS**2
    strip[y - RADIUS : y + RADIUS + 1, left:right][inside] = colour


def _column(time_ms: float) -> int:
    return int(time_ms * PIXELS_PER_SECOND / 1000)


def _height(hit_object: HitObject, mode: GameMode) -> int:
    """The row of pixels of an object: its x, for osu!standard its y."""
    place, size = (
        (hit_object.y, PLAYFIELD_HEIGHT_PX) if mode is GameMode.STANDARD else (hit_object.x, PLAYFIELD_WIDTH_PX)
    )
    share = place / size
    return RADIUS + round(min(max(share, 0.0), 1.0) * (ROW_HEIGHT - 2 * RADIUS - 1))
