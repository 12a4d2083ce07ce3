"""Report of a generated map: facts as JSON, and a picture.

`pipeline.output.overview_picture` describes the picture.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import Enum
from pathlib import Path

from PIL import Image

from osu_beatmap.files.writer import write_text
from osu_beatmap.rules import check
from osu_beatmap.star_rating import unrated_reason
from pipeline.finishing.presentation import AI_TAG
from pipeline.output.overview_picture import overview
from pipeline.output.summary import GenerationResult, GenerationSummary, count_objects
from pipeline.request.options import GenerationRequest, option_fields

FORMAT = 1
"""Of the JSON; a field that changes its meaning makes it another."""


def write_report(request: GenerationRequest, result: GenerationResult, account: GenerationSummary) -> Path:
    """Write NAME.report.json and NAME.report.png; return the path of the former.

    Raises BeatmapError and OSError where the folder cannot be written to.
    """
    path = result.osu_path.with_name(f"{result.osu_path.stem}.report.json")
    text = json.dumps(report_of(request, result, account), indent=1, ensure_ascii=False) + "\n"
    write_text(path, text)
    Image.fromarray(overview(result.beatmap, account.song_ms)).save(path.with_suffix(".png"))
    return path


def report_of(request: GenerationRequest, result: GenerationResult, account: GenerationSummary) -> dict:
    """Return the report as plain data; rules are those of `osu_beatmap.rules`."""
    beatmap = result.beatmap
    return {
        "format": FORMAT,
        "map": result.osu_path.name,
        "disclosure": {
            "statement": f"The model {account.model} generated this map from the audio, without a human mapper.",
            "tag": AI_TAG,
        },
        "model": {"name": account.model} | _plain(asdict(request.model)),
        "seed": result.seed,
        "settings": list_options(request),
        "difficulty_settings": asdict(beatmap.difficulty),
        "song": {"file": request.song.audio_path.name if request.song.audio_path else None, "ms": account.song_ms},
        "objects": count_objects(beatmap),
        "red_lines": sum(point.uninherited for point in beatmap.timing_points),
        "timing_confidences": [round(confidence, 3) for confidence in account.timing_confidences],
        "star_rating": {"asked": request.map.difficulty, "reached": result.star_rating}
        | ({"unrated": unrated_reason(beatmap)} if result.star_rating is None else {}),
        "written": {"windows": account.windows, "tokens": account.tokens, "stray_events": dict(account.stray_events)},
        "unused": {name: dict(kinds) for name, kinds in account.unused.items()},
        "repairs": dict(account.repairs),
        "rules": [
            {"rule": found.rule, "severity": found.severity.name.lower(), "time_ms": found.time_ms,
             "message": found.message}
            for found in check(beatmap, account.song_ms)
        ],
        "notes": list(result.warnings),
        "seconds": round(result.seconds, 3),
    }  # fmt: skip


def list_options(request: GenerationRequest) -> dict[str, object]:
    """Return every option by its typed name, defaults included."""
    return {
        name: _plain(getattr(getattr(request, group), field_name))
        for name, (group, field_name) in option_fields().items()
    }


def _plain(value: object) -> object:
    """Convert a value for JSON: numbers of modes, names, paths as text."""
    if isinstance(value, int | float | str | bool) and not isinstance(value, Enum):
        return value
    if isinstance(value, Enum):
        return int(value) if isinstance(value, int) else value.name
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return None if value is None else str(value)
