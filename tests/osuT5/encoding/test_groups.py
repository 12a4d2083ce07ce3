"""Flat streams of events in, literal groups out."""

import pytest

from osuT5.encoding import encode_context, groups_from_events
from osuT5.tokens.events import ContextKind, Event, EventKind
from tests.support.encoding_charts import V29, V32, beatmap, brief, circle, slider

K = EventKind


def events(*parts):
    return [Event(*part) if isinstance(part, tuple) else Event(part) for part in parts]


def test_types_first():
    groups, lost = groups_from_events(events(K.CIRCLE, (K.TIME, 100), K.SNAPPING, K.CIRCLE, (K.TIME, 200)), V29)
    assert [(g.time_ms, text) for g, text in zip(groups, brief(groups), strict=True)] == [
        (100, "circle t100 snap"),
        (200, "circle t200"),
    ]
    assert lost == 0


def test_types_last():
    groups, lost = groups_from_events(events((K.TIME, 100), K.SNAPPING, K.CIRCLE, (K.TIME, 200), K.CIRCLE), V32)
    assert [(g.time_ms, text) for g, text in zip(groups, brief(groups), strict=True)] == [
        (100, "t100 snap circle"),
        (200, "t200 circle"),
    ]
    assert lost == 0


def test_a_missing_type_costs_only_its_own_parts():
    first, lost_first = groups_from_events(
        events(K.CIRCLE, (K.TIME, 100), (K.TIME, 200), K.SNAPPING, K.CIRCLE, (K.TIME, 300)), V29
    )
    last, lost_last = groups_from_events(
        events((K.TIME, 100), K.CIRCLE, (K.TIME, 200), K.SNAPPING, (K.TIME, 300), K.CIRCLE), V32
    )
    assert [g.time_ms for g in first] == [g.time_ms for g in last] == [100, 300]
    assert lost_first == lost_last == 2


def test_anchors_take_the_time_before_them_and_circles_do_not():
    parts = events(K.SLIDER_HEAD, (K.TIME, 100), K.RED_ANCHOR, (K.POSITION, 5), K.CIRCLE)
    groups, lost = groups_from_events(parts, V29)
    assert [(g.kind, g.time_ms) for g in groups] == [(K.SLIDER_HEAD, 100), (K.RED_ANCHOR, 100)]
    assert lost == 1


def test_events_that_no_group_has_are_lost():
    parts = events(K.GAMEMODE, K.CIRCLE, (K.TIME, 100), K.DIFFICULTY, (K.VOLUME, 5))
    groups, lost = groups_from_events(parts, V29)
    assert brief(groups) == ["circle t100"]
    assert lost == 3


@pytest.mark.parametrize("spec", [V29, V32])
def test_what_was_encoded_comes_back(spec):
    groups = encode_context(beatmap([circle(), slider(2), circle(4000)]), ContextKind.MAP, spec, 5000)
    again, lost = groups_from_events([event for group in groups for event in group.events], spec)
    assert (brief(again), lost) == (brief(groups), 0)
