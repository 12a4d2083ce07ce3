"""Literal events in, times out."""

import pytest

from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import Event, EventKind
from parity.event_stream import EventStream

K = EventKind


def time(ms: int) -> Event:
    return Event(K.TIME, ms)


def stream_of(events: list[Event], types_first: bool) -> EventStream:
    stream = EventStream()
    stream.extend(events, 9_000, types_first)
    return stream


CIRCLE, DISTANCE, ANCHOR = Event(K.CIRCLE), Event(K.DISTANCE, 3), Event(K.BEZIER_ANCHOR)
HEAD, LAST = Event(K.SLIDER_HEAD), Event(K.LAST_ANCHOR)
AROUND_ANCHORS = [100, 100, 300, 300, 500, 500, 700, 700]


@pytest.mark.parametrize(
    ("types_first", "events", "times_ms"),
    [
        (True, [CIRCLE, time(100), DISTANCE, CIRCLE, time(250)], [100, 100, 100, 250, 250]),
        (False, [time(100), DISTANCE, CIRCLE, time(250), CIRCLE], [100, 100, 100, 250, 250]),
        (True, [HEAD, time(100), ANCHOR, DISTANCE, ANCHOR, DISTANCE, LAST, time(700)], AROUND_ANCHORS),
        (False, [time(100), HEAD, DISTANCE, ANCHOR, DISTANCE, ANCHOR, time(700), LAST], AROUND_ANCHORS),
        (True, [HEAD, time(100), ANCHOR], [100, 100, 4550]),
    ],
)
def test_types_have_the_time_beside_them_and_anchors_are_spread(types_first: bool, events: list, times_ms: list):
    assert stream_of(events, types_first).times_ms == times_ms


def test_additions_go_on_from_the_last_time_and_places_become_pixels():
    stream = stream_of([time(100), Event(K.CIRCLE)], types_first=False)
    stream.extend([Event(K.DISTANCE, 1), time(300), Event(K.CIRCLE)], 9_000, types_first=False)
    assert stream.times_ms == [100, 100, 100, 300, 300]
    spec = EncodingSpec(position_refine_px=2)
    events = [Event(K.POSITION, 8 + 8 * 33), Event(K.POSITION_REFINE, 3 + 5 * 16)]
    pixels = EventStream(events, [0, 0]).convert_to_pixels(spec, 0)
    assert pixels.events[:2] == [Event(K.POSITION_X, 6), Event(K.POSITION_Y, 10)]
    pixels = EventStream([Event(K.COLUMN, 1)], [0]).convert_to_pixels(EncodingSpec(), key_count=4)
    assert pixels.events == [Event(K.POSITION_X, 192), Event(K.POSITION_Y, 192)]


def beats(*times_ms: int) -> EventStream:
    return EventStream([time(ms) for ms in times_ms], list(times_ms))


def test_spans_include_their_start_and_merging_puts_the_first_stream_first():
    assert beats(0, 10, 10, 20).select_span(10, 20) == [time(10), time(10)]
    assert beats(0, 10, 20).cut_after(10).times_ms == [0, 10]
    assert beats(0, 10, 20).cut_before(10).times_ms == [10, 20]
    merged = EventStream([Event(K.KIAI, 1)], [10]).merge(beats(0, 10, 20))
    assert merged.events == [time(0), Event(K.KIAI, 1), time(10), time(20)]
    assert beats().merge(beats(5)).times_ms == [5]


@pytest.mark.parametrize("time_ms, value", [(5, None), (20, 1), (30, 1), (31, 0)])
def test_the_last_before_a_time(time_ms, value):
    stream = EventStream([Event(K.KIAI, 1), time(10), Event(K.KIAI, 0)], [10, 10, 30])
    found = stream.last_before(K.KIAI, time_ms)
    assert (found and found.value) == value
