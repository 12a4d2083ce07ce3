"""Reports in every form, of a map whose title is out to break them."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

from modding.aspects import Category
from modding.fixes import Fix
from modding.report.reports import report
from modding.suggestions import MapScore, Place, Review, Severity, Source, Suggestion

TITLE = "</script><b>*x*</b> [red]音楽[/red]"


def suggestion(name: str, severity: Severity, time_ms: float | None, surprisal: float | None) -> Suggestion:
    return Suggestion(
        id=name,
        category=Category.RHYTHM,
        source=Source.RULE if surprisal is None else Source.SURPRISAL,
        severity=severity,
        time_ms=time_ms,
        stamp="" if time_ms is None else "00:09:000 (1)",
        link="" if time_ms is None else "osu://edit/00:09:000%20(1)",
        subject="circle",
        message=f"Message of {name} with [brackets].",
        surprisal=surprisal,
        per_minute=None if surprisal is None else 1 / surprisal / 10,
        fix=Fix("move it"),
        places=tuple(Place(ms, f"00:0{ms // 1000}:000", "osu://edit/0") for ms in (1000, 2000))
        if name == "early"
        else (),
    )


RED_LINE = {"time_ms": 250.0, "bpm": 150.0, "confidence": 0.71}
REVIEWS = [
    Review(
        title=TITLE,
        version="Hard",
        mode="osu!standard",
        stars=3.25,
        song_ms=60_000.0,
        suggestions=(
            suggestion("early", Severity.POSSIBLE, 9_000.0, 4.0),
            suggestion("late", Severity.LIKELY, 19_000.0, 9.0),
            suggestion("rule", Severity.PROBLEM, None, None),
        ),
        notes=("A note.",),
        score=MapScore(2.5, 1.0, 0.9),
        timing=(RED_LINE, {"time_ms": 30_250.0, "bpm": 171.5, "confidence": 0.07}),
    )
]


def test_json_is_in_order_and_has_the_keys_that_others_rely_on():
    for order, expected in (("surprise", ["rule", "late", "early"]), ("time", ["rule", "early", "late"])):
        rows = json.loads(report(REVIEWS, "json", order, colour=False))
        assert [row["id"] for row in rows] == [*expected, "red_line-1", "red_line-2", "note-1", "score"]
        assert (rows[-2]["kind"], rows[-2]["message"], rows[-2]["difficulty"]) == ("note", "A note.", "Hard")
        assert (rows[-1]["kind"], rows[-1]["score"]["per_minute"]) == ("score", 2.5)
    (rule, *_), wanted = json.loads(report(REVIEWS, "json", "time", colour=False)), {
        "id", "time_ms", "category", "kind", "severity", "surprisal", "message", "link", "documented",
        "object", "expected", "actual", "fix", "difficulty", "timestamp", "places", "per_map",
    }  # fmt: skip
    assert wanted <= set(rule)
    assert (rule["kind"], rule["time_ms"], rule["surprisal"], rule["fix"]) == ("rule", None, None, "move it")


def test_plain_text_has_no_escape_codes_and_coloured_text_says_the_same():
    text = report(REVIEWS, "text", "time", colour=False)
    assert "\x1b" not in text
    assert f"{TITLE} [Hard], osu!standard, 3.25 stars" in text
    assert (
        "worth a look 00:09:000 (1) - Message of early with [brackets]. Look at 00:01:000, 00:02:000."
        " Fix: move it. [early]" in text
    )
    assert "Score: 2.5 weighted suggestions a minute (the fewer, the better); human-made maps usually have 1.0." in text
    text = report(REVIEWS, "text", "time", colour=True)
    assert "osu://edit/00:09:000%20(1)" in text
    plain = re.sub(r"\x1b\]8;[^\x1b]*\x1b\\|\x1b\[[0-9;]*m", "", text)
    assert plain == report(REVIEWS, "text", "time", colour=False)


def test_red_lines_have_their_confidence_in_every_form():
    sentence = "Timing: 2 red lines, confidence 0.07 to 0.71 of 1, the lowest at 00:30:250."
    assert sentence in report(REVIEWS, "text", "time", colour=False)
    assert sentence in report(REVIEWS, "md", "time", colour=False)
    one = [replace(REVIEWS[0], timing=(RED_LINE,))]
    assert "Timing: one red line, 150 BPM, confidence 0.71 of 1." in report(one, "text", "time", colour=False)
    rows = [row for row in json.loads(report(REVIEWS, "json", "time", colour=False)) if row["kind"] == "red_line"]
    assert [(row["time_ms"], row["timestamp"], row["confidence"]) for row in rows] == [
        (250.0, "00:00:250", 0.71),
        (30_250.0, "00:30:250", 0.07),
    ]
    assert '"confidence": 0.07, "timestamp": "00:30:250"' in report(REVIEWS, "html", "time", colour=False)


def test_markdown_escapes_what_would_be_markup_and_empty_reviews_say_so():
    text = report(REVIEWS, "md", "time", colour=False)
    assert "# \\</script\\>\\<b\\>\\*x\\*\\</b\\>" in text
    assert "[00:09:000 (1)](<osu://edit/00:09:000%20(1)>)" in text
    empty = [Review("T", "V", "osu!mania", 1.0, 1000.0, ())]
    assert "Nothing to suggest." in report(empty, "text", "time", colour=False)
    assert json.loads(report(empty, "json", "time", colour=False)) == []


class Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.tags: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] == "script":
            self.scripts[-1] += data


def test_the_page_stands_alone_and_titles_stay_data():
    page = Scripts()
    page.feed(report(REVIEWS, "html", "time", colour=False))
    data, _program = page.scripts
    assert json.loads(data)[0]["title"] == TITLE
    assert "b" not in [tag for tag, _ in page.tags]
    assert not [attrs for _, attrs in page.tags if "src" in attrs or "http" in str(attrs.get("href", ""))]
