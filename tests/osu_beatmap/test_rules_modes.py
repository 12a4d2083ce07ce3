"""Rules of taiko, catch and mania: for each a map that breaks it, and one that just does not."""

import pytest
from rule_beatmaps import BEAT_MS, EASY, EXPERT, HARD, INSANE, NORMAL, clean_map, findings, found, notes, slider

from osu_beatmap.beatmap import Circle, GameMode, HitSound, HoldNote, Spinner
from osu_beatmap.rules import Severity
from osu_beatmap.rules.catch import fruits, movements
from osu_beatmap.rules.chart import Chart
from osu_beatmap.rules.taiko import usual_beat_ms

PROBLEM, WARNING = Severity.PROBLEM, Severity.WARNING

# ---- taiko: the beat of 500 ms (120 BPM) counts as one of 333.3 ms (180 BPM) ----

TAIKO_BEAT_MS = BEAT_MS / 1.5


@pytest.mark.parametrize(("beat_ms", "usual_ms"), [(300, 300), (150, 300), (600, 300), (500, 1000 / 3), (400, 400)])
def test_usual_beat(beat_ms, usual_ms):
    assert usual_beat_ms(beat_ms) == pytest.approx(usual_ms)


def stream(count: int, beats: float):
    return clean_map(GameMode.TAIKO, notes(count, step_ms=beats * TAIKO_BEAT_MS, start_ms=1000))


@pytest.mark.parametrize(
    ("stars", "beats", "most"),
    [
        (EASY, 1, 7),
        (EASY, 1 / 2, 2),
        (NORMAL, 1 / 2, 7),
        (NORMAL, 1 / 3, 2),
        (HARD, 1 / 4, 5),
        (HARD, 1 / 6, 4),
        (INSANE, 1 / 4, 9),
        (INSANE, 1 / 6, 4),
        (INSANE, 1 / 8, 2),
    ],
)
def test_patterns_are_no_longer_than_the_level_allows(stars, beats, most):
    assert not found(stream(most, beats), "long_patterns", star_rating=stars)
    assert (WARNING, 1000, tuple(range(most + 1))) in found(stream(most + 1, beats), "long_patterns", star_rating=stars)
    assert not found(stream(most + 1, beats), "long_patterns", star_rating=EXPERT)


@pytest.mark.parametrize(("stars", "beats"), [(EASY, 1 / 2), (NORMAL, 1 / 3), (HARD, 1 / 6), (INSANE, 1 / 8)])
def test_patterns_are_no_faster_than_the_level_allows(stars, beats):
    assert not found(stream(2, beats), "fast_patterns", star_rating=stars)
    assert found(stream(2, beats * 0.9), "fast_patterns", star_rating=stars) == [(WARNING, 1000, (0, 1))]
    assert not found(stream(2, beats * 0.9), "fast_patterns", star_rating=EXPERT)


@pytest.mark.parametrize(
    ("beats", "place", "stars", "count"),
    [
        (1 / 3, 1, EXPERT, 1),
        (1 / 2, 1, EXPERT, 0),
        (1 / 4, 3, EXPERT, 0),
        (1 / 4, 3, NORMAL, 1),
        (1 / 4, 0, EXPERT, 1),
    ],
)
def test_finishers_end_streams(beats, place, stars, count):
    beatmap = stream(4, beats)
    beatmap.hit_objects[place].hitsound = HitSound.FINISH
    time_ms = beatmap.hit_objects[place].time_ms
    assert found(beatmap, "finisher_in_stream", star_rating=stars) == [(WARNING, time_ms, (place,))] * count


@pytest.mark.parametrize(("stars", "rest_beats"), [(EASY, 3), (NORMAL, 2), (HARD, 1.5)])
def test_low_levels_have_rests(stars, rest_beats):
    half = notes(80, step_ms=TAIKO_BEAT_MS / 2, start_ms=0)
    after_ms = half[-1].time_ms + rest_beats * TAIKO_BEAT_MS
    rested = half + notes(80, step_ms=TAIKO_BEAT_MS / 2, start_ms=after_ms)
    assert not found(clean_map(GameMode.TAIKO, rested), "no_rest", star_rating=stars)
    hurried = half + notes(80, step_ms=TAIKO_BEAT_MS / 2, start_ms=after_ms - TAIKO_BEAT_MS / 2)
    assert found(clean_map(GameMode.TAIKO, hurried), "no_rest", star_rating=stars) == [(WARNING, 0, (0, 159))]
    assert not found(clean_map(GameMode.TAIKO, hurried), "no_rest", star_rating=EXPERT)


def test_three_gaps_of_a_beat_are_a_rest_in_hard():
    def gap(beats_after: list[float]):
        first = notes(80, step_ms=TAIKO_BEAT_MS / 2, start_ms=0)
        for beats in beats_after:
            first.append(Circle(first[-1].time_ms + beats * TAIKO_BEAT_MS, 100, 100))
        return clean_map(GameMode.TAIKO, first + notes(80, TAIKO_BEAT_MS / 2, first[-1].time_ms + TAIKO_BEAT_MS / 2))

    assert not found(gap([1, 1, 1]), "no_rest", star_rating=HARD)
    assert found(gap([1, 1]), "no_rest", star_rating=HARD)


# ---- catch: at circle size 4 half the catcher is 60.8 px wide; a dash makes 1 px per ms, less 4.2 ms ----


def two_fruits(distance_px: float, gap_ms: float = 100.0):
    return clean_map(GameMode.CATCH, [Circle(1000, 100, 192), Circle(1000 + gap_ms, 100 + distance_px, 192)])


@pytest.mark.parametrize(("distance_px", "is_hyper"), [(156, False), (157, True)])
@pytest.mark.parametrize(("stars", "is_low"), [(EASY, True), (NORMAL, True), (HARD, False)])
def test_low_levels_have_no_hyperdash(distance_px, is_hyper, stars, is_low):
    expected = [(PROBLEM, 1000, (0,))] if is_hyper and is_low else []
    assert found(two_fruits(distance_px), "hyperdashes", star_rating=stars) == expected


def test_movements_and_what_is_caught():
    ways = movements(Chart(clean_map(GameMode.CATCH, [Circle(1000 + 100 * n, 100 * n, 192) for n in range(3)])))
    assert [way.spare_px for way in ways] == pytest.approx([56.68, 52.51], abs=0.01)
    beatmap = clean_map(GameMode.CATCH, [slider(1000, [(100, 192), (400, 192)], 201.0, slides=2)])
    caught = [(fruit.time_ms, fruit.x) for fruit in fruits(Chart(beatmap))]
    expected = [(1000, 100), (1500, 200), (2005, 301), (2510, 200), (3010, 100)]
    assert caught == [pytest.approx(pair) for pair in expected]
    beatmap = clean_map(GameMode.CATCH, [Circle(1000, 0, 192), Spinner(1200, 256, 192, end_ms=2000)])
    assert len(fruits(Chart(beatmap))) == 1


@pytest.mark.parametrize(("stars", "most"), [(HARD, 2), (INSANE, 4)])
def test_hyperdashes_in_a_row(stars, most):
    def zigzag(count: int):
        return clean_map(GameMode.CATCH, [Circle(1000 + 100 * n, 100 + 300 * (n % 2), 192) for n in range(count + 1)])

    assert not found(zigzag(most), "consecutive_hyperdashes", star_rating=stars)
    expected = [(WARNING, 1000, tuple(range(most + 1)))]
    assert found(zigzag(most + 1), "consecutive_hyperdashes", star_rating=stars) == expected
    assert not found(zigzag(most + 1), "consecutive_hyperdashes", star_rating=EXPERT)


# Over 300 ms a dash is at the edge with up to 10 px to spare: a hyperdash from 356.7 px on.
@pytest.mark.parametrize(
    ("distance_px", "stars", "count"),
    [(346, HARD, 0), (347, HARD, 1), (356, HARD, 1), (357, HARD, 0), (347, INSANE, 0)],
)
def test_edge_dashes(distance_px, stars, count):
    assert found(two_fruits(distance_px, 300), "edge_dashes", star_rating=stars) == [(WARNING, 1000, (0,))] * count


# ---- mania ----


def columns_used(counts: list[int]):
    xs = [64 + 128 * column for column, count in enumerate(counts) for _ in range(count)]
    return clean_map(GameMode.MANIA, [Circle(500.0 * number, x, 192) for number, x in enumerate(xs)])


@pytest.mark.parametrize(
    ("counts", "severities"),
    [
        ([10, 10, 10, 10], []),
        ([0, 10, 10, 10], [PROBLEM]),
        ([5, 12, 12, 11], []),
        ([4, 12, 12, 12], [WARNING]),
        ([20, 7, 7, 6], []),
        ([21, 7, 6, 6], [WARNING]),
    ],
)
def test_use_of_columns(counts, severities):
    assert [finding.severity for finding in findings(columns_used(counts), "column_use")] == severities


@pytest.mark.parametrize(("length_ms", "severities"), [(19, [PROBLEM]), (20, [WARNING]), (29, [WARNING]), (30, [])])
def test_hold_notes_are_long_enough(length_ms, severities):
    beatmap = clean_map(GameMode.MANIA, [HoldNote(1000, 64, 192, end_ms=1000 + length_ms)])
    assert [finding.severity for finding in findings(beatmap, "short_holds")] == severities


@pytest.mark.parametrize(
    ("notes_at_once", "stars", "count"),
    [(2, EASY, 0), (3, EASY, 1), (3, NORMAL, 0), (4, NORMAL, 1), (4, HARD, 0)],
)
def test_chords_are_small_in_low_levels(notes_at_once, stars, count):
    chord = [Circle(1000, 64 + 128 * column, 192) for column in range(notes_at_once)]
    beatmap = clean_map(GameMode.MANIA, [*chord, Circle(1500, 64, 192)])
    assert found(beatmap, "chord_size", star_rating=stars) == [(WARNING, 1000, tuple(range(notes_at_once)))] * count
