"""Wider and narrower catch maps."""

import numpy as np
import pytest

from osu_beatmap.beatmap import Beatmap, Circle, GameMode, Slider, TimingPoint
from osu_beatmap.geometry.slider_path import path_of
from osu_beatmap.star_rating import star_rating
from osuT5.objects.tokens.slider_shapes import juice_path
from pipeline.generation.matching.catch_width import WIDEST, scaled_width, widest_factor


@pytest.fixture
def catch_map() -> Beatmap:
    rng = np.random.default_rng(1)
    objects = []
    for number in range(120):
        time_ms, x = 1000 + 300.0 * number, float(rng.uniform(96, 416))
        if number % 5 == 4:
            path = juice_path((x, 192.0), 40.0, 100.0)
            objects.append(Slider(time_ms, x, 192.0, segments=path, length_px=100.0))
        else:
            objects.append(Circle(time_ms, x, 192.0))
    return Beatmap(mode=GameMode.CATCH, timing_points=[TimingPoint(0, 600)], hit_objects=objects)


def test_wider_maps_are_harder_and_narrower_ones_easier(catch_map):
    stars = [star_rating(scaled_width(catch_map, factor)) for factor in (0.3, 0.6, 1.0, widest_factor(catch_map))]
    assert stars == sorted(stars)
    assert stars[-1] > 1.2 * stars[0]


@pytest.mark.parametrize("factor", [0.3, 1.0, 1.5])
def test_juice_streams_are_scaled_by_the_slider_multiplier(catch_map, factor):
    scaled = scaled_width(catch_map, factor)
    assert scaled.difficulty.slider_multiplier == pytest.approx(catch_map.difficulty.slider_multiplier * factor)
    for before, after in zip(catch_map.hit_objects, scaled.hit_objects, strict=True):
        if isinstance(before, Slider):
            assert path_of(after).length_px == pytest.approx(100.0 * factor)
            assert after.segments[-1].points[-1][0] - after.x == pytest.approx(40 * factor)


@pytest.mark.parametrize("factor", [0.3, 1.0, 1.5])
def test_with_a_fixed_multiplier_juice_streams_keep_their_length(catch_map, factor):
    scaled = scaled_width(catch_map, factor, with_multiplier=False)
    assert scaled.difficulty == catch_map.difficulty
    for before, after in zip(catch_map.hit_objects, scaled.hit_objects, strict=True):
        assert after.time_ms == before.time_ms
        assert after.x - 256 == pytest.approx((before.x - 256) * factor)
        if isinstance(before, Slider):
            assert path_of(after).length_px == pytest.approx(100.0)
            assert after.segments[-1].points[-1][0] - after.x == pytest.approx(min(100.0, 40 * factor))


def test_the_widest_map_fills_the_playfield(catch_map):
    factor = widest_factor(catch_map)
    assert 1.0 < factor <= WIDEST
    assert all(0 <= obj.x <= 512 for obj in scaled_width(catch_map, factor).hit_objects)
    catch_map.hit_objects[0].x = 0.0
    assert widest_factor(catch_map) == 1.0
