"""Options of a job: checked, with files, command, and title.

The command does the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modding.options import REVIEW_READERS, ReviewRequest, check_review_files, resolve_review
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.reader import read_beatmap
from pipeline.cli import shell_words
from pipeline.cli.shell_words import assignment
from pipeline.output.report import list_options
from pipeline.request.inference_options import READERS
from pipeline.request.input_files import check_files
from pipeline.request.mapset_file import open_mapset
from pipeline.request.option_groups import options_named
from pipeline.request.option_values import is_absent
from pipeline.request.options import GenerationRequest, RequestError
from pipeline.request.resolve import fill_from_beatmap, resolve
from server.storage.references import References, shown_name

KINDS = ("generate", "review", "apply")
SCRIPTS = {"generate": "inference.py", "review": "mai_mod.py", "apply": "mai_mod.py"}
OPTION_READERS = {"generate": READERS, "review": REVIEW_READERS}
FILLED_OPTIONS = (
    "gamemode", "difficulty", "keycount", "hold_note_ratio", "scroll_speed_ratio", "title", "title_unicode", "artist",
    "artist_unicode", "source", "tags", "preview_time", "creator", "hp_drain_rate", "circle_size", "overall_difficulty",
    "approach_rate", "slider_multiplier", "slider_tick_rate",
)  # fmt: skip
"""What a reference map tells, and a form shows."""


def prepare_options(kind: str, options: Mapping[str, Any], references: References) -> dict[str, Any]:
    """Return a job's options with files instead of references, checked.

    Raises RequestError and similar errors.
    """
    given = references.with_files({name: value for name, value in options.items() if not is_absent(value)})
    if kind != "apply":
        check_options(kind, given, references)
    return given


def command_line(kind: str, options: Mapping[str, Any]) -> str:
    """Return the equivalent command, ready for this computer's shell."""
    words = ["python", SCRIPTS[kind]]
    for name, value in options.items():
        if not is_absent(value):
            words.append(assignment(name, shown_name(value) if isinstance(value, str | Mapping) else value))
    return shell_words.command_line(words)


def find_option_name(sentence: str) -> str | None:
    """Return the option that a sentence names first, or None."""
    return min(options_named(sentence), key=sentence.find, default=None)


def job_title(kind: str, options: Mapping[str, Any]) -> str:
    """Return a short title by which users recognise a job."""
    source = options.get("audio_path") or options.get("beatmap_path") or options.get("map") or kind
    return re.split(r"[\\/]", shown_name(source))[-1]


def check_options(kind: str, options: Mapping[str, Any], references: References) -> dict[str, Any]:
    """Check a request; return the values that its reference fills in.

    Raises errors with a sentence for the user.
    """
    if kind == "review":
        return _check_review(resolve_review(options))
    if kind == "timing":
        options = {**options, "output_type": "[TIMING]"}
    # Results go into the folder of the job, and from there to where they are wanted.
    with open_mapset({"output_path": str(references.settings.folder), **options}) as (opened, _):
        return _check_generation(opened)


def _check_generation(options: Mapping[str, Any]) -> dict[str, Any]:
    request = resolve(options)
    check_files(request)
    if request.song.beatmap_path is None:
        return {}
    filled = fill_from_beatmap(request, _reference(request.song.beatmap_path))
    if request.song.audio_path is None:
        _check_beside(request.song.beatmap_path, filled.song.audio_path)
    if request.song.background is None:
        _check_beside(request.song.beatmap_path, filled.song.background)
    return _find_added_options(request, filled)


def _check_review(request: ReviewRequest) -> dict[str, Any]:
    check_review_files(request)
    if request.audio_path is None and request.beatmap_path.suffix.lower() == ".osu":
        place = request.beatmap_path
        _check_beside(place, place.parent / _reference(place).audio_filename)
    return {}


def _reference(path: Path) -> Beatmap:
    try:
        return read_beatmap(path)
    except BeatmapError as error:
        raise RequestError(f"beatmap_path cannot be read: {error}") from error


def _check_beside(beatmap_path: Path, named: Path | None) -> None:
    """Raise an error if a map names a file outside its folder.

    The map may be of unknown origin.
    """
    folder = os.path.normpath(beatmap_path.absolute().parent)
    if named is not None and not Path(os.path.normpath(named.absolute())).is_relative_to(folder):
        raise RequestError("beatmap_path names a file outside its folder; give the song with audio_path.")


def _find_added_options(request: GenerationRequest, like: GenerationRequest) -> dict[str, Any]:
    """Return the options that a reference map adds to a request."""
    before, after = list_options(request), list_options(like)
    return {name: after[name] for name in FILLED_OPTIONS if before[name] != after[name]}
