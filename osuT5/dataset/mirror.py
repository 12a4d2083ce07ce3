"""Mirror images of a map, as additional training data.

Cells of the position grid are symmetric about the middle of the playfield, so a mirror image exchanges token ids and
nothing is encoded again. (A point on the very edge between two cells is one cell off.)
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, PLAYFIELD_WIDTH_PX, GameMode
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import EventKind
from osuT5.tokens.vocabulary import Vocabulary


class Mirror(Enum):
    """Mirror images: (left and right exchanged, top and bottom exchanged)."""

    NONE = (False, False)
    HORIZONTAL = (True, False)
    VERTICAL = (False, True)
    BOTH = (True, True)


def mirrors_of(mode: GameMode) -> tuple[Mirror, ...]:
    """Return the distinct mirror images of a mode."""
    if mode is GameMode.STANDARD:
        return tuple(Mirror)
    if mode is GameMode.TAIKO:
        return (Mirror.NONE,)
    return (Mirror.NONE, Mirror.HORIZONTAL)


def mirror_table(vocabulary: Vocabulary, encoding: EncodingSpec, mirror: Mirror, key_count: int | None) -> np.ndarray:
    """Return the mirrored id of each token id [vocabulary in].

    `key_count` is the number of columns of a mania map, None in other modes.
    """
    table = np.arange(vocabulary.size_in)
    flip_x, flip_y = mirror.value
    columns = _mirror_cells(encoding, encoding.x_low_px, encoding.x_high_px, PLAYFIELD_WIDTH_PX, flip_x)
    rows = _mirror_cells(encoding, encoding.y_low_px, encoding.y_high_px, PLAYFIELD_HEIGHT_PX, flip_y)
    _exchange(table, vocabulary, EventKind.POSITION, (rows[:, None] * len(columns) + columns).ravel())
    _exchange(table, vocabulary, EventKind.POSITION_X, columns)
    _exchange(table, vocabulary, EventKind.POSITION_Y, rows)
    if encoding.position_refine_px:
        steps = np.arange(encoding.position_cell_px // encoding.position_refine_px)
        x_steps, y_steps = steps[::-1] if flip_x else steps, steps[::-1] if flip_y else steps
        _exchange(table, vocabulary, EventKind.POSITION_REFINE, (y_steps[:, None] * len(steps) + x_steps).ravel())
    if key_count is not None and flip_x:
        first = vocabulary.ids_of(EventKind.COLUMN).start
        table[first : first + key_count] = first + np.arange(key_count)[::-1]
    return table


def _exchange(table: np.ndarray, vocabulary: Vocabulary, kind: EventKind, places: np.ndarray) -> None:
    """Set the mirrored ids of a kind, by places among its ids."""
    ids = vocabulary.ids_of(kind)
    if ids:
        table[ids.start : ids.stop] = ids.start + places


def _mirror_cells(encoding: EncodingSpec, low_px: int, high_px: int, size_px: int, flip: bool) -> np.ndarray:
    """Return the mirrored cell of each cell of an axis [cells].

    Cells are counted from the lowest; the highest holds only the upper limit.
    """
    cell_px = encoding.position_cell_px
    assert size_px % cell_px == 0, "cells must lie symmetrically about the middle of the playfield"
    lowest = low_px // cell_px
    cells = lowest + np.arange(high_px // cell_px - lowest + 1)
    if flip:
        images = size_px // cell_px - 1 - cells
        # Where negative coordinates are rounded up, a cell outside the playfield has the number of its inner neighbour.
        outside = (images < 0) | (cells < 0)
        cells = images + outside if encoding.cells_toward_zero else images
    return np.clip(cells - lowest, 0, high_px // cell_px - lowest)
