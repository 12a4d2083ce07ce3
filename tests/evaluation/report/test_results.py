"""Figures over maps, their file, their tables and their page."""

import json
import math
import re

import numpy as np
import pytest

from evaluation.bands import QUANTILES, Band, Bands
from evaluation.metrics import METRICS
from evaluation.report.pages import page
from evaluation.report.results import Figure, Result, ResultError, ScoredMap, figures_of, load_result
from evaluation.report.tables import best_of, number, results_markdown
from osu_beatmap.beatmap import GameMode
from osu_beatmap.rules import Level

TAIKO = GameMode.TAIKO
BANDS = Bands(
    {
        (TAIKO, Level.EASY): Band(10, {}, {"density": np.linspace(1.0, 2.0, len(QUANTILES))}),
        (TAIKO, Level.HARD): Band(10, {}, {"density": np.linspace(4.0, 6.0, len(QUANTILES))}),
    }
)


def scored(level, **values):
    return ScoredMap(f"{level.name} <b>", TAIKO, level, 3.0, values, "human.osu")


def result(name, *maps, **more):
    return Result(name, maps, figures_of(maps, BANDS), **more)


@pytest.fixture
def measured():
    return result(
        "one | two",
        scored(Level.EASY, density=1.5, f1_30ms=0.5),
        scored(Level.EASY, density=3.0, f1_30ms=0.7),
        scored(Level.HARD, density=5.0, f1_30ms=math.nan),
        skipped=["lost.osu: </script>"],
        frechet={TAIKO: 12.5},
    )


def test_maps_are_held_against_the_band_of_their_level_and_unknown_values_left_out(measured):
    figure = measured.figures[TAIKO]["density"]
    assert (figure.maps, figure.mean, figure.median) == (3, pytest.approx(19 / 6), 3.0)
    assert figure.error == pytest.approx(np.std([1.5, 3.0, 5.0], ddof=1) / math.sqrt(3))
    assert figure.in_band == pytest.approx(2 / 3)
    assert figure.human_median == pytest.approx((1.5 + 1.5 + 5.0) / 3)
    assert 0.5 < figure.distance < 1.0
    figure = measured.figures[TAIKO]["f1_30ms"]
    assert (figure.maps, figure.mean) == (2, pytest.approx(0.6))
    assert math.isnan(figure.in_band)
    assert "tempo_right" not in measured.figures[TAIKO]


def test_results_survive_their_file(measured, tmp_path):
    measured.save(tmp_path / "results.json")
    again = load_result(tmp_path / "results.json")
    assert "NaN" not in (tmp_path / "results.json").read_text(encoding="utf-8")
    assert (again.name, again.frechet, again.skipped) == (measured.name, measured.frechet, measured.skipped)
    assert again.figures[TAIKO]["density"].in_band == pytest.approx(2 / 3, abs=1e-6)
    assert math.isnan(again.figures[TAIKO]["f1_30ms"].in_band)
    assert [each.name for each in again.maps] == [each.name for each in measured.maps]
    assert results_markdown([again]) == results_markdown([measured])


@pytest.mark.parametrize("text", ["", "{}", "[1]", json.dumps({"format": 7})])
def test_another_file_is_one_sentence(tmp_path, text):
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    with pytest.raises(ResultError, match=r"x\.json"):
        load_result(tmp_path / "x.json")


def test_one_is_better_only_beyond_both_errors():
    def figure(mean, error, in_band=math.nan):
        return Figure(10, mean, error, mean, mean, mean, in_band=in_band)

    f1, stars, density = METRICS["f1_30ms"], METRICS["star_error"], METRICS["density"]
    assert best_of([figure(0.5, 0.02), figure(0.6, 0.02)], f1) == 1
    assert best_of([figure(0.5, 0.05), figure(0.6, 0.06)], f1) is None
    assert best_of([figure(0.5, 0.02), figure(0.6, 0.02)], stars) == 0
    assert best_of([figure(9.0, 0.1, 0.9), figure(5.0, 0.1, 0.2)], density) == 0
    assert best_of([figure(9.0, 0.1, 0.6), figure(5.0, 0.1, 0.5)], density) is None
    assert best_of([figure(0.5, 0.02)], f1) is None
    assert best_of([figure(0.5, 0.02), None], f1) is None
    assert best_of([figure(0.5, math.nan), figure(0.9, math.nan)], f1) is None


def test_tables_stand_side_by_side(measured):
    other = result(
        "other", scored(Level.EASY, density=1.2, f1_30ms=0.99), scored(Level.EASY, density=1.3, f1_30ms=0.98)
    )
    text = results_markdown([measured, other])
    (row,) = (line for line in text.splitlines() if line.startswith("| f1_30ms"))
    assert row == "| f1_30ms | 0.600 ± 0.100 | **0.985 ± 0.005** |  | higher |"
    assert "| metric | one / two | other | humans | good |" in text
    assert "lost.osu" in text
    assert "| frechet_distance | 12.5 |  | | lower |" in text


def test_the_page_shows_every_map_and_no_markup_of_theirs(measured):
    text = page([measured, result("other", scored(Level.HARD, density=5.5))])
    assert text.count("<circle") == 3 + 2 + 1
    assert "<b>" not in text
    assert "</script>" not in text
    assert "EASY &lt;b&gt;: 3.00" in text
    assert not re.search(r"(src|href)=", text)
    assert "nan" not in re.sub(r"<title>.*?</title>", "", text).lower().replace("nanum", "")


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (123.4, "123"), (12.34, "12.3"), (0.5, "0.500"), (0.0012, "0.001"), (math.nan, "")]
)
def test_numbers_have_three_digits(value, text):
    assert number(value) == text
