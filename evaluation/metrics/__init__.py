"""Table of metrics: each is one number for one chart.

Formulas shared by several metrics are in `evaluation.measures`.
"""

from __future__ import annotations

from evaluation.charts import Case
from evaluation.metrics import object_times, places, repetition, request_errors, rhythm, rule_breaks, sounds, tempo
from evaluation.metrics.metric import Better, Metric, Reaction

__all__ = ["GROUPS", "METRICS", "SHAPES", "Better", "Metric", "Reaction", "values_of"]

GROUPS: dict[str, tuple[Metric, ...]] = {
    "Object times": object_times.METRICS,
    "Timing": tempo.METRICS,
    "Rhythm": rhythm.METRICS,
    "Places": places.METRICS,
    "Sounds and combos": sounds.METRICS,
    "Requested values": request_errors.METRICS,
    "Rules": rule_breaks.METRICS,
    "Repetition": repetition.METRICS,
}

METRICS: dict[str, Metric] = {metric.name: metric for metrics in GROUPS.values() for metric in metrics}

SHAPES = (rhythm.SNAPS, rhythm.GAPS, places.SPACINGS, places.TURNS, places.CHORDS)
"""What human charts are remembered by, besides the metrics that are habits."""


def values_of(case: Case) -> dict[str, float]:
    """Measure every metric of the chart's mode; return values by name."""
    mode = case.generated.beatmap.mode
    return {name: metric.measure(case) for name, metric in METRICS.items() if mode in metric.modes}
