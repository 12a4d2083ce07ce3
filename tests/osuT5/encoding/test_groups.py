"""Flat streams of events in, literal groups out."""

import pytest

from osuT5.encoding import groups_from_events
from osuT5.tokens.events import Event, EventKind
from tests.support.encoding_charts import V29, V32, brief

K = EventKind


def events(*parts):
    return [Event(*part) if isinstance(part, tuple) else Event(part) for part in parts]


@pytest.mark.parametrize(
    ("spec", "parts", "texts"),
    [
        (V29, (K.CIRCLE, (K.TIME, 100), K.SNAPPING, K.CIRCLE, (K.TIME, 200)), ["circle t100 snap", "circle t200"]),
        (V32, ((K.TIME, 100), K.SNAPPING, K.CIRCLE, (K.TIME, 200), K.CIRCLE), ["t100 snap circle", "t200 circle"]),
    ],
    ids=["types first", "types last"],
)
def test_types_part_the_stream(spec, parts, texts):
    groups, lost = groups_from_events(events(*parts), spec)
    assert ([g.time_ms for g in groups], brief(groups), lost) == ([100, 200], texts, 0)


def test_missing_types_anchors_and_events_of_no_group():
    first, lost_first = groups_from_events(
        events(K.CIRCLE, (K.TIME, 100), (K.TIME, 200), K.SNAPPING, K.CIRCLE, (K.TIME, 300)), V29
    )
    last, lost_last = groups_from_events(
        events((K.TIME, 100), K.CIRCLE, (K.TIME, 200), K.SNAPPING, (K.TIME, 300), K.CIRCLE), V32
    )
    assert [g.time_ms for g in first] == [g.time_ms for g in last] == [100, 300]
    assert lost_first == lost_last == 2
    parts = events(K.SLIDER_HEAD, (K.TIME, 100), K.RED_ANCHOR, (K.POSITION, 5), K.CIRCLE)
    groups, lost = groups_from_events(parts, V29)
    assert [(g.kind, g.time_ms) for g in groups] == [(K.SLIDER_HEAD, 100), (K.RED_ANCHOR, 100)]
    assert lost == 1
    parts = events(K.GAMEMODE, K.CIRCLE, (K.TIME, 100), K.DIFFICULTY, (K.VOLUME, 5))
    groups, lost = groups_from_events(parts, V29)
    assert brief(groups) == ["circle t100"]
    assert lost == 3
