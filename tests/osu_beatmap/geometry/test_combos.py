"""Combo numbers as the editor shows them."""

from osu_beatmap.beatmap import Beatmap, Break, Circle, Spinner
from osu_beatmap.geometry.combos import combo_colour_indices, combo_numbers


def test_combos_begin_where_objects_say_so_at_spinners_and_after_breaks():
    objects = [
        Circle(0, 0, 0),
        Circle(100, 0, 0),
        Circle(200, 0, 0, new_combo=True),
        Spinner(300, 0, 0, end_ms=400),
        Circle(500, 0, 0),
        Circle(600, 0, 0),
        Circle(5000, 0, 0),
        Circle(5100, 0, 0),
    ]
    beatmap = Beatmap(hit_objects=objects, breaks=[Break(1000, 4000)])
    assert combo_numbers(beatmap) == [1, 2, 1, 1, 1, 2, 1, 2]


def test_colours_change_with_each_combo_and_skip_what_is_asked():
    objects = [
        Circle(0, 0, 0, new_combo=True),
        Circle(100, 0, 0),
        Circle(200, 0, 0, new_combo=True, combo_skip=2),
        Spinner(300, 0, 0, new_combo=True, end_ms=400, combo_skip=1),
        Circle(500, 0, 0),
        Circle(600, 0, 0),
    ]
    assert combo_colour_indices(Beatmap(hit_objects=objects)) == [0, 0, 3, 4, 5, 5]
