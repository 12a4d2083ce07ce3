"""Violations of objective rules in a chart."""

from __future__ import annotations

from functools import partial

from evaluation.charts import Case
from evaluation.metrics.metric import Better, Metric, Reaction
from osu_beatmap.rules import Severity, check


def findings_per_100_objects(case: Case, severity: Severity) -> float:
    chart = case.generated
    stars = None if chart.stars != chart.stars else chart.stars
    found = sum(finding.severity is severity for finding in check(chart.beatmap, None, stars))
    return 100.0 * found / max(1, len(chart.objects))


METRICS = (
    Metric(
        "problems",
        "broken rules for each 100 objects, of the kind that a map must not have",
        partial(findings_per_100_objects, severity=Severity.PROBLEM),
        Better.LOWER,
        {"jittered_10ms": Reaction.RISES, "wrong_tempo": Reaction.RISES},
        10.0,
        source="osu! ranking criteria",
    ),
    Metric(
        "warnings",
        "findings for each 100 objects of the kind that a mapper should look at",
        partial(findings_per_100_objects, severity=Severity.WARNING),
        Better.LOWER,
        {"lines_late": Reaction.RISES},
        1.0,
        source="osu! ranking criteria",
    ),
)
