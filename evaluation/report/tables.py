"""Results as Markdown: one evaluation, or several side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evaluation.metrics import METRICS, Better, Metric
from evaluation.report.results import Figure, Result
from osu_beatmap.beatmap import GameMode

FRECHET = "frechet_distance"
FRECHET_ABOUT = "squared Fréchet distance of a mapper classifier's features of the maps and of the human-made maps"


def results_markdown(results: Sequence[Result]) -> str:
    """Format a table for each mode.

    It has a row for each metric, a column for each evaluation, and the human-made maps.
    """
    lines = [f"# {' against '.join(result.name for result in results)}", ""]
    for mode in modes_of(results):
        counts = ", ".join(f"{result.name}: {count_of(result, mode)} maps" for result in results)
        lines += [f"## {mode.name.lower()}", "", counts, "", *_mode_table(results, mode), ""]
    lines += [
        "Mean ± standard error over the maps. In brackets: the fraction of maps within the middle nine tenths of",
        "human-made maps of the same mode and level; if low or high is good, of maps that are no worse than those.",
        "Bold: the best if it is better than the next by more than both errors.",
    ]
    for result in results:
        lines += ["", f"{result.name}: {len(result.skipped)} maps skipped."] if result.skipped else []
        lines += [f"- {reason}" for reason in result.skipped]
    return "\n".join(lines) + "\n"


def modes_of(results: Sequence[Result]) -> list[GameMode]:
    return sorted({mode for result in results for mode in result.figures})


def count_of(result: Result, mode: GameMode) -> int:
    return sum(each.mode is mode for each in result.maps)


def _mode_table(results: Sequence[Result], mode: GameMode) -> list[str]:
    head = ["metric", *(result.name.replace("|", "/") for result in results), "humans", "good"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name, metric in METRICS.items():
        figures = [result.figures.get(mode, {}).get(name) for result in results]
        if any(figures):
            best = best_of(figures, metric)
            cells = [cell(figure, bold=place == best) for place, figure in enumerate(figures)]
            lines.append(f"| {name} | {' | '.join(cells)} | {human_cell(figures)} | {metric.better.value} |")
    distances = [result.frechet.get(mode, math.nan) for result in results]
    if any(map(math.isfinite, distances)):
        lines.append(f"| {FRECHET} | {' | '.join(map(number, distances))} | | {Better.LOWER.value} |")
    return lines


def best_of(figures: Sequence[Figure | None], metric: Metric) -> int | None:
    """Return the index of the best summary, or None.

    None stands for a tie or nothing to compare.
    """
    goodness = [(-math.inf, 0.0) if figure is None else _goodness(figure, metric) for figure in figures]
    order = sorted(range(len(figures)), key=lambda place: -goodness[place][0])
    if len(order) < 2 or figures[order[1]] is None:
        return None
    (best, error), (second, other_error) = goodness[order[0]], goodness[order[1]]
    return order[0] if best - second > error + other_error else None


def _goodness(figure: Figure, metric: Metric) -> tuple[float, float]:
    """Return a number that is higher for better, and its error.

    Habits are judged by the number of maps in the human band.
    """
    if metric.better is Better.HUMAN:
        share = figure.in_band
        if not math.isfinite(share):
            return -math.inf, 0.0
        return share, math.sqrt(share * (1 - share) / figure.maps)
    error = figure.error if math.isfinite(figure.error) else math.inf
    return (figure.mean if metric.better is Better.HIGHER else -figure.mean), error


def cell(figure: Figure | None, bold: bool = False) -> str:
    if figure is None:
        return ""
    error = f" ± {number(figure.error)}" if math.isfinite(figure.error) else ""
    band = f" ({100 * figure.in_band:.0f} %)" if math.isfinite(figure.in_band) else ""
    text = f"{number(figure.mean)}{error}"
    return (f"**{text}**" if bold else text) + band


def human_cell(figures: Sequence[Figure | None]) -> str:
    """Format the middle nine tenths and the median of human-made maps.

    They are at the levels of the first maps that have any.
    """
    known = next((figure for figure in figures if figure and math.isfinite(figure.human_median)), None)
    if known is None:
        return ""
    return f"{number(known.human_low)} .. {number(known.human_median)} .. {number(known.human_high)}"


def number(value: float) -> str:
    """Format a value with about three significant digits; nothing if not finite."""
    if not math.isfinite(value):
        return ""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}" if abs(value) >= 0.01 else f"{value:.3f}"
