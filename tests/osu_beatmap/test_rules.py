"""The rules as a whole: levels, clean maps, maps full of nonsense, speed."""

import math
import time
from itertools import product

import pytest
from rule_beatmaps import EXPERT, clean_map, findings, found, notes, slider

from osu_beatmap.beatmap import Beatmap, Break, Circle, GameMode, HoldNote, PathSegment, Slider, Spinner, TimingPoint
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.rules import Level, Severity, check

NONSENSE = (math.nan, math.inf, -math.inf, 1e308, -1e308, 0.0, -1.0)


def test_levels_and_the_order_of_findings():
    below = {1.99: Level.EASY, 2.69: Level.NORMAL, 3.99: Level.HARD, 5.29: Level.INSANE}
    from_on = {0: Level.EASY, 2: Level.NORMAL, 2.7: Level.HARD, 4: Level.INSANE, 5.3: Level.EXPERT}
    for stars, level in (below | from_on | {math.nan: Level.EXPERT}).items():
        assert Level.of_star_rating(stars) is level, stars
    beatmap = clean_map(objects=[Circle(1003, 100, 100), Circle(1253, 1000, 100)])
    times_ms = [finding.time_ms for finding in check(beatmap, star_rating=EXPERT)]
    assert times_ms == [None, 1003, 1253, 1253]


@pytest.mark.parametrize("mode", GameMode)
def test_a_clean_map_has_no_finding_and_an_empty_one_has_three(mode):
    assert check(clean_map(mode), audio_ms=60_000.0, star_rating=EXPERT) == []
    rules = {finding.rule for finding in check(Beatmap(mode=mode))}
    assert rules == {"no_red_line", "drain_time", "preview_time"}


def objects_with(number: float) -> list:
    line = [PathSegment(slider(0, [(0, 0), (1, 1)], 1).segments[0].kind, [(100, 100), (number, 200)])]
    return [
        Circle(number, 100, 100),
        Circle(1000, number, 100),
        Circle(1500, 100, number),
        slider(2000, [(100, 100), (200, 100)], number),
        Slider(2500, 100, 100, segments=line, length_px=100.0),
        Slider(3000, 100, 100, segments=[PathSegment(line[0].kind, [])], length_px=100.0),
        slider(3500, [(100, 100), (200, 100)], 100.0, slides=int(number) if math.isfinite(number) else 10**9),
        Spinner(4000, 256, 192, end_ms=number),
        HoldNote(4500, number, 192, end_ms=number),
    ]


@pytest.mark.parametrize(("mode", "number"), list(product(GameMode, NONSENSE)))
def test_nonsense_in_objects_never_raises(mode, number):
    beatmap = clean_map(mode, [*objects_with(number), *notes(20, start_ms=5000)])
    assert check(beatmap)
    if not math.isfinite(number):
        assert {it.objects[0] for it in findings(beatmap, "unusable_numbers")} == {0, 1, 2, 3, 4, 6, 7, 8}


@pytest.mark.parametrize(("mode", "number"), list(product(GameMode, NONSENSE)))
def test_nonsense_in_lines_settings_and_breaks_never_raises(mode, number):
    beatmap = clean_map(mode, [slider(1000, [(100, 100), (200, 100)], 100.0, 3), *notes(20, start_ms=5000)])
    beatmap.timing_points += [
        TimingPoint(number, 500.0),
        TimingPoint(1000.0, number),
        TimingPoint(number, number, uninherited=False),
        TimingPoint(2000.0, number, uninherited=False),
        TimingPoint(3000.0, 500.0, volume=number, meter=number),
    ]
    beatmap.breaks = [Break(number, 2000.0), Break(2000.0, number)]
    beatmap.combo_colours = [(number, 0, 0)]
    beatmap.preview_time_ms = beatmap.stack_leniency = number
    for name in ("hp_drain_rate", "circle_size", "overall_difficulty", "approach_rate", "slider_multiplier"):
        setattr(beatmap.difficulty, name, number)
    beatmap.difficulty.slider_tick_rate = number
    assert check(beatmap, audio_ms=number)
    for stars in (1.0, 2.5, 3.0, 5.0, number):
        check(beatmap, star_rating=stars)


def test_a_number_that_is_not_finite_is_a_problem_in_lines_and_settings():
    beatmap = clean_map()
    assert not found(beatmap, "unusable_numbers")
    beatmap.timing_points += [TimingPoint(1000.0, math.nan, uninherited=False), TimingPoint(math.inf, 500.0)]
    beatmap.timing_points += [TimingPoint(2000.0, 0.0)]
    beatmap.difficulty.slider_multiplier = math.nan
    beatmap.breaks = [Break(math.nan, 1000.0)]
    times_ms = [time_ms for _, time_ms, _ in found(beatmap, "unusable_numbers")]
    assert times_ms == [None, None, None, 1000.0, 2000.0]


@pytest.mark.parametrize("mode", GameMode)
def test_a_large_map_takes_less_than_a_second(mode):
    objects = [slider(100.0 * n, [(100, 100), (200, 150)], 19.0, 1 + n % 2) for n in range(0, 3000, 2)]
    objects = sorted(objects + notes(1500, 200.0, 100.0), key=lambda it: it.time_ms)
    beatmap = clean_map(mode, objects)
    beatmap.timing_points += [TimingPoint(1000.0 * n, -100.0, uninherited=False) for n in range(300)]
    began_s = time.process_time()
    check(beatmap, star_rating=1.5)
    assert time.process_time() - began_s < 1.0


def test_most_human_charts_break_few_rules(shared_dir):
    paths = sorted((shared_dir / "data" / "mapsets").rglob("*.osu"))[::40]
    problems = []
    for path in paths:
        found = {it.rule for it in check(read_beatmap(path)) if it.severity is Severity.PROBLEM}
        problems.append(len(found))
    assert sum(count == 0 for count in problems) >= 0.5 * len(paths)
    assert sum(problems) / len(paths) < 1.5
