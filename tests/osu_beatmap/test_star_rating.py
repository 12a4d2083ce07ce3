"""Star rating, maximum combo and catch conversion on small maps."""

import pytest
import rosu_pp_py as rosu

from osu_beatmap.beatmap import (
    Beatmap,
    Circle,
    CurveKind,
    GameMode,
    HoldNote,
    PathSegment,
    Slider,
    Spinner,
    TimingPoint,
)
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.writer import write_beatmap
from osu_beatmap.geometry.catch_conversion import convert_to_catch
from osu_beatmap.star_rating import UnratableBeatmap, max_combo, star_rating, star_ratings


def steady_map(interval_ms: int, count: int = 100) -> Beatmap:
    objects = [Circle(index * interval_ms, index * 97 % 512, index * 61 % 384) for index in range(count)]
    return Beatmap(timing_points=[TimingPoint(0, 300)], hit_objects=objects)


def standard_map() -> Beatmap:
    path = [PathSegment(CurveKind.LINEAR, [(50, 60), (190, 60)])]
    objects = [Circle(index * 150.0, index * 97 % 512, index * 61 % 384) for index in range(60)]
    return Beatmap(
        timing_points=[TimingPoint(0, 300)],
        hit_objects=[
            *objects,
            Slider(10_000, 50, 60, segments=path, length_px=140),
            Spinner(11_000, 256, 192, end_ms=12_000),
        ],
    )


def test_faster_maps_have_more_stars_as_each_speed_has_alone() -> None:
    slow, fast = star_rating(steady_map(400)), star_rating(steady_map(150))
    assert 0.5 < slow < fast < 12
    assert star_rating(steady_map(150), clock_rate=1.5) > fast
    rates = (0.5, 1.0, 1.5)
    assert star_ratings(standard_map(), rates) == tuple(star_rating(standard_map(), clock_rate=rate) for rate in rates)
    assert star_ratings(Beatmap(), rates) == (0.0, 0.0, 0.0)
    assert (max_combo(Beatmap()), max_combo(steady_map(150))) == (0, 100)


def test_what_cannot_be_rated_says_so() -> None:
    with pytest.raises(UnratableBeatmap, match="does not start with"):
        star_rating("hello")
    with pytest.raises(UnratableBeatmap, match="unplayable"):
        star_rating(steady_map(1, count=3000))


def test_catch_conversion_keeps_every_object_and_rates_as_the_game_does() -> None:
    standard = standard_map()
    catch = convert_to_catch(standard)
    assert catch.mode is GameMode.CATCH
    assert standard.mode is GameMode.STANDARD
    assert catch.hit_objects == standard.hit_objects
    assert catch.hit_objects[0] is not standard.hit_objects[0]
    assert convert_to_catch(catch) == catch
    standard = standard_map()
    converted = rosu.Beatmap(content=write_beatmap(standard))
    converted.convert(rosu.GameMode.Catch, None)
    assert star_rating(convert_to_catch(standard)) == pytest.approx(
        rosu.Difficulty().calculate(converted).stars, abs=0.01
    )
    with pytest.raises(BeatmapError, match="taiko"):
        convert_to_catch(Beatmap(mode=GameMode.TAIKO))


@pytest.mark.parametrize("kind", [Spinner, HoldNote])
def test_a_banana_shower_of_weeks_has_no_rating_rather_than_no_end(kind):
    fruits = [Circle(500.0 * number, 10 * number, 192) for number in range(10)]
    shower = kind(6000.0, 256, 192, end_ms=2e9)
    points = [TimingPoint(0.0, 500.0)]
    with pytest.raises(UnratableBeatmap, match="unplayable"):
        star_rating(Beatmap(mode=GameMode.CATCH, timing_points=points, hit_objects=[*fruits, shower]))


@pytest.mark.parametrize("mode", GameMode)
@pytest.mark.parametrize(("end_x", "length_px"), [(300.0, 100_000.0), (100_000.0, 0.0)])
def test_a_slider_of_months_is_not_rated(mode, end_x, length_px):
    beatmap = steady_map(100)
    beatmap.mode = mode
    path = [PathSegment(CurveKind.LINEAR, [(100.0, 100.0), (end_x, 100.0)])]
    beatmap.hit_objects.append(Slider(99_000.0, 100.0, 100.0, segments=path, slides=9000, length_px=length_px))
    with pytest.raises(UnratableBeatmap):
        star_rating(beatmap)


def test_taiko_notes_of_one_colour_without_end_are_not_rated():
    notes = [Circle(100.0 * number, 256, 192, hitsound=8 * (number // 500 % 2)) for number in range(6_200)]
    beatmap = Beatmap(mode=GameMode.TAIKO, timing_points=[TimingPoint(0.0, 500.0)], hit_objects=notes)
    assert star_rating(beatmap) > 0
    for note in notes:
        note.hitsound = 0
    with pytest.raises(UnratableBeatmap):
        star_rating(beatmap)
