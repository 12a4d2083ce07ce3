import pytest

from osuT5.tokens.contract import GROUP_KINDS, mini_spec, output_ranges
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import ContextKind, Event, EventKind
from osuT5.tokens.vocabulary import EventRange, Vocabulary
from osuT5.tokens.windows import WindowGrid

V29_CONTEXTS = tuple(ContextKind(name) for name in ("none", "timing", "kiai", "map", "sv", "no_hs", "gd"))


def test_every_id_round_trips_and_foreign_ids_and_values_are_refused():
    vocabulary = mini_spec().vocabulary
    for token_id in range(vocabulary.first_event_id, vocabulary.size_in):
        assert vocabulary.encode(vocabulary.decode(token_id)) == token_id
    for token_id in (*range(vocabulary.first_event_id), vocabulary.size_in, -1):
        assert vocabulary.decode(token_id) is None
    vocabulary = Vocabulary((EventRange(EventKind.TIME, 0, 9),))
    with pytest.raises(ValueError, match=r"t 10 is outside 0\.\.9"):
        vocabulary.encode(Event(EventKind.TIME, 10))
    assert vocabulary.decode(vocabulary.encode_clipped(Event(EventKind.TIME, 10))) == Event(EventKind.TIME, 9)
    with pytest.raises(ValueError, match="no snap events"):
        vocabulary.encode(Event(EventKind.SNAPPING, 1))


def test_our_ranges_for_v29_are_the_published_ones():
    """Starts of the ranges as its tokenizer file has them."""
    vocabulary = Vocabulary(output_ranges(EncodingSpec(), WindowGrid()), contexts=V29_CONTEXTS)
    starts = {kind: vocabulary.ids_of(EventKind(kind)).start for kind in ("t", "snap", "dist", "pos", "column")}
    assert starts == {"t": 17, "snap": 836, "dist": 853, "pos": 1494, "column": 2451}
    assert vocabulary.ids_of(EventKind.SCROLL_SPEED).start == 2469
    assert vocabulary.ids_of(EventKind.VOLUME) == range(3544, 3645)
    assert [vocabulary.ids_of(kind).start for kind in GROUP_KINDS[:4]] == [3645, 3646, 3647, 3648]
    assert vocabulary.ids_of(EventKind.DENDEN_END) == range(3666, 3667)
    assert vocabulary.size_out == 3667
