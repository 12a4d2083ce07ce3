"""Reviews as text: for a terminal, plain, as JSON and as Markdown. The page for a browser is in `html_report`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from rich.console import Console
from rich.text import Text

from modding.aspects import Category
from modding.report.html_report import html_report
from modding.suggestions import Review, Severity, Source, Suggestion, in_time, most_surprising_first

COLOURS = {
    Severity.PROBLEM: "bold red",
    Severity.WARNING: "yellow",
    Severity.LIKELY: "bold magenta",
    Severity.POSSIBLE: "cyan",
    Severity.SUBJECTIVE: "dim",
}
MEASURED_MINUTES = 60
"""Tables are made from minutes, not from days: beyond that, no number is given."""

LINE_WIDTH = 1000
"""No line of a report is broken by us: what a terminal shows, it breaks, and what is copied stays whole."""


def by_category(suggestions: Iterable[Suggestion], order: str) -> Iterator[tuple[Category, list[Suggestion]]]:
    """Categories that have any, in their own order, each in the order asked for."""
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
    rules = sum(each.source is Source.RULE for each in review.suggestions)
    return f"{count} suggestion{'s' if count > 1 else ''}: {rules} by rules, {count - rules} by surprise."


def surprise_text(suggestion: Suggestion) -> str:
    """Relative surprisal, and how rare that is in human maps; empty for rules."""
    if suggestion.surprisal is None:
        return ""
    return f"{suggestion.surprisal:.1f}, {_how_often(suggestion.per_minute or 0.0)}"


def _how_often(per_minute: float) -> str:
    if per_minute >= 1.0:
        return f"{per_minute:.0f} a minute"
    minutes = 1 / max(per_minute, 1e-6)
    return f"once in {minutes:.0f} min" if minutes <= MEASURED_MINUTES else "less than once an hour"


def text_report(reviews: Sequence[Review], order: str, colour: bool) -> str:
    """Lines for a terminal; with `colour` Rich markup as escape codes, links among them."""
    stream = StringIO()
    look = {"force_terminal": True} if colour else {"no_color": True}
    console = Console(file=stream, **look, width=LINE_WIDTH, highlight=False, legacy_windows=False)
    for review in reviews:
        console.print(Text(heading(review), style="bold"))
        for line in (counted(review), *(f"Note: {note}" for note in review.notes)):
            console.print(Text(line))
        for category, own in by_category(review.suggestions, order):
            console.print(Text(f"\n{category.title}", style="bold underline"))
            for each in own:
                console.print(_line(each))
        console.print()
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def _line(each: Suggestion) -> Text:
    line = Text("  ")
    line.append(f"{each.severity.value:10} ", style=COLOURS[each.severity])
    if each.stamp:
        line.append(each.stamp, style=f"link {each.link} green")
        line.append(" - ")
    line.append(each.message)
    if surprise := surprise_text(each):
        line.append(f" ({surprise})", style="dim")
    if each.fix is not None:
        line.append(f" Fix: {each.fix.text}.", style="blue")
    line.append(f" [{each.id}]", style="dim")
    return line


def as_json(suggestion: Suggestion, review: Review) -> dict:
    """One suggestion as plain data."""
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
    """A note about a difficulty as plain data, with the fields of a suggestion."""
    suggestion = Suggestion(Category.GENERAL, Source.RULE, Severity.WARNING, "file", note, f"note-{number}")
    return as_json(suggestion, review) | {"kind": "note", "severity": "note"}


def json_report(reviews: Sequence[Review], order: str) -> str:
    """A list of objects, one for each suggestion and note, difficulty after difficulty."""
    rows = []
    for review in reviews:
        rows += _rows(review, order)
        rows += [note_as_json(number, note, review) for number, note in enumerate(review.notes, 1)]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def markdown_report(reviews: Sequence[Review], order: str) -> str:
    """A heading for each difficulty and category, a line for each suggestion."""
    lines: list[str] = []
    for review in reviews:
        lines += [f"# {_escape(heading(review))}", "", counted(review), ""]
        lines += [f"> {_escape(note)}\n" for note in review.notes]
        for category, own in by_category(review.suggestions, order):
            lines += [f"## {category.title}", ""]
            lines += [_markdown_line(each) for each in own]
            lines.append("")
    return "\n".join(lines)


def _markdown_line(each: Suggestion) -> str:
    where = f"[{_escape(each.stamp)}](<{each.link}>) " if each.stamp else ""
    surprise = f" ({surprise_text(each)})" if surprise_text(each) else ""
    fix = f" *Fix: {_escape(each.fix.text)}.*" if each.fix else ""
    return f"- **{each.severity.value}** {where}{_escape(each.message)}{surprise}{fix} `{each.id}`"


def _escape(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|" else char for char in text)


def report(reviews: Sequence[Review], output: str, order: str, colour: bool) -> str:
    """The report in the form asked for."""
    if output == "html":
        return html_report([(review, _rows(review, order)) for review in reviews])
    if output == "text":
        return text_report(reviews, order, colour)
    return json_report(reviews, order) if output == "json" else markdown_report(reviews, order)


def _rows(review: Review, order: str) -> list[dict]:
    return [as_json(each, review) for _, own in by_category(review.suggestions, order) for each in own]
