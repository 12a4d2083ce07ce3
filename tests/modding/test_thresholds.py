"""The table of thresholds: curves from surprises, and back to how rare one is."""

import json

import pytest

from modding.aspects import Aspect
from modding.thresholds import LISTED_PER_MINUTE, TABLE_FILE, TableError, ThresholdTable, curve_of, curves_of
from osu_beatmap.beatmap import GameMode

CURVE = ((2.0, 1.0), (4.0, 0.1))
TABLE = ThresholdTable({(GameMode.TAIKO, Aspect.RHYTHM): CURVE}, "ab", {"minutes": 3})


def test_a_curve_holds_what_each_rate_exceeds():
    # 100 surprises in 10 minutes: the 20 largest come twice a minute.
    curve = {rate: relative for relative, rate in curve_of([(float(n), 1.0) for n in range(100)], 10.0)}
    assert curve[2.0] == 79.0
    assert curve[0.5] == 94.0
    assert curve[5.0] == 49.0
    assert 0.1 not in curve  # one case says nothing


def test_a_mode_with_few_minutes_borrows_from_the_others():
    own, other = (GameMode.CATCH, Aspect.RHYTHM), (GameMode.STANDARD, Aspect.RHYTHM)
    relatives = {own: [1.0] * 40, other: [3.0] * 400}
    minutes = {GameMode.CATCH: 1.0, GameMode.STANDARD: 40.0}
    curve = {rate: relative for relative, rate in curves_of(relatives, minutes)[own]}
    assert curve[5.0] == 3.0  # ten a minute in four minutes lent, and none in one of its own: eight a minute
    assert curve[10.0] == 1.0
    assert curves_of({own: [1.0] * 40}, minutes)[own] == [(1.0, 20.0)]


def test_rates_lie_on_a_log_linear_curve_and_go_on_beyond():
    rate = lambda relative: TABLE.per_minute(GameMode.TAIKO, Aspect.RHYTHM, relative)  # noqa: E731
    assert [rate(relative) for relative in (1.0, 2.0, 3.0, 4.0)] == pytest.approx([1.0, 1.0, 10**-0.5, 0.1])
    assert rate(4.8) == pytest.approx(0.05)  # a fifth more surprise halves the rate
    close = ThresholdTable({(GameMode.TAIKO, Aspect.RHYTHM): ((4.0, 1.0), (4.001, 0.5))})
    assert close.per_minute(GameMode.TAIKO, Aspect.RHYTHM, 4.801) == pytest.approx(0.25, rel=0.01)
    alone = ThresholdTable({(GameMode.TAIKO, Aspect.RHYTHM): ((4.0, 1.0),)})
    assert alone.per_minute(GameMode.TAIKO, Aspect.RHYTHM, 5.6) == pytest.approx(0.25)


def test_another_mode_lends_its_curve_and_tables_survive_their_file(tmp_path):
    assert TABLE.per_minute(GameMode.MANIA, Aspect.RHYTHM, 4.0) == pytest.approx(0.1)
    assert TABLE.per_minute(GameMode.MANIA, Aspect.KIAI, 6.0) == pytest.approx(LISTED_PER_MINUTE)
    TABLE.save(tmp_path)
    assert ThresholdTable.load(tmp_path) == TABLE
    assert ThresholdTable.load(tmp_path / "nowhere") is None


@pytest.mark.parametrize("text", ["no json", "[]", '{"format": 9}', json.dumps({"format": 1, "per_minute": {"x": {}}})])
def test_a_damaged_table_gets_one_sentence(tmp_path, text):
    (tmp_path / TABLE_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(TableError):
        ThresholdTable.load(tmp_path)
