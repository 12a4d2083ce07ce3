"""Combo numbers as the editor shows them."""

from osu_beatmap.combos import combo_numbers
from osu_beatmap.model import Beatmap, Break, Circle, Spinner


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
