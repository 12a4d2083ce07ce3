"""A span of one map put into another."""

from dataclasses import replace

from parity.assembly.span import with_span
from tests.support.encoding_charts import RED, beatmap, circle, green


def times(items):
    return [item.time_ms for item in items]


def test_a_span_is_replaced_with_what_holds_at_its_start():
    given = beatmap([circle(2000), circle(3000), circle(4000)], lines=[RED, green(3000, 2.0), green(5000, 1.5)])
    made = beatmap([circle(1500), circle(3000), circle(3500), circle(9000)], lines=[RED, green(3500, 0.5)])
    joined = with_span(given, made, 3000, 4000)
    assert times(joined.hit_objects) == [2000, 3000, 3500]
    assert times(given.hit_objects) == [2000, 3000, 4000]
    assert times(joined.timing_points) == [1000, 1000, 3500, 5000]
    given = beatmap([], lines=[RED])
    made = beatmap([], lines=[RED, green(2000, 2.0, volume=30)])
    joined = with_span(given, made, 3000, 4000)
    assert [(line.time_ms, line.sv_multiplier, line.volume) for line in joined.timing_points[1:]] == [(2000, 2.0, 30)]
    given = beatmap([], lines=[RED])
    made = beatmap([], lines=[replace(RED, beat_length_ms=400.0)])
    joined = with_span(given, made, 3100, 4000)
    reds = [line for line in joined.timing_points if line.uninherited]
    # A trace before the beat at 2600, and so in the millisecond before it.
    assert [(line.time_ms, line.beat_length_ms) for line in reds] == [(1000, 500), (2599, 400)]
