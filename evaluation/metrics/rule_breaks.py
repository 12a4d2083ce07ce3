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
        "violations of rules (problems) for each 100 objects",
        partial(findings_per_100_objects, severity=Severity.PROBLEM),
        Better.LOWER,
        {"jittered_10ms": Reaction.RISES, "wrong_tempo": Reaction.RISES},
        10.0,
        source="osu! ranking criteria",
    ),
    Metric(
        "warnings",
        "warnings for each 100 objects",
        partial(findings_per_100_objects, severity=Severity.WARNING),
        Better.LOWER,
        {"lines_late": Reaction.RISES},
        1.0,
        source="osu! ranking criteria",
    ),
)
