"""What human charts are like: bands, their file, and distances of charts from all others."""

import numpy as np
import pytest

from evaluation.bands import QUANTILES, Band, BandError, Bands, load_bands
from evaluation.charts import MeasuredChart
from evaluation.reference import SHAPE_METRICS, band_of, bands_of, load_bundled_bands, measure_human
from osu_beatmap.beatmap import GameMode
from osu_beatmap.rules import Level
from tests.evaluation.probe_maps import chart_of


def test_a_band_holds_the_middle_nine_tenths():
    band = Band(100, {}, {"density": np.linspace(0.0, 100.0, len(QUANTILES))})
    assert (band.quantile_of("density", 0.5), band.quantile_of("density", 0.05)) == (50.0, 5.0)
    assert [band.holds("density", value) for value in (4.9, 5.0, 95.0, 95.1)] == [False, True, True, False]
    assert [band.holds("density", value, from_below=False) for value in (-9.0, 96.0)] == [True, False]
    assert [band.holds("density", value, from_above=False) for value in (4.0, 999.0)] == [False, True]
    assert not band.holds("unknown", 1.0)


def test_bands_survive_their_file(tmp_path):
    band = band_of([measure_human(str(seed), chart_of(GameMode.MANIA, seed)) for seed in range(8)])
    bands = Bands({(GameMode.MANIA, Level.HARD): band}, {"charts": 8})
    bands.save(tmp_path / "bands.json")
    again = load_bands(tmp_path / "bands.json")
    assert again.made_from == {"charts": 8}
    loaded = again.find(GameMode.MANIA, Level.HARD)
    assert loaded.charts == 8
    for name, quantiles in band.quantiles.items():
        assert loaded.quantiles[name] == pytest.approx(quantiles, abs=1e-4)
    for name, shape in band.shapes.items():
        assert loaded.shapes[name] == pytest.approx(shape, abs=1e-5)
    assert again.find(GameMode.MANIA, Level.EASY) is None


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1}', '{"format": 99}'])
def test_another_file_is_one_sentence(tmp_path, text):
    (tmp_path / "other.json").write_text(text, encoding="utf-8")
    with pytest.raises(BandError, match=r"other\.json"):
        load_bands(tmp_path / "other.json")


def test_a_chart_is_compared_with_charts_of_other_songs_alone():
    """Eight songs alike and one apart, in two charts: were its other chart among the others, it would be nearer."""
    humans = [measure_human(str(seed), chart_of(GameMode.TAIKO, 0)) for seed in range(8)]
    odd = chart_of(GameMode.TAIKO, 5)
    band = band_of([*humans, measure_human("odd", odd), measure_human("odd", MeasuredChart(odd.beatmap))])
    alone = humans[0].shapes["gaps"]
    gaps = next(name for name, shape in SHAPE_METRICS.items() if shape == "gaps")
    expected = np.abs(np.cumsum(measure_human("odd", odd).shapes["gaps"] - alone)).sum() / 8
    assert band.quantiles[gaps].max() == pytest.approx(expected)


def test_few_charts_make_no_band_and_the_bundled_table_has_every_mode():
    humans = [measure_human(str(seed), chart_of(GameMode.TAIKO, seed)) for seed in range(3)]
    assert bands_of(humans, {}).bands == {}
    bands = load_bundled_bands()
    assert {mode for mode, _ in bands.bands} == set(GameMode)
    for band in bands.bands.values():
        assert all(shape.sum() == pytest.approx(1.0, abs=1e-2) for shape in band.shapes.values())
        assert all((np.diff(quantiles) >= 0).all() for quantiles in band.quantiles.values())
