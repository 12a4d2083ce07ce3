"""Reviews as text: for a terminal, plain, as JSON and as Markdown.

The page for a browser is in `html_report`.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from rich.console import Console
from rich.text import Text

from modding.aspects import Category
from modding.report.html_report import html_report, score_data
from modding.suggestions import MapScore, Review, Severity, Source, Suggestion, in_time, most_surprising_first
from osu_beatmap.editor_notation import clock

COLOURS = {
    Severity.PROBLEM: "bold red",
    Severity.WARNING: "yellow",
    Severity.CERTAIN: "bold red",
    Severity.LIKELY: "bold magenta",
    Severity.POSSIBLE: "cyan",
}

SOURCE_NOUNS = {Source.RULE: "by rules", Source.MAP: "about the whole map", Source.SURPRISAL: "about single places"}

LINE_WIDTH = 1000
"""Width without line breaks: a terminal wraps long lines, and copied text stays whole."""


def by_category(suggestions: Iterable[Suggestion], order: str) -> Iterator[tuple[Category, list[Suggestion]]]:
    """Yield non-empty categories with their suggestions in `order`."""
    arrange = most_surprising_first if order == "surprise" else in_time
    arranged = arrange(suggestions)
    for category in Category:
        own = [each for each in arranged if each.category is category]
        if own:
            yield category, own


def heading(review: Review) -> str:
    facts = f", {review.mode}, {review.stars:.2f} stars" if review.mode else ""
    return f"{review.title} [{review.version}]{facts}"


def counted(review: Review) -> str:
    count = len(review.suggestions)
    if not count:
        return "Nothing to suggest."
    by_source = Counter(each.source for each in review.suggestions)
    parts = [f"{by_source[source]} {noun}" for source, noun in SOURCE_NOUNS.items() if by_source[source]]
    return f"{count} suggestion{'s' if count > 1 else ''}: {', '.join(parts)}."


def score_text(score: MapScore | None) -> str:
    """Return a sentence about a score; empty without one."""
    if score is None:
        return ""
    sentence = f"Score: {score.per_minute:.1f} weighted suggestions a minute (the fewer, the better)"
    if math.isnan(score.usual):
        return f"{sentence}."
    return f"{sentence}; human-made maps usually have {score.usual:.1f}."


def timing_text(timing: Sequence[dict[str, float]]) -> str:
    """Return a sentence about red lines and their confidences; empty without any."""
    if not timing:
        return ""
    lowest, highest = min(timing, key=_confidence), max(timing, key=_confidence)
    if len(timing) == 1:
        return f"Timing: one red line, {lowest['bpm']:g} BPM, confidence {lowest['confidence']:.2f} of 1."
    return (
        f"Timing: {len(timing)} red lines, confidence {lowest['confidence']:.2f} to {highest['confidence']:.2f} of 1, "
        f"the lowest at {clock(lowest['time_ms'])}."
    )


def _confidence(line: dict[str, float]) -> float:
    return line["confidence"]


def text_report(reviews: Sequence[Review], order: str, colour: bool) -> str:
    """Return lines for a terminal.

    With `colour`, Rich markup becomes escape codes, including links.
    """
    stream = StringIO()
    look = {"force_terminal": True} if colour else {"no_color": True}
    console = Console(file=stream, **look, width=LINE_WIDTH, highlight=False, legacy_windows=False)
    for review in reviews:
        console.print(Text(heading(review), style="bold"))
        facts = (counted(review), score_text(review.score), timing_text(review.timing))
        for line in (*facts, *(f"Note: {note}" for note in review.notes)):
            if line:
                console.print(Text(line))
        for category, own in by_category(review.suggestions, order):
            console.print(Text(f"\n{category.title}", style="bold underline"))
            for each in own:
                console.print(_line(each))
        console.print()
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def _line(each: Suggestion) -> Text:
    line = Text("  ")
    line.append(f"{each.severity.label:12} ", style=COLOURS[each.severity])
    if each.stamp:
        line.append(each.stamp, style=f"link {each.link} green")
        line.append(" - ")
    line.append(each.message)
    for number, place in enumerate(each.places):
        line.append(", " if number else " Look at ")
        line.append(place.stamp, style=f"link {place.link} green")
    line.append("." if each.places else "")
    if each.fix is not None:
        line.append(f" Fix: {each.fix.text}.", style="blue")
    line.append(f" [{each.id}]", style="dim")
    return line


def as_json(suggestion: Suggestion, review: Review) -> dict:
    """Return a suggestion as plain data for JSON."""
    return {
        "id": suggestion.id,
        "difficulty": review.version,
        "time_ms": suggestion.time_ms,
        "end_time_ms": suggestion.end_time_ms,
        "timestamp": suggestion.stamp,
        "link": suggestion.link,
        "category": suggestion.category.value,
        "kind": suggestion.source.value,
        "severity": suggestion.severity.value,
        "surprisal": None if suggestion.surprisal is None else round(suggestion.surprisal, 3),
        "per_minute": None if suggestion.per_minute is None else float(f"{suggestion.per_minute:.3g}"),
        "per_map": None if suggestion.per_map is None else float(f"{suggestion.per_map:.3g}"),
        "places": [{"time_ms": each.time_ms, "timestamp": each.stamp, "link": each.link} for each in suggestion.places],
        "object": suggestion.subject,
        "objects": list(suggestion.objects),
        "actual": suggestion.actual,
        "expected": suggestion.expected,
        "message": suggestion.message,
        "count": suggestion.count,
        "rule": suggestion.rule or None,
        "documented": suggestion.documented,
        "fix": None if suggestion.fix is None else suggestion.fix.text,
    }


def note_as_json(number: int, note: str, review: Review) -> dict:
    """Return a note about a difficulty with the fields of a suggestion."""
    suggestion = Suggestion(Category.GENERAL, Source.RULE, Severity.WARNING, "file", note, f"note-{number}")
    return as_json(suggestion, review) | {"kind": "note", "severity": "note"}


def score_as_json(score: MapScore, review: Review) -> dict:
    """Return a score with the fields of a suggestion."""
    suggestion = Suggestion(Category.GENERAL, Source.MAP, Severity.POSSIBLE, "map", score_text(score), "score")
    return as_json(suggestion, review) | {"kind": "score", "severity": "note", "score": score_data(score)}


def red_line_as_json(number: int, line: dict[str, float], review: Review) -> dict:
    """Return a red line and its confidence as a suggestion's fields."""
    message = f"Red line of {line['bpm']:g} BPM, confidence {line['confidence']:.2f} of 1."
    name = f"red_line-{number}"
    suggestion = Suggestion(Category.TIMING, Source.SURPRISAL, Severity.POSSIBLE, "red line", message, name)
    own = {"time_ms": line["time_ms"], "timestamp": clock(line["time_ms"]), "confidence": line["confidence"]}
    return as_json(suggestion, review) | {"kind": "red_line", "severity": "note"} | own


def json_report(reviews: Sequence[Review], order: str) -> str:
    """Return a list of objects, difficulty by difficulty.

    There is one for each suggestion, red line, note and score.
    """
    rows = []
    for review in reviews:
        rows += _rows(review, order)
        rows += [red_line_as_json(number, line, review) for number, line in enumerate(review.timing, 1)]
        rows += [note_as_json(number, note, review) for number, note in enumerate(review.notes, 1)]
        rows += [] if review.score is None else [score_as_json(review.score, review)]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def markdown_report(reviews: Sequence[Review], order: str) -> str:
    """Return headings for difficulties and categories, and a line per suggestion."""
    lines: list[str] = []
    for review in reviews:
        facts = (counted(review), score_text(review.score), timing_text(review.timing))
        lines += [f"# {_escape(heading(review))}", "", " ".join(filter(None, facts)), ""]
        lines += [f"> {_escape(note)}\n" for note in review.notes]
        for category, own in by_category(review.suggestions, order):
            lines += [f"## {category.title}", ""]
            lines += [_markdown_line(each) for each in own]
            lines.append("")
    return "\n".join(lines)


def _markdown_line(each: Suggestion) -> str:
    where = f"[{_escape(each.stamp)}](<{each.link}>) " if each.stamp else ""
    places = ", ".join(f"[{_escape(place.stamp)}](<{place.link}>)" for place in each.places)
    look = f" Look at {places}." if places else ""
    fix = f" *Fix: {_escape(each.fix.text)}.*" if each.fix else ""
    return f"- **{each.severity.label}** {where}{_escape(each.message)}{look}{fix} `{each.id}`"


def _escape(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|" else char for char in text)


def report(reviews: Sequence[Review], output: str, order: str, colour: bool) -> str:
    """Return the report in the requested form."""
    if output == "html":
        return html_report([(review, _rows(review, order)) for review in reviews])
    if output == "text":
        return text_report(reviews, order, colour)
    return json_report(reviews, order) if output == "json" else markdown_report(reviews, order)


def _rows(review: Review, order: str) -> list[dict]:
    return [as_json(each, review) for _, own in by_category(review.suggestions, order) for each in own]
