"""Maps with coarse positions, as a decoder generates them.

Every position is the centre of a cell.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from osu_beatmap.beatmap import Beatmap, HitObject, PathSegment, Slider, Spinner
from osu_beatmap.geometry.path_trim import trim_path
from osu_beatmap.geometry.slider_path import SliderPath
from osu_diffusion.features import CENTRE_PX

CELL_PX = 32.0
LOWEST_PX, HIGHEST_PX = np.array([-256.0, -256.0]), np.array([768.0, 640.0])
"""The range in which a decoder has cells."""


def cell_centres(positions_px: np.ndarray) -> np.ndarray:
    """Return the centres [..., 2] of the cells of positions [..., 2]."""
    inside = np.clip(positions_px, LOWEST_PX, HIGHEST_PX)
    return (np.floor(inside / CELL_PX) + 0.5) * CELL_PX


def move_to_grid(beatmap: Beatmap) -> Beatmap:
    """Move a standard or catch beatmap onto the grid of cells.

    Heads, circles and control points move to the centres of their cells. A path inside one cell becomes a line to the
    middle of the playfield, as in a generated draft.
    """
    return replace(beatmap, hit_objects=[_coarse(obj) for obj in beatmap.hit_objects])


def with_trimmed_paths(beatmap: Beatmap) -> Beatmap:
    """Return a beatmap whose slider paths end at the slider ends.

    A refiner works on this form.
    """
    return replace(beatmap, hit_objects=[_trim(obj) for obj in beatmap.hit_objects])


def _coarse(obj: HitObject) -> HitObject:
    if isinstance(obj, Spinner):
        return obj
    if isinstance(obj, Slider) and obj.segments:
        segments = _coarse_path(obj)
        x, y = segments[0].points[0]
        return replace(obj, x=x, y=y, segments=segments)
    x, y = cell_centres(np.array([obj.x, obj.y])).tolist()
    return replace(obj, x=x, y=y)


def _trim(obj: HitObject) -> HitObject:
    if isinstance(obj, Slider) and obj.segments and obj.length_px > 0:
        return replace(obj, segments=trim_path(obj.segments, obj.length_px))
    return obj


def _coarse_path(slider: Slider) -> list[PathSegment]:
    segments = [
        replace(s, points=[(x, y) for x, y in cell_centres(np.array(s.points)).tolist()]) for s in slider.segments
    ]
    if SliderPath(segments).natural_length_px > 0:
        return segments
    head = np.array(segments[0].points[0])
    away = CENTRE_PX - head if (head != CENTRE_PX).any() else np.array([1.0, 0.0])
    end = head + away / np.hypot(*away) * max(slider.length_px, 1.0)
    segments[-1].points[-1] = (float(end[0]), float(end[1]))
    return segments
