"""Charts to rhythms, with literal lists in and out."""

from fractions import Fraction

import numpy as np
import pytest

from osu_beatmap.beatmap import Break, Circle, GameMode, TimingPoint
from osu_beatmap.errors import BeatmapError
from rcomplexion.rhythm import BEAT_FRACTIONS, INTERVALS, hit_deviation_ms, nearest, rhythm_of
from tests.support.known_rhythms import map_of


def _names(classes: np.ndarray) -> list[str]:
    return [str(INTERVALS[c]) for c in classes]


def test_intervals_and_places_are_those_of_the_nearest_tick_at_any_tempo() -> None:
    rhythm = rhythm_of(map_of([1 / 3, 1 / 3, 1 / 3, 1 / 4, 1 / 2, 1 / 4, 1.0, 3 / 2, 1 / 2, 20.0]))
    assert _names(rhythm.classes[:10]) == ["1/3", "1/3", "1/3", "1/4", "1/2", "1/4", "1", "3/2", "1/2", "16"]
    assert [str(BEAT_FRACTIONS[p]) for p in rhythm.phases[:8]] == ["0", "1/3", "2/3", "0", "1/4", "3/4", "0", "0"]
    assert rhythm.beats[:8].tolist() == [0, 0, 0, 1, 1, 1, 2, 3]
    slow, fast = rhythm_of(map_of([3 / 4, 1 / 4], bpm=90)), rhythm_of(map_of([3 / 4, 1 / 4], bpm=240))
    assert slow.classes.tolist() == fast.classes.tolist()
    assert slow.lengths_ms[0] == pytest.approx(500)
    assert fast.lengths_ms[0] == pytest.approx(187.5)


def test_a_millisecond_off_changes_nothing_and_chords_are_one_moment() -> None:
    exact = map_of([1 / 2], mode=GameMode.MANIA)
    rounded = map_of([1 / 2], mode=GameMode.MANIA)
    chords = ((Circle(o.time_ms - 0.7, 64, 192.0), Circle(o.time_ms + 0.8, 192, 192.0)) for o in exact.hit_objects)
    rounded.hit_objects = [note for chord in chords for note in chord]
    first, second = rhythm_of(exact), rhythm_of(rounded)
    for name in ("classes", "phases", "beats"):
        assert getattr(first, name).tolist() == getattr(second, name).tolist()


def test_red_lines_breaks_and_tables_of_divisions() -> None:
    beatmap = map_of([1.0], bpm=120)
    beatmap.timing_points.append(TimingPoint(1000.0 + 8 * 500.0, 1000.0))
    rhythm = rhythm_of(beatmap)
    assert _names(rhythm.classes[6:10]) == ["1", "1", "1/2", "1/2"]
    assert [str(BEAT_FRACTIONS[p]) for p in rhythm.phases[7:10]] == ["0", "0", "1/2"]
    beatmap = map_of([1.0], bpm=60)
    assert rhythm_of(beatmap).drain_s == pytest.approx(128.0)
    beatmap.breaks = [Break(11_000.0, 31_000.0), Break(0.0, 2_000.0)]
    assert rhythm_of(beatmap).drain_s == pytest.approx(107.0)
    for table in (INTERVALS, BEAT_FRACTIONS):
        assert list(table) == sorted(set(table))
    assert {Fraction(1, d) for d in (1, 2, 3, 4, 6, 8, 12, 16)} <= set(INTERVALS)
    assert nearest(np.array([0.0, 1.0, 4.0]), np.array([0.4, 0.6, 2.4, 2.6, 9.0])).tolist() == [0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("mode", "od", "deviation_ms"),
    [
        (GameMode.STANDARD, 5, 50 / 3),
        (GameMode.STANDARD, 10, 20 / 3),
        (GameMode.TAIKO, 5, 35 / 3),
        (GameMode.MANIA, 8, 40 / 3),
        (GameMode.MANIA, 99, 34 / 3),
    ],
)
def test_hit_windows(mode: GameMode, od: float, deviation_ms: float) -> None:
    assert hit_deviation_ms(mode, od) == pytest.approx(deviation_ms)


def test_too_few_moments_and_no_tempo_are_refused() -> None:
    beatmap = map_of([1.0])
    beatmap.hit_objects = beatmap.hit_objects[:16]
    with pytest.raises(BeatmapError, match="16 moments"):
        rhythm_of(beatmap)
    without_tempo = map_of([1.0])
    without_tempo.timing_points = []
    with pytest.raises(BeatmapError, match="no tempo"):
        rhythm_of(without_tempo)
