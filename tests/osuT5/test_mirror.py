import numpy as np
import pytest

from osu_beatmap.model import GameMode
from osuT5.encoding.positions import position_events
from osuT5.events import Event, EventKind
from osuT5.mirror import Mirror, mirror_table, mirrors_of
from osuT5.spec import mini_spec

SPEC = mini_spec()


def position_id(x: float, y: float) -> int:
    (event,) = position_events((x, y), (x, y), SPEC.encoding)
    return SPEC.vocabulary.encode(event)


@pytest.mark.parametrize(("x", "y"), [(100.0, 100.0), (3.0, 380.0), (-50.0, 500.0), (511.0, 1.0)])
def test_a_mirrored_cell_holds_the_mirrored_point(x, y):
    images = {
        Mirror.NONE: (x, y),
        Mirror.HORIZONTAL: (512 - x, y),
        Mirror.VERTICAL: (x, 384 - y),
        Mirror.BOTH: (512 - x, 384 - y),
    }
    for mirror, image in images.items():
        table = mirror_table(SPEC.vocabulary, SPEC.encoding, mirror, key_count=None)
        assert table[position_id(x, y)] == position_id(*image)


def test_mania_columns_change_sides():
    table = mirror_table(SPEC.vocabulary, SPEC.encoding, Mirror.HORIZONTAL, key_count=4)
    columns = [SPEC.vocabulary.encode(Event(EventKind.COLUMN, column)) for column in range(4)]
    assert [table[column] for column in columns] == columns[::-1]


def test_everything_else_stays():
    table = mirror_table(SPEC.vocabulary, SPEC.encoding, Mirror.BOTH, key_count=None)
    positions = SPEC.vocabulary.ids_of(EventKind.POSITION)
    others = np.setdiff1d(np.arange(SPEC.vocabulary.size_in), np.arange(positions.start, positions.stop))
    assert (table[others] == others).all()


def test_taiko_has_no_mirror_image():
    assert mirrors_of(GameMode.TAIKO) == (Mirror.NONE,)
