"""Red lines compared with those of a human-made map."""

import pytest

from benchmarks.super_timing import compare
from osu_beatmap.beatmap import Beatmap, Circle, TimingPoint


def line(time_ms, bpm):
    return TimingPoint(time_ms, 60_000 / bpm)


def test_a_song_is_compared_with_its_human_chart():
    human = Beatmap(
        timing_points=[line(1000, 150), line(20_000, 75), line(30_000, 150)],
        hit_objects=[Circle(1000.0, 256, 192), Circle(59_000.0, 256, 192)],
    )
    song = compare(human, [line(1005, 300), line(20_006, 150), line(30_030, 300)], 60_000.0)
    assert (song.human_lines, song.matched) == (3, 1)
    assert song.bpm_error == pytest.approx(150)
    assert song.is_octave
    right = compare(human, human.timing_points, 60_000.0)
    assert (right.bpm_error, right.is_octave, right.matched) == (0, False, 2)
    assert right.agreement.offset_ms == 0
