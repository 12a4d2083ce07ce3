"""The truth that timing is measured against, and the measure."""

import numpy as np
import pytest

from benchmarks.super_timing.__main__ import main
from benchmarks.super_timing.held_out import compared
from benchmarks.super_timing.tempi import KINDS, SECTION_BARS, Tempi, closeness, jitter
from benchmarks.super_timing.timing_runs import HeardTiming
from osu_beatmap.beatmap import Beatmap, Circle, TimingPoint


def line(time_ms, bpm):
    return TimingPoint(time_ms, 60_000 / bpm)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_tempi_fill_the_song_and_not_more(kind, seed):
    tempi = KINDS[kind](np.random.default_rng(seed), 60.0)
    times_ms = tempi.times_ms
    assert (np.diff(times_ms) > 60_000 / 260).all()
    assert 45_000 < times_ms[-1] < 61_000
    if kind == "jumps":
        firsts = [first for first, _ in tempi.sections]
        assert np.diff([*firsts, tempi.beats]).min() >= 4 * min(SECTION_BARS)


def test_true_lines_are_close_and_others_are_not():
    tempi = Tempi(1000.0, 150.0, 100, ((48, 120.0),), ((0, 150.0), (48, 120.0)))
    change_ms = tempi.times_ms[48]
    exact = closeness(tempi, [line(1000, 150), line(change_ms, 120)])
    assert exact.lines == 2
    assert exact.tempo_bpm == pytest.approx([0, 0])
    assert exact.beats_ms.max() < 1e-6
    late = closeness(tempi, [line(1007, 150.1), line(change_ms + 7, 240)])
    assert late.tempo_bpm == pytest.approx([0.1, 120])
    assert late.phase_ms[1] == pytest.approx(7)
    assert late.octaves.tolist() == [False, True]


def test_lines_of_songs_lead_what_is_heard_and_jittered_beats_are_on_steps():
    tempi = Tempi(1000.0, 150.0, 100, (), ((0, 150.0),))
    assert closeness(tempi, [line(975, 150)], heard_later_ms=25.0).phase_ms == pytest.approx([0])
    tempi = Tempi(1000.0, 150.0, 200)
    beats = jitter(tempi, np.random.default_rng(0), 4.0, 0.1, 0.05)
    assert 170 < len(beats.times_ms) < 210
    assert (beats.times_ms % 10 == 0).all()
    nearest = np.abs(beats.times_ms[:, None] - tempi.times_ms).min(axis=1)
    assert np.median(nearest) < 6


def test_a_song_is_compared_with_its_human_chart():
    human = Beatmap(
        timing_points=[line(1000, 150), line(20_000, 75), line(30_000, 150)],
        hit_objects=[Circle(1000.0, 256, 192), Circle(59_000.0, 256, 192)],
    )
    heard = HeardTiming([line(1005, 300), line(20_006, 150), line(30_030, 300)], seconds=1.0)
    song = compared("song", "opus", human, heard, 60_000.0)
    assert (song.human_lines, song.matched) == (3, 1)
    assert song.bpm_error == pytest.approx(150)
    assert song.is_octave
    right = compared("song", "opus", human, HeardTiming(human.timing_points, 1.0), 60_000.0)
    assert (right.bpm_error, right.is_octave, right.matched) == (0, False, 2)
    assert right.agreement.offset_ms == 0


def test_the_fit_alone_needs_no_model(capsys):
    assert main(["--fits", "1", "--songs", "0"]) == 0
    printed = capsys.readouterr().out
    assert "| constant | 4 ms |" in printed
    assert "| ramps | 8 ms |" in printed


def test_what_cannot_be_heard_is_not_asked_for():
    tempi = Tempi(0.0, 120.0, 80, ((40, 150.0), (60, 120.0)), ((0, 120.0), (40, 150.0), (60, 120.0)))
    silent_ms = (tempi.times_ms[38], tempi.times_ms[50])
    lines = [line(0, 120), line(tempi.times_ms[60], 120)]
    heard = closeness(tempi, lines, silent_ms=silent_ms)
    assert len(heard.beats_ms) == 68
    assert heard.tempo_bpm == pytest.approx([0, 0])
    assert len(closeness(tempi, lines).tempo_bpm) == 3
