"""Bands of human-made maps, and summaries of maps next to them."""

import math
from dataclasses import replace

import numpy as np
import pytest

from evaluation.measures.profile_auc import control_auc, find_distinctive_metrics, profile_auc
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.writer import save_beatmap
from osu_beatmap.held_out import Split
from osu_beatmap.profile.bands import (
    FEWEST_SONGS,
    ProfileBandError,
    load_profile_bands,
    make_bands,
    weighted_quantiles,
)
from osu_beatmap.profile.human_maps import human_maps
from osu_beatmap.profile.profile import MapProfile, profile_of
from osu_beatmap.profile.summary import summarise
from tests.osu_beatmap.profile.profile_maps import circles, map_of


def profiles(values, stars=3.0, songs=None, metric="half_gap_share") -> list[MapProfile]:
    return [
        MapProfile(f"map {index}", songs[index] if songs else str(index), GameMode.STANDARD, stars, {metric: value})
        for index, value in enumerate(values)
    ]


def test_bands_hold_nine_tenths_of_new_maps():
    rng = np.random.default_rng(0)
    bands = make_bands(profiles(rng.normal(size=200)))
    inside = summarise(profiles(rng.normal(size=2000)), bands)
    assert inside.inside == pytest.approx(0.9, abs=0.04)
    found = inside.metrics["half_gap_share"]
    assert found.spread_ratio == pytest.approx(1.0, abs=0.1)
    assert summarise(profiles(np.full(50, 0.1)), bands).metrics["half_gap_share"].spread_ratio == 0


def test_bands_follow_the_star_rating():
    easy, hard = (profiles(np.linspace(0, 1, 60) + stars, stars) for stars in (2.0, 6.0))
    bands = make_bands([*easy, *hard])
    assert bands.band(GameMode.STANDARD, "half_gap_share", 2.0).median == pytest.approx(2.5, abs=0.05)
    assert bands.band(GameMode.STANDARD, "half_gap_share", 9.0).low > 6.0
    assert bands.band(GameMode.MANIA, "half_gap_share", 2.0) is None


def test_metrics_without_a_value_or_a_band_are_no_pairs():
    bands = make_bands(profiles(np.linspace(0, 1, 60)))
    summary = summarise([*profiles([0.5, math.nan]), *profiles([1.0], metric="unknown")], bands)
    assert (summary.maps, summary.pairs, list(summary.metrics)) == (3, 1, ["half_gap_share"])


def test_a_metric_of_few_songs_has_no_band():
    values = np.linspace(0, 1, 50)
    assert make_bands(profiles(values, songs=["one"] * 50)).tables[GameMode.STANDARD] == {}
    assert make_bands(profiles(values[:FEWEST_SONGS])).tables[GameMode.STANDARD]


def test_quantiles_of_equal_weights_are_those_of_numpy():
    values = np.random.default_rng(1).normal(size=31)
    expected = np.quantile(values, [0.05, 0.5, 0.95], method="median_unbiased")
    assert weighted_quantiles(values, np.full(31, 7.0), [0.05, 0.5, 0.95]) == pytest.approx(expected)


def test_bands_survive_their_file(tmp_path):
    bands = make_bands(profiles(np.linspace(0, 1, 60)))
    bands.save(tmp_path / "bands.json")
    again = load_profile_bands(tmp_path / "bands.json")
    assert again.made_from == {"standard": {"maps": 60, "songs": 60}}
    table = bands.tables[GameMode.STANDARD]["half_gap_share"]
    assert again.tables[GameMode.STANDARD]["half_gap_share"] == pytest.approx(table, rel=1e-3)


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1}', '{"format": 99}'])
def test_another_file_is_one_sentence(tmp_path, text):
    (tmp_path / "other.json").write_text(text, encoding="utf-8")
    with pytest.raises(ProfileBandError, match="table of profiles"):
        load_profile_bands(tmp_path / "other.json")


@pytest.mark.parametrize("mode", GameMode)
def test_the_bundled_table_has_every_metric(mode):
    metrics = profile_of(map_of(circles(range(40)), mode))
    tables = load_profile_bands().tables[mode]
    assert metrics.keys() <= tables.keys()
    for low, median, high, spread in tables.values():
        assert (low <= median).all()
        assert (median <= high).all()
        assert (spread >= 0).all()


def test_a_classifier_distinguishes_by_profile_alone():
    rng = np.random.default_rng(0)
    humans, others = (profiles(rng.normal(size=60)) for _ in range(2))
    bands = make_bands(humans)
    assert profile_auc(profiles(rng.normal(4.0, size=60)), humans, bands) > 0.9
    assert profile_auc(others, humans, bands) < 0.65
    assert math.isnan(profile_auc(others[:1], humans, bands))


def test_halves_of_human_made_maps_cannot_be_distinguished():
    humans = profiles(np.random.default_rng(1).normal(size=80))
    assert control_auc(humans, make_bands(humans)) == pytest.approx(0.5, abs=0.12)


def test_maps_that_train_the_classifier_are_not_compared():
    rng = np.random.default_rng(2)
    humans, made = profiles(rng.normal(size=60)), profiles(rng.normal(3.0, size=60))
    bands = make_bands(humans)
    alike = [replace(each, song=f"other {each.song}") for each in profiles(rng.normal(3.0, size=60))]
    assert profile_auc(made, humans, bands, fitted=alike) > 0.9
    assert profile_auc(made, [*humans, *alike], bands) < 0.85
    assert find_distinctive_metrics(made, humans, bands) == ["half_gap_share"]


def test_a_metric_without_a_value_is_the_human_median():
    rng = np.random.default_rng(3)
    humans = profiles(rng.normal(size=60))
    bands = make_bands(humans)
    silent = [replace(each, metrics={"half_gap_share": math.nan}) for each in profiles(rng.normal(size=60))]
    assert profile_auc(silent, humans, bands) < 0.8


def test_only_human_made_maps_of_the_split_are_read(tmp_path):
    beatmap = map_of(circles(range(80)), title="A song that is not held out")
    save_beatmap(beatmap, tmp_path / "human.osu")
    beatmap.metadata.source = "StepMania"
    save_beatmap(beatmap, tmp_path / "converted.osu")
    beatmap.metadata.source = ""
    beatmap.hit_objects = beatmap.hit_objects[:40]
    save_beatmap(beatmap, tmp_path / "short.osu")
    (tmp_path / "broken.osu").write_text("osu file format v14\nMode: 9\n", encoding="utf-8")
    skipped: list[str] = []
    assert [human.place for human in human_maps(tmp_path, Split.TRAIN, skipped)] == ["human.osu"]
    assert not list(human_maps(tmp_path, Split.HELD_OUT, skipped))
