"""Violations of objective rules in a chart."""

from __future__ import annotations

from functools import partial

from evaluation.charts import Case
from evaluation.metrics.metric import Better, Metric, Reaction
from osu_beatmap.rules import Severity


def findings_per_100_objects(case: Case, severity: Severity) -> float:
    found = sum(finding.severity is severity for finding in case.generated.findings)
    return 100.0 * found / max(1, len(case.generated.objects))


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
