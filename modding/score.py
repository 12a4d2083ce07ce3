"""Score of a map: weighted suggestions for each minute."""

from __future__ import annotations

import math
from collections.abc import Iterable

from modding.suggestions import MapScore, Severity, Source, Suggestion
from modding.whole_map.norms import MapNorms
from osu_beatmap.beatmap import GameMode

WEIGHTS = {
    Severity.PROBLEM: 2.0,
    Severity.WARNING: 0.5,
    Severity.CERTAIN: 3.0,
    Severity.LIKELY: 1.0,
    Severity.POSSIBLE: 0.3,
}


def score_of(suggestions: Iterable[Suggestion], minutes: float) -> float:
    """Return the weighted suggestions for each minute.

    What is about the whole map is about each of its minutes. A suggestion that stands for several places counts once
    more for each doubling of their number.

    Args:
        suggestions: All suggestions about one map.
        minutes: Time from its first object to the last; less than one counts as one.
    """
    score = 0.0
    for each in suggestions:
        weight = WEIGHTS[each.severity] * (1 + math.log2(max(1, each.count)))
        score += weight if each.source is Source.MAP else weight / max(1.0, minutes)
    return score


def rate_map(suggestions: Iterable[Suggestion], minutes: float, mode: GameMode, norms: MapNorms) -> MapScore:
    """Return a map's score, relative to human-made maps of its mode."""
    score, known = score_of(suggestions, minutes), norms.scores.get(mode, ())
    usual = known[len(known) // 2] if known else math.nan
    return MapScore(score, usual, norms.cleaner_share(mode, score))
