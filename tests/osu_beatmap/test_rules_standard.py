"""Rules of osu!standard: for each a map that breaks it, and one that just does not."""

import pytest
from rule_beatmaps import EASY, HARD, INSANE, NORMAL, clean_map, findings, found, slider

from osu_beatmap.beatmap import Circle, CurveKind, GameMode, PathSegment, Slider, Spinner
from osu_beatmap.rules import Severity

PROBLEM, WARNING = Severity.PROBLEM, Severity.WARNING


# The radius is 36.48 px, so that circles may lie within x -30.52..542.52, y -23.52..391.52.
@pytest.mark.parametrize(
    ("is_off", "places"), [(False, [(-30, -23), (542, 391)]), (True, [(-31, 100), (543, 100), (100, -24), (100, 392)])]
)
def test_circles_are_on_screen(is_off, places):
    for place in places:
        findings = found(clean_map(objects=[Circle(1000, *place)]), "off_screen")
        assert findings == ([(PROBLEM, 1000, (0,))] if is_off else []), place


@pytest.mark.parametrize(("length_px", "is_off"), [(123.0, False), (124.0, True)])
def test_slider_ends_are_on_screen_beyond_the_last_node_too(length_px, is_off):
    beatmap = clean_map(objects=[slider(1000, [(100, 100), (100, 50)], length_px)])
    assert bool(found(beatmap, "off_screen")) is is_off


@pytest.mark.parametrize(("bottom_y", "is_off"), [(391, False), (400, True)])
def test_slider_bodies_are_on_screen(bottom_y, is_off):
    arc = PathSegment(CurveKind.PERFECT, [(200, bottom_y - 80), (280, bottom_y), (360, bottom_y - 80)])
    beatmap = clean_map(objects=[Slider(1000, 200, bottom_y - 80, segments=[arc], length_px=251.0)])
    assert found(beatmap, "off_screen") == ([(PROBLEM, 1000, (0,))] if is_off else [])


def test_other_modes_have_no_screen_limits():
    for mode in (GameMode.TAIKO, GameMode.CATCH, GameMode.MANIA):
        assert not found(clean_map(mode, [Circle(1000, 100, 1000)]), "off_screen")


def jumps(last_px: float, count: int = 6, gap_ms: float = 125.0) -> list[Circle]:
    """Circles 20 px apart, and one last jump."""
    circles = [Circle(1000 + gap_ms * number, 20.0 * number, 100) for number in range(count)]
    return [*circles, Circle(1000 + gap_ms * count, circles[-1].x + last_px, 100)]


@pytest.mark.parametrize(("last_px", "severities"), [(149, [WARNING]), (299, [WARNING]), (301, [PROBLEM])])
def test_jumps_are_not_many_times_as_fast_as_before(last_px, severities):
    beatmap = clean_map(objects=jumps(last_px))
    assert [finding.severity for finding in findings(beatmap, "spacing")] == severities
    assert all(finding.objects == (5, 6) for finding in findings(beatmap, "spacing"))


@pytest.mark.parametrize(
    "objects",
    [
        jumps(140),  # within 4 radii
        jumps(300, gap_ms=250.0),  # slow
        jumps(300, count=3),  # too few jumps before it
        [*jumps(20), Circle(2000, 140, 300)],  # the last gap is unlike the others
        [Circle(1000 + 125 * number, 100 + 300 * (number % 2), 100) for number in range(20)],  # far throughout
    ],
)
def test_jumps_that_are_fine(objects):
    assert not found(clean_map(objects=objects), "spacing")


@pytest.mark.parametrize(
    ("difficulty", "severities"),
    [
        (0, {364: [PROBLEM], 365: [WARNING]}),
        (5, {449: [PROBLEM], 450: [WARNING], 500: []}),
        (8, {500: [PROBLEM], 501: []}),
    ],
)
def test_spinner_length(difficulty, severities):
    for length_ms, expected in severities.items():
        beatmap = clean_map(objects=[Spinner(1000, 256, 192, end_ms=1000 + length_ms)])
        beatmap.difficulty.overall_difficulty = difficulty
        assert [finding.severity for finding in findings(beatmap, "spinner_length")] == expected, length_ms


@pytest.mark.parametrize(
    ("stars", "counts"),
    [(EASY, {999: 1, 1000: 0}), (NORMAL, {749: 1, 750: 0}), (HARD, {499: 1, 500: 0}), (INSANE, {20: 0})],
)
def test_recovery_after_a_spinner_but_not_before_another(stars, counts):
    for gap_ms, count in counts.items():
        beatmap = clean_map(objects=[Spinner(1000, 256, 192, end_ms=2000), Circle(2000 + gap_ms, 100, 100)])
        assert found(beatmap, "spinner_recovery", star_rating=stars) == [(WARNING, 2000, (0, 1))] * count, gap_ms
        beatmap.hit_objects[1] = Spinner(2000 + gap_ms, 256, 192, end_ms=4000)
        assert not found(beatmap, "spinner_recovery", star_rating=stars)


@pytest.mark.parametrize(
    ("gap_ms", "distance_px", "stars", "count"),
    [(124, 73, EASY, 1), (124, 73, NORMAL, 1), (124, 73, HARD, 0), (125, 73, EASY, 0), (124, 72, EASY, 0)],
)
def test_close_objects_overlap_in_low_levels(gap_ms, distance_px, stars, count):
    beatmap = clean_map(objects=[Circle(1000, 100, 100), Circle(1000 + gap_ms, 100 + distance_px, 100)])
    assert found(beatmap, "close_objects", star_rating=stars) == [(WARNING, 1000, (0, 1))] * count


@pytest.mark.parametrize(("length_px", "stars", "count"), [(24, EASY, 1), (25, EASY, 0), (24, NORMAL, 0)])
def test_short_sliders(length_px, stars, count):
    beatmap = clean_map(objects=[slider(1000, [(100, 100), (200, 100)], length_px)])
    assert found(beatmap, "short_sliders", star_rating=stars) == [(WARNING, 1000, (0,))] * count


@pytest.mark.parametrize(
    ("length_px", "slides", "stars", "count"),
    [(49, 2, EASY, 1), (50, 2, EASY, 0), (49, 1, EASY, 0), (24, 2, NORMAL, 1), (25, 2, NORMAL, 0), (24, 2, HARD, 0)],
)
def test_fast_repeats(length_px, slides, stars, count):
    beatmap = clean_map(objects=[slider(1000, [(100, 100), (200, 100)], length_px, slides)])
    assert found(beatmap, "fast_repeats", star_rating=stars) == [(WARNING, 1000, (0,))] * count


# The reverse arrow is at (200, 100) and reached at 1500 ms; objects hide it within 20.8 px and 1200 ms.
@pytest.mark.parametrize(
    ("time_ms", "x", "slides", "count"),
    [(500, 200, 2, 1), (500, 220, 2, 1), (500, 221, 2, 0), (300, 200, 2, 0), (500, 200, 1, 0)],
)
def test_covered_reverse(time_ms, x, slides, count):
    beatmap = clean_map(objects=[Circle(time_ms, x, 100), slider(1000, [(100, 100), (200, 100)], 100.0, slides)])
    assert found(beatmap, "covered_reverse") == [(WARNING, 1000, (0, 1))] * count


# At AR 5 a stack leniency of 0.2 shifts objects apart up to 240 ms.
@pytest.mark.parametrize(
    ("gap_ms", "x", "stars", "count"),
    [
        (250, 100, EASY, 1),
        (250, 100, NORMAL, 1),
        (250, 100, HARD, 0),
        (240, 100, EASY, 0),
        (375, 100, EASY, 0),
        (250, 101, EASY, 0),
    ],
)
def test_perfect_stacks(gap_ms, x, stars, count):
    beatmap = clean_map(objects=[Circle(1000, 100, 100), Circle(1000 + gap_ms, x, 100)])
    assert not found(beatmap, "perfect_stacks", star_rating=stars)
    beatmap.stack_leniency = 0.2
    assert found(beatmap, "perfect_stacks", star_rating=stars) == [(WARNING, 1000, (0, 1))] * count
