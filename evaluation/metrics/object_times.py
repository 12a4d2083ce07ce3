"""Agreement of object times with a mapper's: precision, recall, F1.

Matching is one-to-one.
"""

from __future__ import annotations

import math
from functools import partial

from evaluation.charts import Case
from evaluation.measures.object_metrics import match_times
from evaluation.metrics.metric import Better, Metric, Reaction

TOLERANCES_MS = (5, 10, 20, 30, 50)

_SOURCE = "matching of onsets, as in Raffel et al. 2014, mir_eval"
_UNMOVED = {"random_places": Reaction.STAYS, "sounds_removed": Reaction.STAYS, "wrong_tempo": Reaction.STAYS}
_UNMOVED |= {"chords_grown": Reaction.STAYS}
_ELSEWHEN = {"flattened": Reaction.FALLS, "sections_shuffled": Reaction.FALLS, "song_swapped": Reaction.FALLS}


def agreement(case: Case, tolerance_ms: float, figure: str) -> float:
    """Return "precision", "recall" or "f1" against the human-made times.

    It is NaN without a human-made map.
    """
    if case.human is None:
        return math.nan
    return getattr(match_times(case.human.times_ms, case.generated.times_ms, tolerance_ms), figure)


def _metrics(tolerance_ms: int) -> list[Metric]:
    jitter = {"jittered_10ms": Reaction.FALLS} if tolerance_ms <= 10 else {}
    shared = {**_UNMOVED, **_ELSEWHEN, **jitter, "shifted_60ms": Reaction.FALLS}
    doubled = {"precision": Reaction.FALLS, "recall": Reaction.STAYS, "f1": Reaction.FALLS}
    words = {
        "precision": "fraction of the chart's object times that match the human-made map",
        "recall": "fraction of the human-made object times that the chart matches",
        "f1": "harmonic mean of precision and recall of object times",
    }
    return [
        Metric(
            name=f"{figure}_{tolerance_ms}ms",
            about=f"{about}, each used once, at most {tolerance_ms} ms apart",
            measure=partial(agreement, tolerance_ms=tolerance_ms, figure=figure),
            better=Better.HIGHER,
            reacts=shared | {"density_doubled": doubled[figure]},
            visible=0.05,
            is_habit=False,
            source=_SOURCE,
        )
        for figure, about in words.items()
    ]


METRICS = tuple(metric for tolerance_ms in TOLERANCES_MS for metric in _metrics(tolerance_ms))
