"""Picture of a whole map: density, difficulty and positions.

From top to bottom: objects for each second, on a brighter ground in kiai; the strain of each skill that the star rating
is made of, as curves over the same seconds; where on the playfield objects are, the brighter the more of them; and the
map itself in rows of ten seconds (`pipeline.output.map_picture`).
"""

from __future__ import annotations

import numpy as np

from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, PLAYFIELD_WIDTH_PX, Beatmap, Spinner
from osu_beatmap.star_rating import UnratableBeatmap, strains
from osu_beatmap.timing.active_point import Timing
from pipeline.output.map_picture import BACKGROUND, BEAT, COMBO_COLOURS, GAP, KIAI, PANEL, ROW_MS, picture

PANEL_HEIGHT = 120
PLACE_CELL_PX = 8
PLACE_SCALE = 4
"""Pixels of the picture to a cell of the playfield."""

BARS = (206, 208, 222)


def overview(beatmap: Beatmap, song_ms: float) -> np.ndarray:
    """Draw 0..song_ms of a map in panels, uint8 [height, width, 3]."""
    rows = picture(beatmap, song_ms)
    width = rows.shape[1] - 2 * GAP
    panels = [_density(beatmap, song_ms, width), _strain(beatmap, song_ms, width), _places(beatmap, width)]
    return np.concatenate([*(_frame(panel) for panel in panels), rows])


def objects_per_second(beatmap: Beatmap, song_ms: float) -> np.ndarray:
    """Return the number of objects in each second, int [seconds].

    The seconds are those of 0..song_ms, the last one counted whole.
    """
    seconds = max(1, int(np.ceil(song_ms / 1000)))
    times_ms = np.array([obj.time_ms for obj in beatmap.hit_objects])
    return np.histogram(times_ms, seconds, (0.0, 1000.0 * seconds))[0]


def _frame(panel: np.ndarray) -> np.ndarray:
    """Return a panel with a gap above it and at its sides."""
    height, width, _ = panel.shape
    frame = np.full((GAP + height, width + 2 * GAP, 3), BACKGROUND, dtype=np.uint8)
    frame[GAP:, GAP:-GAP] = panel
    return frame


def _ground(beatmap: Beatmap, song_ms: float, width: int) -> np.ndarray:
    """Return an empty panel over the whole song.

    Kiai sections are brighter, and a line marks every ten seconds.
    """
    panel = np.full((PANEL_HEIGHT, width, 3), PANEL, dtype=np.uint8)
    columns_ms = np.arange(width) * song_ms / width
    if any(point.uninherited for point in beatmap.timing_points):
        timing = Timing(beatmap.timing_points)
        panel[:, [timing.kiai_at(time_ms) for time_ms in columns_ms]] = KIAI
    marks_ms = np.arange(ROW_MS, song_ms, ROW_MS)
    panel[:, np.searchsorted(columns_ms, marks_ms).clip(0, width - 1)] = BEAT
    return panel


def _density(beatmap: Beatmap, song_ms: float, width: int) -> np.ndarray:
    """Draw a bar for each second; the densest one reaches the top."""
    panel = _ground(beatmap, song_ms, width)
    heights = _heights(objects_per_second(beatmap, song_ms))
    shown = heights[(np.arange(width) * song_ms / width // 1000).astype(int)]
    panel[np.arange(PANEL_HEIGHT)[:, None] >= PANEL_HEIGHT - shown] = BARS
    return panel


def _strain(beatmap: Beatmap, song_ms: float, width: int) -> np.ndarray:
    """Draw a curve for each skill; its hardest point reaches the top."""
    panel = _ground(beatmap, song_ms, width)
    try:
        found = strains(beatmap)
    except UnratableBeatmap:
        return panel
    sections = ((np.arange(width) * song_ms / width - found.start_ms) // found.section_ms).astype(int)
    for colour, curve in zip(COMBO_COLOURS, found.by_skill.values(), strict=False):
        heights = _heights(np.asarray(curve))
        inside = np.flatnonzero((sections >= 0) & (sections < len(heights)))
        tops = PANEL_HEIGHT - 2 - heights[sections[inside]].clip(0, PANEL_HEIGHT - 2)
        panel[tops, inside] = panel[tops + 1, inside] = colour
    return panel


def _places(beatmap: Beatmap, width: int) -> np.ndarray:
    """Draw the playfield in the middle of a panel."""
    places = np.array([(obj.y, obj.x) for obj in beatmap.hit_objects if not isinstance(obj, Spinner)]).reshape(-1, 2)
    size_px = (PLAYFIELD_HEIGHT_PX, PLAYFIELD_WIDTH_PX)
    cells = [length // PLACE_CELL_PX for length in size_px]
    counts, _, _ = np.histogram2d(*places.T, cells, [(0, length) for length in size_px])
    light = np.sqrt(counts / max(1.0, counts.max()))[..., None]
    field = (np.array(PANEL) + light * (np.array(BARS) - np.array(PANEL))).astype(np.uint8)
    field = field.repeat(PLACE_SCALE, axis=0).repeat(PLACE_SCALE, axis=1)
    panel = np.full((len(field), width, 3), BACKGROUND, dtype=np.uint8)
    left = (width - field.shape[1]) // 2
    panel[:, left : left + field.shape[1]] = field
    return panel


def _heights(values: np.ndarray) -> np.ndarray:
    """Scale values to px; the largest has the height of a panel."""
    largest = values.max(initial=0.0)
    return np.rint(values * (PANEL_HEIGHT / largest if largest > 0 else 0.0)).astype(int)
