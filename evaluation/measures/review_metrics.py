"""Measures of reviews: areas under curves, and findings of rules.

The findings are about objects.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from osu_beatmap.beatmap import Beatmap
from osu_beatmap.rules import check

RULE_SCORE = 1000.0
"""More than any surprise: what breaks a rule is at the top."""

FAULT_RULES = frozenset({"unsnapped", "concurrent", "off_screen", "spacing"})
"""Rules that speak of one object's time or place."""


def auc(touched: Sequence[float], untouched: Sequence[float]) -> float:
    """Return the AUC of touched against untouched events.

    It is the probability that a touched event scores higher, ties counting half; NaN without either. Source: Hanley &
    McNeil 1982, "The meaning and use of the area under a ROC curve".
    """
    if not len(touched) or not len(untouched):
        return math.nan
    ranks = rankdata(np.concatenate([touched, untouched]))
    count = len(touched)
    return float((ranks[:count].sum() - count * (count + 1) / 2) / (count * len(untouched)))


def rule_flags(beatmap: Beatmap, stars: float) -> set[int]:
    """Return the indices of objects that FAULT_RULES report."""
    return {i for finding in check(beatmap, None, stars) if finding.rule in FAULT_RULES for i in finding.objects[-1:]}
