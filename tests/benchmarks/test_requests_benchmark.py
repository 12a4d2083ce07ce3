"""What the table of asked and reached values says: means by value, and the mean distance from what was requested."""

from benchmarks.requests import MATCHED, make_rows
from evaluation.report.markdown import table
from osu_beatmap.beatmap import GameMode


def test_a_line_for_each_scale_with_means_by_value_and_the_mean_miss():
    pairs = [(2.0, 2.5), (2.0, 3.5), (4.0, 4.0), (4.0, 4.0)]
    found = {("difficulty", GameMode.TAIKO, "1.5"): pairs, ("difficulty", GameMode.TAIKO, MATCHED): pairs[2:]}
    second, first = make_rows(dict(reversed(found.items())))
    assert first == ("`difficulty`", "taiko", "1, matched", "4", "4.00", "0.000 ± 0.000")
    assert second == ("`difficulty`", "taiko", "1.5", "2 / 4", "3.00 / 4.00", "0.500 ± 0.354")
    assert table(("a", "b"), [(1, 2)]) == "| a | b |\n|---|---|\n| 1 | 2 |"
