"""Lines as the published program edits them, and times as it snaps them."""

import pytest

from osu_beatmap.beatmap import TimingPoint
from osuT5.encoding.file_order_timing import FileOrderTiming, own_divisor
from osuT5.encoding.main_tempo import main_beat_ms, whole_seconds_ms
from osuT5.tokens.events import Event, EventKind
from parity.assembly.lines import LineEditor
from parity.assembly.resnap import nearest_tick_ms, resnap_as_published
from tests.support.encoding_charts import RED, green, timed

K = EventKind


def brief(editor):
    return [
        (line.time_ms, line.uninherited, round(-100 / line.beat_length_ms, 3) if not line.uninherited else None)
        for line in editor.points()
    ]


def test_velocities_volumes_kiai_and_effects_of_lines_nearby():
    editor = LineEditor([RED])
    editor.set_velocity(2000, 2.0)
    assert brief(editor) == [(1000, True, None), (2000, False, 2.0)]
    assert editor.points()[1].beat_length_ms == -50 + 1e-10
    editor = LineEditor([RED, green(2000, 1.0)])
    editor.set_volume(3000, 70)  # the lines before have another sample index
    editor.set_volume(4000, 70)
    assert [line.time_ms for line in editor.points()] == [1000, 2000, 3000]
    editor = LineEditor([RED])
    editor.set_kiai(500, True)
    assert [(line.time_ms, line.kiai) for line in editor.points()] == [(-1000, False), (500, True)]
    assert LineEditor([TimingPoint(0, 500, effects=9)]).points()[0].effects == 1
    editor = LineEditor([RED, green(2000, 1.0), green(3000, 1.0)])
    editor.set_velocity(2002, 0.0)  # which is none
    editor.set_volume(2002, 40)
    assert [(line.time_ms, line.volume) for line in editor.points()] == [(1000, 70), (2000, 40), (3000, 40)]
    editor.set_volume(1000, 5)
    assert (RED.volume, editor.points()[0].volume) == (70, 5)


@pytest.mark.parametrize(
    ("time_ms", "divisor", "tick_ms"),
    [
        (1480, 1, 1500),
        (1260, 2, 1250),
        (1490, 2, 1250),  # whole beats are no halves
        (1120, 4, 1125),
        (1330, 3, 1333),
    ],
)
def test_the_nearest_tick_of_a_divisor(time_ms, divisor, tick_ms):
    assert nearest_tick_ms(time_ms, [RED], divisor) == tick_ms


def test_ticks_main_tempo_and_own_red_line():
    lines = [RED, TimingPoint(2010, 400.0)]
    assert nearest_tick_ms(2007, lines, 1) == 2010
    assert nearest_tick_ms(2003, lines, 1) == 2000
    snapped, loose = timed(1480, (K.SNAPPING, 1), K.CIRCLE), timed(1480, (K.SNAPPING, 0), K.CIRCLE)
    after = resnap_as_published([*snapped.events, *loose.events, Event(K.TIME, 1490)], [RED])
    assert [event.value for event in after if event.kind is K.TIME] == [1500, 1480, 1490]
    slow, fast = TimingPoint(0, 500.0), TimingPoint(1900, 300.0)
    assert whole_seconds_ms(1900) == 1000
    assert main_beat_ms([slow, fast], 2500) == 300
    assert main_beat_ms([slow], 0) == 0
    timing = FileOrderTiming([green(1000, 2.0), RED])
    assert timing.green_at(1500) is None
    assert FileOrderTiming([RED, green(1000, 2.0)]).green_at(1500) is not None
    assert own_divisor(1499, RED, range(1, 17)) == 1
    assert own_divisor(1777, RED, range(1, 17)) == 9
    assert own_divisor(1021, RED, range(1, 17)) == 0
