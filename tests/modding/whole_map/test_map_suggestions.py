"""The whole map next to human-made ones: suggestions, worst places and the score."""

import math
from dataclasses import replace

import numpy as np
import pytest

from modding.observation.tick_evidence import CLEARLY_IN_PLACE, TickEvidence
from modding.report.editor_notation import MapNames
from modding.score import rate_map, score_of
from modding.suggestions import Severity, Source
from modding.whole_map.map_suggestions import map_suggestions
from modding.whole_map.norms import MapNorms, TableError, load_norms, outlier_curves
from modding.whole_map.own_metrics import metrics_of
from modding.whole_map.wording import METRIC_TEXTS
from osu_beatmap.beatmap import GameMode, Spinner
from osu_beatmap.profile.bands import load_profile_bands
from osu_beatmap.star_rating import star_rating
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import BeatClock
from tests.osu_beatmap.profile.profile_maps import circles, map_of, ms, notes
from tests.support.review_maps import slider

NORMS = load_norms()


def said(beatmap, evidence=None):
    return {each.rule: each for each in map_suggestions(MapNames(beatmap), star_rating(beatmap), NORMS, evidence)}


def jacks(repeated: range, rows: int = 400):
    """A 4K map whose rows go through the columns, but for those that repeat a column."""
    columns = [0]
    for row in range(1, rows):
        columns.append(columns[-1] if row in repeated else (columns[-1] + 1) % 4)
    return map_of(notes([[column] for column in columns], step=0.25), GameMode.MANIA)


def test_jacks_are_named_with_their_share_the_human_band_and_the_worst_places():
    suggestion = said(jacks(range(40, 360)))["jack_row_share"]
    assert suggestion.message.startswith("80 % of rows repeat a column; human-made mania maps at this level: ")
    assert (suggestion.severity, suggestion.source) == (Severity.CERTAIN, Source.MAP)
    times_ms = [place.time_ms for place in suggestion.places]
    assert len(times_ms) == 3 and times_ms == sorted(times_ms)
    assert all(ms(40 / 4 - 8) <= time_ms <= ms(360 / 4) for time_ms in times_ms)
    assert suggestion.places[0].link.startswith("osu://edit/")
    assert "jack_row_share" not in said(jacks(range(100, 110)))


def test_converted_charts_have_a_style_of_their_own():
    beatmap = jacks(range(100, 300))
    beatmap.metadata.source = "StepMania"
    assert said(beatmap) == {}


def test_objects_beside_the_expected_ticks_are_named():
    beatmap = map_of(circles(np.arange(0.0, 200.0, 0.5)))
    clock = BeatClock.from_timing(Timing(beatmap.timing_points), ms(200.0))
    times_ms = np.array([obj.time_ms for obj in beatmap.hit_objects])
    on_ticks, beside = (np.full(len(clock) * 24, -4.0) for _ in range(2))
    steps = clock.steps_at(times_ms)
    on_ticks[steps], beside[steps + 6] = 4.0, 4.0
    assert TickEvidence(clock, on_ticks, times_ms).expected_share(times_ms) == 1.0
    evidence = TickEvidence(clock, beside, times_ms)
    assert evidence.expected_share(times_ms) < 0.01
    assert said(beatmap, evidence)["expected_tick_share"].severity is Severity.CERTAIN
    assert "expected_tick_share" not in said(beatmap)


def test_a_rhythm_that_fits_the_song_better_some_bars_away_is_named():
    beats = np.sort(np.random.default_rng(1).choice(np.arange(0.0, 200.0, 0.5), 200, replace=False))
    beatmap = map_of(circles(beats))
    clock = BeatClock.from_timing(Timing(beatmap.timing_points), ms(240.0))
    times_ms = np.array([obj.time_ms for obj in beatmap.hit_objects])

    def evidence(bars):
        logits = np.full(len(clock) * 24, -2.0)
        logits[clock.steps_at(times_ms) + bars * 4 * 24] = 2.0
        return TickEvidence(clock, logits, times_ms)

    assert evidence(bars=0).in_place_ratio(times_ms) == CLEARLY_IN_PLACE
    assert evidence(bars=2).in_place_ratio(times_ms) < 0.5
    assert math.isnan(evidence(bars=0).in_place_ratio(times_ms[:3]))
    assert said(beatmap, evidence(bars=2))["in_place_ratio"].severity is Severity.CERTAIN
    assert "in_place_ratio" not in said(beatmap, evidence(bars=0))


@pytest.mark.parametrize("mode", list(GameMode))
def test_every_metric_has_its_wording(mode):
    objects = circles(np.arange(0.0, 60.0, 0.5))
    if mode is GameMode.MANIA:
        objects = notes([[row % 4] for row in range(60)])
    else:
        objects += [slider(ms(62.0), 70.0), Spinner(ms(64.0), 256.0, 192.0, end_ms=ms(66.0))]
    beatmap = map_of(objects, mode)
    clock = BeatClock.from_timing(Timing(beatmap.timing_points), ms(70.0))
    evidence = TickEvidence(clock, np.zeros(len(clock) * 24), np.array([obj.time_ms for obj in objects]))
    metrics = set(metrics_of(beatmap, evidence)) | set(load_profile_bands().tables[mode])
    assert metrics <= set(METRIC_TEXTS)
    assert all("{}" in text.phrase for text in METRIC_TEXTS.values())


def test_a_map_of_few_objects_has_no_metrics():
    assert metrics_of(map_of(circles([0.0, 1.0]))) == {}


def test_a_mode_of_few_maps_borrows_how_far_outside_maps_are():
    rng = np.random.default_rng(0)
    deviations = {(GameMode.CATCH, "a"): [0.5], (GameMode.CATCH, "b"): list(rng.exponential(1.0, 30))}
    curves = outlier_curves(deviations, {GameMode.CATCH: 30})
    assert (GameMode.CATCH, "a") in curves
    norms = MapNorms(NORMS.profile, NORMS.own, curves, {GameMode.CATCH: (1.0, 2.0, 4.0)})
    assert norms.cleaner_share(GameMode.CATCH, 2.5) == pytest.approx(2 / 3)
    assert math.isnan(norms.cleaner_share(GameMode.MANIA, 2.5))


def test_a_score_weighs_severities_and_counts_the_whole_map_in_each_minute():
    everywhere = said(jacks(range(40, 360)))["jack_row_share"]
    everywhere = replace(everywhere, severity=Severity.CERTAIN)
    once = replace(everywhere, source=Source.RULE)
    assert score_of([everywhere], 4.0) == 4 * score_of([once], 4.0) == 3.0
    assert score_of([replace(once, count=4)], 0.5) == 9.0
    rated = rate_map([once], 1.0, GameMode.MANIA, MapNorms(NORMS.profile, NORMS.own))
    assert rated.per_minute == 3.0 and math.isnan(rated.usual)


def test_another_file_is_no_table_of_outliers(monkeypatch, tmp_path):
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr("modding.whole_map.norms.OUTLIERS", tmp_path / "other.json")
    with pytest.raises(TableError, match="not a table"):
        load_norms.__wrapped__()


def test_saved_outliers_read_back(monkeypatch, tmp_path):
    monkeypatch.setattr("modding.whole_map.norms.OUTLIERS", tmp_path / "again.json")
    NORMS.save(tmp_path / "again.json")
    again = load_norms.__wrapped__()
    assert again.outliers == NORMS.outliers and again.scores == NORMS.scores


def test_repeated_bars_and_changing_velocities_are_measured():
    same = map_of(circles(np.arange(0.0, 64.0, 1.0)))
    assert metrics_of(same)["repeated_bar_share"] == 1.0
    moved = map_of([obj for number, obj in enumerate(same.hit_objects) if number % 8 or number == 0])
    assert metrics_of(moved)["repeated_bar_share"] < 0.2
    assert metrics_of(same)["velocity_change_share"] == 0.0
