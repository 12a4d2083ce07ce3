import numpy as np
import pytest

from osuT5.dataset.mirror import Mirror, mirror_table
from osuT5.encoding.hit_objects.positions import position_events
from osuT5.tokens.contract import mini_spec, output_ranges
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import Event, EventKind
from osuT5.tokens.vocabulary import Vocabulary

SPEC = mini_spec()


ENCODINGS = {
    "ours": SPEC.encoding,
    "whole cells": EncodingSpec(),
    "two axes": EncodingSpec(positions_split=True, position_cell_px=4),
    "refined cells": EncodingSpec(position_refine_px=2),
}


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize(("x", "y"), [(101.0, 99.0), (3.0, 381.0), (-51.0, 501.0), (511.0, 1.0), (701.0, -201.0)])
def test_a_mirrored_cell_holds_the_mirrored_point(name, x, y):
    """Odd coordinates are within a cell or step, never on its edge."""
    encoding = ENCODINGS[name]
    vocabulary = Vocabulary(output_ranges(encoding, SPEC.grid))

    def ids(point: tuple[float, float]) -> list[int]:
        events = position_events(point, point, encoding)
        return [vocabulary.encode(event) for event in events if event.kind is not EventKind.DISTANCE]

    images = {
        Mirror.NONE: (x, y),
        Mirror.HORIZONTAL: (512 - x, y),
        Mirror.VERTICAL: (x, 384 - y),
        Mirror.BOTH: (512 - x, 384 - y),
    }
    for mirror, image in images.items():
        table = mirror_table(vocabulary, encoding, mirror, key_count=None)
        assert table[ids((x, y))].tolist() == ids(image)
        assert table[table[ids((x, y))]].tolist() == ids((x, y)), "twice a mirror image is the map again"


def test_mania_columns_change_sides_and_everything_else_stays():
    table = mirror_table(SPEC.vocabulary, SPEC.encoding, Mirror.HORIZONTAL, key_count=4)
    columns = [SPEC.vocabulary.encode(Event(EventKind.COLUMN, column)) for column in range(4)]
    assert [table[column] for column in columns] == columns[::-1]
    table = mirror_table(SPEC.vocabulary, SPEC.encoding, Mirror.BOTH, key_count=None)
    positions = SPEC.vocabulary.ids_of(EventKind.POSITION)
    others = np.setdiff1d(np.arange(SPEC.vocabulary.size_in), np.arange(positions.start, positions.stop))
    assert (table[others] == others).all()
