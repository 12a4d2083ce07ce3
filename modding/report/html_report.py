"""Reviews as one self-contained page for a browser.

Nothing is loaded from anywhere, and all text of maps is data, never markup.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from string import Template

from modding.suggestions import MapScore, Review
from osu_beatmap.editor_notation import clock
from pipeline.generation.timing import has_steady_beat

PAGE = Path(__file__).with_name("report.html")


def as_data(review: Review, rows: list[dict]) -> dict:
    """Return a review as plain data, with its suggestions as rows."""
    return {
        "title": review.title,
        "version": review.version,
        "mode": review.mode,
        "stars": round(review.stars, 2),
        "song_ms": review.song_ms,
        "score": None if review.score is None else score_data(review.score),
        "timing": [line | {"timestamp": clock(line["time_ms"])} for line in review.timing],
        "has_steady_beat": has_steady_beat([line["confidence"] for line in review.timing]),
        "notes": list(review.notes),
        "suggestions": rows,
    }


def score_data(score: MapScore) -> dict[str, float | None]:
    """Return a score as plain data; null for what was not measured."""
    values = {"per_minute": score.per_minute, "usual": score.usual, "cleaner_share": score.cleaner_share}
    return {name: None if math.isnan(value) else round(value, 3) for name, value in values.items()}


def html_report(reviews: Sequence[tuple[Review, list[dict]]]) -> str:
    """Return the page, with the rows of each review as JSON."""
    data = [as_data(review, rows) for review, rows in reviews]
    # A title may hold "</script>": within JSON a backslash keeps it text.
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", " ").replace("\u2029", " ")
    return Template(PAGE.read_text(encoding="utf-8")).substitute(data=text)
