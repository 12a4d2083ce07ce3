"""Agreement of red lines with a mapper's, on every human-made beat.

Tempo, octave, offset, downbeats and meter are compared.
"""

from __future__ import annotations

import math
from functools import partial

from evaluation.charts import Case
from evaluation.metrics.metric import Better, Metric, Reaction

_OBJECTS_ALONE = dict.fromkeys(
    ("jittered_10ms", "random_places", "flattened", "density_doubled", "sections_shuffled", "sounds_removed"),
    Reaction.STAYS,
)


def timing_figure(case: Case, figure: str) -> float:
    """Return a value of `TimingAgreement` over the human-made objects.

    It is NaN without a human-made map or red lines.
    """
    agreement = case.timing_agreement
    return math.nan if agreement is None else getattr(agreement, figure)


def _metric(name: str, about: str, figure: str, better: Better, reacts: dict[str, Reaction], visible: float) -> Metric:
    measure = partial(timing_figure, figure=figure)
    return Metric(name, about, measure, better, _OBJECTS_ALONE | reacts, visible, is_habit=False)


METRICS = (
    _metric(
        "tempo_right",
        "fraction of the human-made map's beats at which the tempo is right within 0.5 %",
        "tempo_share",
        Better.HIGHER,
        {"wrong_tempo": Reaction.FALLS, "tempo_doubled": Reaction.FALLS, "song_swapped": Reaction.FALLS},
        0.2,
    ),
    _metric(
        "tempo_octave",
        "fraction of the human-made map's beats at which the tempo is 2, 1/2, 4 or 1/4 times the right one",
        "octave_share",
        Better.LOWER,
        {"tempo_doubled": Reaction.RISES, "wrong_tempo": Reaction.STAYS},
        0.5,
    ),
    _metric(
        "offset_error_ms",
        "mean distance in ms of the human-made map's beats from the chart's grid, if the tempo or its octave is right",
        "offset_error_ms",
        Better.LOWER,
        {"shifted_60ms": Reaction.RISES},
        20.0,
    ),
    _metric(
        "downbeat_right",
        "fraction of the human-made map's downbeats with a downbeat of the chart within 40 ms",
        "downbeat_share",
        Better.HIGHER,
        {"shifted_60ms": Reaction.FALLS, "wrong_tempo": Reaction.FALLS, "song_swapped": Reaction.FALLS},
        0.2,
    ),
    _metric(
        "meter_right",
        "fraction of the human-made map's beats at which a bar has as many beats as there",
        "meter_share",
        Better.HIGHER,
        {"wrong_tempo": Reaction.FALLS, "tempo_doubled": Reaction.STAYS},
        0.5,
    ),
)
