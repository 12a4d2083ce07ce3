"""Areas under curves, and the baseline of rules and outliers."""

import math

import numpy as np

from evaluation.measures.review_metrics import RULE_SCORE, auc, baseline_scores, distance_outliers, interval_outliers
from tests.support.review_maps import BEAT_MS, regular_map


def test_auc_of_hand_made_scores():
    assert auc([3, 4], [1, 2]) == 1.0
    assert auc([1, 2], [3, 4]) == 0.0
    assert auc([1, 1], [1, 1]) == 0.5
    assert auc([2, 0], [1]) == 0.5
    assert math.isnan(auc([], [1]))


def test_outliers_and_broken_rules_are_at_the_top_of_the_baseline():
    beatmap = regular_map()
    beatmap.hit_objects[30].time_ms += BEAT_MS / 4
    assert interval_outliers(beatmap).argmax() in (29, 30, 31)
    beatmap = regular_map()
    beatmap.hit_objects[30].x = 480.0
    assert distance_outliers(beatmap).argmax() in (29, 30, 31)
    beatmap = regular_map()
    beatmap.hit_objects[30].time_ms += 15.0
    scores = baseline_scores(beatmap, "other", 3.0)
    assert scores[30] >= RULE_SCORE
    assert (np.delete(scores, 30) == 0).all()
