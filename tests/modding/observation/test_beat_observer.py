"""Readings by the bundled models on the beat clock, of noise."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from modding.aspects import Aspect
from modding.habits.habits import score_habits
from modding.habits.places import MapPlaces
from modding.habits.rhythm import RhythmHabits
from modding.observation.beat_observer import BeatObserver
from modding.observation.downbeats import bar_fits
from modding.observation.observation import surprise_of
from modding.observation.surprisal import beat_scores
from modding.observation.tick_evidence import TickEvidence, read_ticks
from modding.suggestion_builder import suggestions_of
from modding.thresholds import ThresholdTable
from osu_beatmap.beatmap import GameMode, TimingPoint
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT, BeatClock
from osuT5.model.files.find import BUNDLED_MODEL
from osuT5.rhythm.features import BANDS
from pipeline.generation.map_model.rhythm import SongRhythm
from tests.modding.observation.test_modding_surprisal import chart
from tests.support.review_maps import BEAT_MS, regular_map

SONG_MS = 20_000.0


@dataclass(frozen=True)
class Song:
    rhythm_features: np.ndarray
    song_ms: float = SONG_MS


@pytest.fixture(scope="module")
def song() -> SongRhythm:
    return SongRhythm(Song(np.random.default_rng(0).random((2001, BANDS)).astype(np.float16)), BUNDLED_MODEL)


@pytest.mark.parametrize("mode", list(GameMode))
def test_every_object_is_judged_and_every_observation_can_be_said(song, mode):
    beatmap = chart(mode)
    ticks = read_ticks(song, beatmap, 3.0)
    rhythm = RhythmHabits(MapPlaces(beatmap))
    observer = BeatObserver(beatmap, ticks, *beat_scores(song, beatmap, 3.0), rhythm, score_habits(rhythm))
    observed = list(observer.observe())
    assert {each.obj for each in observed if each.aspect is Aspect.RHYTHM} == set(range(len(beatmap.hit_objects)))
    assert all(np.isfinite(each.surprise.bits) and each.surprise.bits > -0.01 for each in observed)
    felt = {
        GameMode.STANDARD: {Aspect.POSITION, Aspect.COMBO, Aspect.REPEATS, Aspect.ADDITIONS},
        GameMode.TAIKO: {Aspect.COLOUR, Aspect.LENGTH, Aspect.SCROLL},
        GameMode.CATCH: {Aspect.POSITION, Aspect.COMBO, Aspect.VELOCITY, Aspect.KIND},
        GameMode.MANIA: {Aspect.COLUMN, Aspect.LENGTH, Aspect.SCROLL},
    }
    assert felt[mode] <= {each.aspect for each in observed}
    said = suggestions_of(beatmap, observed, ThresholdTable(), SONG_MS, 3.0, min_surprisal=0.0)
    assert all(each.message.endswith(".") and "{" not in each.message for each in said)


def test_an_object_on_an_unlikely_tick_surprises_and_so_does_its_absence_on_a_likely_one(song):
    beatmap = regular_map(beats=20)
    clock = BeatClock.from_timing(Timing(beatmap.timing_points), SONG_MS)
    logits = np.full(len(clock) * TICKS_PER_BEAT, -6.0)
    logits[::TICKS_PER_BEAT] = 4.0
    beatmap.hit_objects[8].time_ms += 100.0
    del beatmap.hit_objects[14]
    times_ms = np.array([obj.time_ms for obj in beatmap.hit_objects])
    scores = beat_scores(song, beatmap, 3.0)
    rhythm = RhythmHabits(MapPlaces(beatmap))
    observed = list(BeatObserver(beatmap, TickEvidence(clock, logits, times_ms), *scores, rhythm, {}).observe())
    rhythm = {each.obj: each for each in observed if each.aspect is Aspect.RHYTHM}
    assert max(rhythm, key=lambda obj: rhythm[obj].surprise.bits) == 8
    assert rhythm[8].expected == beatmap.hit_objects[8].time_ms - 100.0
    absent = {each.obj: each for each in observed if each.aspect is Aspect.ABSENCE}
    assert max(absent, key=lambda obj: absent[obj].surprise.bits) in (8, 14)
    assert absent[14].expected == beatmap.hit_objects[14].time_ms - 400.0


def test_neighbouring_answers_count_as_one_and_turns_are_cyclic():
    log_chances = np.log([0.4, 0.1, 0.1, 0.1, 0.3])
    assert surprise_of(log_chances, 1).bits == pytest.approx(-np.log2(0.1))
    assert surprise_of(log_chances, 1, reach=1).bits == pytest.approx(-np.log2(0.6))
    assert surprise_of(log_chances, 4, reach=1, is_cyclic=True).bits == pytest.approx(-np.log2(0.8))


def test_a_late_downbeat_is_told_by_how_many_beats():
    lines = [TimingPoint(1000.0, 400.0)]
    clock = BeatClock.from_timing(Timing(lines), 60_000.0)
    logits = np.where((clock.place_in_bar - 3) % 4 == 0, 3.0, -3.0)

    class Rhythm:
        def downbeats(self, _lines):
            return clock, logits

    beatmap = replace(regular_map(), timing_points=lines)
    (fit,) = bar_fits(beatmap, Rhythm())
    assert (fit.beats_late, fit.bits > 10) == (1, True)
    logits = np.where(clock.place_in_bar == 0, 3.0, -3.0)
    (fit,) = bar_fits(beatmap, Rhythm())
    assert (fit.beats_late, fit.bits) == (0, 0.0)


@pytest.mark.parametrize("mode", list(GameMode))
def test_objects_alone_show_a_late_red_line(mode):
    lines = [TimingPoint(1000.0, BEAT_MS)]
    beatmap = regular_map(mode)
    beatmap.hit_objects = [obj for number, obj in enumerate(beatmap.hit_objects) if number % 4 != 3]

    class Silence:
        def downbeats(self, lines):
            clock = BeatClock.from_timing(Timing(lines), 60_000.0)
            return clock, np.zeros(len(clock))

    (fit,) = bar_fits(replace(beatmap, timing_points=lines), Silence())
    assert (fit.beats_late, fit.bits) == (0, 0.0)
    (fit,) = bar_fits(replace(beatmap, timing_points=[TimingPoint(1000.0 + BEAT_MS, BEAT_MS)]), Silence())
    assert fit.beats_late == 1


def test_above_200_bpm_bars_may_begin_between_the_beats_of_the_clock():
    beatmap = regular_map()
    for obj in beatmap.hit_objects:
        obj.time_ms = 1000.0 + (obj.time_ms - 1000.0) * 250.0 / BEAT_MS

    class Silence:
        def downbeats(self, lines):
            clock = BeatClock.from_timing(Timing(lines), 60_000.0)
            return clock, np.zeros(len(clock))

    for beats_late in (-1, 0, 1, 2):
        line = TimingPoint(1000.0 + 250.0 * beats_late, 250.0)
        (fit,) = bar_fits(replace(beatmap, timing_points=[line]), Silence())
        assert abs(fit.beats_late) == abs(beats_late)
        assert fit.beats_late * beats_late >= 0 or abs(beats_late) == 2


def test_a_slow_tempo_before_a_fast_one_is_read():
    class Silence:
        def downbeats(self, lines):
            clock = BeatClock.from_timing(Timing(lines), 60_000.0)
            return clock, np.zeros(len(clock))

    lines = [TimingPoint(1000.0, 460.0), TimingPoint(1000.0 + 31.5 * 460.0, 230.0)]
    fits = bar_fits(replace(regular_map(), timing_points=lines), Silence())
    assert [fit.red for fit in fits] == lines
