import math

import pytest

from evaluation.measures.timing_metrics import compare_timing
from osu_beatmap.beatmap import TimingPoint


def line(time_ms, bpm, meter=4):
    return TimingPoint(time_ms=time_ms, beat_length_ms=60_000 / bpm, meter=meter)


def test_shares_of_equal_timing_changes_downbeats_meter_and_tempo():
    lines = [line(500, 150), line(500 + 400 * 64, 180)]
    result = compare_timing(lines, lines, 0, 60_000)
    assert (result.tempo_share, result.octave_share) == (1.0, 0.0)
    assert result.offset_error_ms == pytest.approx(0, abs=1e-6)
    assert result.downbeat_share == 1.0
    result = compare_timing([line(0, 120), line(30_000, 160)], [line(0, 120)], 0, 60_000)
    assert result.tempo_share == pytest.approx(60 / 140)
    assert compare_timing([line(0, 120)], [line(500, 120)], 0, 60_000).downbeat_share == 0.0
    waltz = [line(0, 120), line(30_000, 120, meter=3)]
    result = compare_timing(waltz, [line(0, 120)], 0, 60_000)
    assert result.meter_share == pytest.approx(0.5)
    assert result.tempo_share == 1.0
    with pytest.raises(ValueError, match="no beat"):
        compare_timing([line(5000, 120)], [line(0, 120)], 0, 1000)
    assert compare_timing([line(0, 200)], [line(0, 200.9)], 0, 1000).tempo_share == 1.0
    off = compare_timing([line(0, 200)], [line(0, 201.1)], 0, 1000)
    assert (off.tempo_share, off.octave_share) == (0.0, 0.0)
    assert math.isnan(off.offset_ms)


@pytest.mark.parametrize("late_ms", [12.0, -12.0])
def test_offset_has_the_sign_of_the_delay(late_ms):
    result = compare_timing([line(500, 150)], [line(500 + late_ms, 150)], 0, 60_000)
    assert result.offset_ms == pytest.approx(late_ms)
    assert result.offset_error_ms == pytest.approx(12.0)


@pytest.mark.parametrize("factor", [0.25, 0.5, 2.0, 4.0])
def test_octaves_are_counted_apart_and_keep_their_offset(factor):
    result = compare_timing([line(500, 120)], [line(510, 120 * factor)], 0, 60_000)
    assert (result.tempo_share, result.octave_share) == (0.0, 1.0)
    assert result.offset_ms == pytest.approx(10.0)
