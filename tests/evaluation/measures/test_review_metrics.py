"""Areas under curves, and objects that break rules."""

import math

from evaluation.measures.review_metrics import auc, rule_flags
from tests.support.review_maps import regular_map


def test_auc_of_hand_made_scores():
    assert auc([3, 4], [1, 2]) == 1.0
    assert auc([1, 2], [3, 4]) == 0.0
    assert auc([1, 1], [1, 1]) == 0.5
    assert auc([2, 0], [1]) == 0.5
    assert math.isnan(auc([], [1]))


def test_objects_that_break_a_rule_are_named():
    beatmap = regular_map()
    beatmap.hit_objects[30].time_ms += 15.0
    assert rule_flags(beatmap, 3.0) == {30}
