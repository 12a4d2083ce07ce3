"""Table of metrics of docs/evaluation.md, as the metrics define it."""

from evaluation.metrics import GROUPS, Metric, Reaction
from evaluation.report.markdown import table
from osu_beatmap.beatmap import GameMode

COLUMNS = ("metric", "what it is", "good", "modes", "must see", "must not move")


def definitions_markdown() -> str:
    """Write every metric with its definition, what is good, and its reactions to damage."""
    lines: list[str] = []
    for group, metrics in GROUPS.items():
        lines += [f"### {group}", "", table(COLUMNS, map(_definition, metrics)), ""]
    return "\n".join(lines)


def _definition(metric: Metric) -> tuple[str, ...]:
    modes = (
        "all" if len(metric.modes) == len(GameMode) else ", ".join(mode.name.lower() for mode in sorted(metric.modes))
    )
    moves = [f"{probe} {r.value}" for probe, r in metric.reacts.items() if r is not Reaction.STAYS]
    stays = [probe for probe, reaction in metric.reacts.items() if reaction is Reaction.STAYS]
    source = f" ({metric.source})" if metric.source else ""
    return metric.name, metric.about + source, metric.better.value, modes, ", ".join(moves), ", ".join(stays)
