"""Mirror images of a map: as playable as the map itself, and free training data.

Cells of the position grid lie symmetrically about the middle of the playfield, so a mirror image exchanges token ids
and nothing is encoded again. (A point on the very edge between two cells comes out one cell off.)
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from osu_beatmap.model import GameMode
from osuT5.encoding_spec import EncodingSpec
from osuT5.events import EventKind
from osuT5.vocabulary import Vocabulary


class Mirror(Enum):
    """(left and right exchanged, top and bottom exchanged)"""

    NONE = (False, False)
    HORIZONTAL = (True, False)
    VERTICAL = (False, True)
    BOTH = (True, True)


def mirrors_of(mode: GameMode) -> tuple[Mirror, ...]:
    """The mirror images that differ from each other in a mode."""
    if mode is GameMode.STANDARD:
        return tuple(Mirror)
    if mode is GameMode.TAIKO:
        return (Mirror.NONE,)
    return (Mirror.NONE, Mirror.HORIZONTAL)


def mirror_table(vocabulary: Vocabulary, encoding: EncodingSpec, mirror: Mirror, key_count: int | None) -> np.ndarray:
    """For each token id, the id that takes its place in the mirror image [vocabulary in].

    `key_count` is the number of columns of a mania map, None in other modes.
    """
    assert not encoding.position_refine_px and not encoding.positions_split, "only whole cells can be exchanged"
    table = np.arange(vocabulary.size_in)
    flip_x, flip_y = mirror.value
    positions = vocabulary.ids_of(EventKind.POSITION)
    if positions:
        columns = (encoding.x_high_px - encoding.x_low_px) // encoding.position_cell_px + 1
        y, x = np.divmod(np.arange(len(positions)), columns)
        x = _reflected(x, columns) if flip_x else x
        y = _reflected(y, len(positions) // columns) if flip_y else y
        table[positions.start : positions.stop] = positions.start + y * columns + x
    if key_count is not None and flip_x:
        first = vocabulary.ids_of(EventKind.COLUMN).start
        table[first : first + key_count] = first + np.arange(key_count)[::-1]
    return table


def _reflected(cells: np.ndarray, count: int) -> np.ndarray:
    """The last cell holds only the upper limit itself, so the others are symmetrical among themselves."""
    return np.clip(count - 2 - cells, 0, None)
