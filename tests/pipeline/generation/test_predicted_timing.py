"""From passes over a song to red lines, without a model."""

from types import SimpleNamespace

import numpy as np
import pytest

from osu_beatmap.beatmap import TimingPoint
from osuT5.beats.red_lines import PredictedTiming
from osuT5.encoding.timing import MarkedBeat
from osuT5.tokens.contract import mini_spec
from pipeline.generation import timing
from pipeline.generation.timing import (
    FIRST_FIT_PASSES,
    QUICK_PASSES,
    UNCHANGED_PASSES,
    _is_same,
    check_beat,
    has_steady_beat,
    quickly_timed_red_lines,
    super_timed_red_lines,
    timing_notes,
)
from pipeline.request.options import RequestError

SONG_MS = 60_000.0


class Passes:
    """A stand-in for a SuperTimer, of a model without frame heads where there are no activations."""

    def __init__(self, *heard_ms, activations=None):
        self.heard_ms = heard_ms
        self.passes = []
        attacks = None if activations is None else np.zeros(int(SONG_MS) + 1, np.float32)
        self.listener = SimpleNamespace(spec=mini_spec(), song_ms=SONG_MS, attack_strengths=attacks)
        self.activations = SimpleNamespace(mean=lambda: activations)

    def decode_pass(self):
        heard_ms = self.heard_ms[len(self.passes) % len(self.heard_ms)]
        self.passes.append([MarkedBeat(ms, number % 4 == 0, False) for number, ms in enumerate(heard_ms)])


STEADY = 500 + 400.0 * np.arange(140)


def test_it_goes_on_while_more_passes_change_something():
    timer, seen = Passes(STEADY), []
    lines = super_timed_red_lines(timer, 20, lambda *step: seen.append(step))
    assert [(line.time_ms, line.bpm, line.meter) for line in lines] == [(500, pytest.approx(150), 4)]
    assert len(timer.passes) == FIRST_FIT_PASSES + UNCHANGED_PASSES
    assert seen[-1] == ("passes for the timing", len(timer.passes), 20)
    rng = np.random.default_rng(0)
    timer = Passes(*(np.sort(rng.uniform(0, SONG_MS, 100)) for _ in range(9)))
    assert super_timed_red_lines(timer, 9)
    assert len(timer.passes) == 9


@pytest.mark.parametrize("passes", [1, 2, 4])
def test_few_passes_are_fitted_too(passes):
    (line,) = super_timed_red_lines(Passes(STEADY), passes)
    assert line.bpm == pytest.approx(150)


@pytest.mark.parametrize("has_frame_heads", [False, True])
@pytest.mark.parametrize("heard_ms", [[], [3000.0], [3000.0, 3500.0], [-500.0, 70_000.0]])
def test_songs_without_beats_have_one_line(heard_ms, has_frame_heads):
    silence = np.zeros((int(SONG_MS / mini_spec().grid.frame_ms) + 1, 6), np.float16)
    timer = Passes(np.array(heard_ms), activations=silence if has_frame_heads else None)
    (line,) = super_timed_red_lines(timer, 8)
    assert 0 <= line.time_ms <= SONG_MS
    assert line.bpm == pytest.approx(120)
    (line,) = quickly_timed_red_lines(Passes(np.array(heard_ms), activations=timer.activations.mean()))
    assert line.bpm == pytest.approx(120)


def test_every_map_gets_a_few_passes():
    timer = Passes(STEADY)
    (line,) = quickly_timed_red_lines(timer)
    assert line.bpm == pytest.approx(150)
    assert len(timer.passes) == QUICK_PASSES


def line(time_ms, bpm, meter=4):
    return TimingPoint(time_ms, 60_000 / bpm, meter=meter)


@pytest.mark.parametrize(
    ("others", "same"),
    [
        ([line(1000, 150)], True),
        ([line(1001, 150.001)], True),
        ([line(1000, 150), line(33_001, 150)], True),
        ([line(1004, 150)], False),
        ([line(1000, 150.05)], False),
        ([line(1000, 300)], False),
        ([line(1000, 75)], False),
        ([line(1000, 150, meter=3)], False),
        ([line(1200, 150)], False),
        ([], False),
    ],
)
def test_timings_are_the_same_where_their_beats_are(others, same):
    assert _is_same([line(1000, 150)], others, SONG_MS) is same


def test_timing_of_the_bundled_model_needs_no_passes(monkeypatch):
    monkeypatch.setattr(timing, "_predict_beats", lambda *arguments: [line(0, 100)])
    rhythm = SimpleNamespace(timing=PredictedTiming([line(1000, 150)], [0.7]))
    assert timing.predict_red_lines(None, None, None, None, rhythm) == [line(1000, 150)]
    assert timing.predict_red_lines(None, None, None, None, None) == [line(0, 100)]


def test_a_song_without_a_steady_beat_is_noted():
    assert timing_notes([0.05, 0.6]) == timing_notes([]) == []
    (note,) = timing_notes([0.05, 0.1])
    assert "No steady beat" in note
    assert "uncertain" in note
    assert has_steady_beat([])
    assert not has_steady_beat([0.05, 0.1])


def test_no_map_is_generated_on_a_song_without_a_beat():
    check_beat([])
    check_beat([0.01, 0.3])
    with pytest.raises(RequestError, match=r"in_context=\[TIMING\].*output_type=\[TIMING\]"):
        check_beat([0.01, 0.02])
