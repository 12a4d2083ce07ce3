"""Results as one page: one evaluation, or several side by side.

It has tables, and strips of dots. The page is self-contained. Pictures are SVG written by hand, since no other part of
the program draws.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from evaluation.metrics import GROUPS, Metric
from evaluation.report.results import Figure, Result
from evaluation.report.tables import FRECHET_ABOUT, best_of, cell, count_of, human_cell, modes_of, number
from osu_beatmap.beatmap import GameMode

PAGE = Path(__file__).with_name("page.html")

WIDTH_PX, ROW_PX, MARGIN_PX = 420, 18, 6
COLOURS = ("#3b82c4", "#d9822b", "#3a9d5d", "#b0479a", "#8a6d3b", "#6b7280")


def page(results: Sequence[Result]) -> str:
    """Return the page as HTML.

    Names of maps and models are text in it, never markup.
    """
    title = " against ".join(result.name for result in results)
    sections = [_mode_section(results, mode) for mode in modes_of(results)]
    legend = " ".join(
        f'<span class="key"><i style="background:{_colour(place)}"></i>{escape(result.name)}</span>'
        for place, result in enumerate(results)
    )
    skipped = "".join(_format_skipped(result) for result in results if result.skipped)
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        title=escape(title), legend=legend, sections="\n".join(sections), skipped=skipped
    )


def _mode_section(results: Sequence[Result], mode: GameMode) -> str:
    counts = ", ".join(f"{escape(result.name)}: {count_of(result, mode)} maps" for result in results)
    rows = []
    for group, metrics in GROUPS.items():
        of_group = [row for metric in metrics if (row := _row(results, mode, metric))]
        if of_group:
            rows += [f'<tr class="group"><th colspan="{len(results) + 3}">{escape(group)}</th></tr>', *of_group]
    distances = [result.frechet.get(mode, math.nan) for result in results]
    if any(map(math.isfinite, distances)):
        cells = "".join(f"<td>{number(value)}</td>" for value in distances)
        rows.append(f'<tr><th title="{escape(FRECHET_ABOUT)}">frechet_distance</th>{cells}<td></td><td></td></tr>')
    names = "".join(f"<th>{escape(result.name)}</th>" for result in results)
    head = f"<tr><th>metric</th>{names}<th>humans</th><th>each map</th></tr>"
    body = "\n".join(rows)
    return f"<h2>{mode.name.lower()}</h2><p>{counts}</p>\n<table><thead>{head}</thead><tbody>\n{body}\n</tbody></table>"


def _row(results: Sequence[Result], mode: GameMode, metric: Metric) -> str:
    figures = [result.figures.get(mode, {}).get(metric.name) for result in results]
    if not any(figures):
        return ""
    best = best_of(figures, metric)
    cells = "".join(
        f'<td class="best">{cell(figure)}</td>' if place == best else f"<td>{cell(figure)}</td>"
        for place, figure in enumerate(figures)
    )
    about = escape(f"{metric.about}. Good: {metric.better.value}.")
    picture = strip(results, mode, metric.name, figures)
    return f'<tr><th title="{about}">{metric.name}</th>{cells}<td>{human_cell(figures)}</td><td>{picture}</td></tr>'


def strip(results: Sequence[Result], mode: GameMode, metric: str, figures: Sequence[Figure | None]) -> str:
    """Return an SVG with a row of dots for each evaluation.

    There is a dot for each map, a line at the mean, and the human band behind them.
    """
    values = [_values(result, mode, metric) for result in results]
    human = next((figure for figure in figures if figure and math.isfinite(figure.human_median)), None)
    edges = [value for of_result in values for _, value in of_result]
    edges += [human.human_low, human.human_high] if human else []
    low, high = min(edges), max(edges)

    def x(value: float) -> float:
        share = (value - low) / (high - low) if high > low else 0.5
        return round(MARGIN_PX + share * (WIDTH_PX - 2 * MARGIN_PX), 1)

    height = ROW_PX * len(results)
    marks = []
    if human:
        left, right = x(human.human_low), x(human.human_high)
        marks.append(f'<rect class="band" x="{left}" width="{max(1.0, round(right - left, 1))}" height="{height}"/>')
        marks.append(f'<path class="median" d="M{x(human.human_median)} 0v{height}"/>')
    for place, (of_result, figure) in enumerate(zip(values, figures, strict=True)):
        top = place * ROW_PX
        for name, value in of_result:
            y = top + 4 + zlib.crc32(name.encode()) % (ROW_PX - 8)
            marks.append(
                f'<circle cx="{x(value)}" cy="{y}" r="2.5" fill="{_colour(place)}">'
                f"<title>{escape(name)}: {number(value)}</title></circle>"
            )
        if figure:
            marks.append(f'<path stroke="{_colour(place)}" class="mean" d="M{x(figure.mean)} {top + 1}v{ROW_PX - 2}"/>')
    ends = f'<span class="ends"><span>{number(low) or 0}</span><span>{number(high)}</span></span>'
    return f'<svg viewBox="0 0 {WIDTH_PX} {height}" width="{WIDTH_PX}" height="{height}">{"".join(marks)}</svg>{ends}'


def _values(result: Result, mode: GameMode, metric: str) -> list[tuple[str, float]]:
    of_mode = [(each.name, each.values.get(metric, math.nan)) for each in result.maps if each.mode is mode]
    return [(name, value) for name, value in of_mode if math.isfinite(value)]


def _format_skipped(result: Result) -> str:
    rows = "".join(f"<li>{escape(reason)}</li>" for reason in result.skipped)
    return f"<h2>Skipped in {escape(result.name)}</h2><ul>{rows}</ul>"


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]
