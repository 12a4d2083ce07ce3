"""What a form says -> whether it can be done, what is wrong with it, and the command that does the same."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from feedback.errors import UserError
from modding.options import REVIEW_READERS, ReviewRequest, check_review_files, resolve_review
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.user_tags import user_tags
from osuT5.audio.decode import AudioError, read_tags
from pipeline.cli import shell_words
from pipeline.cli.shell_words import assignment
from pipeline.generation.known_conditions import known_conditions
from pipeline.output.metadata import missing_names
from pipeline.output.report import asked_options
from pipeline.request.inference_options import READERS
from pipeline.request.input_files import check_files
from pipeline.request.mapset_file import open_mapset
from pipeline.request.option_groups import options_named
from pipeline.request.option_values import is_absent
from pipeline.request.options import GenerationRequest, RequestError, unknown_option
from pipeline.request.resolve import fill_from_beatmap, resolve
from webui.form import without_use
from webui.references import References, shown_name

KINDS = ("generate", "review", "apply")
SCRIPTS = {"generate": "inference.py", "review": "mai_mod.py", "apply": "mai_mod.py"}
OPTION_READERS = {"generate": READERS, "review": REVIEW_READERS}
FILLED_OPTIONS = (
    "gamemode", "difficulty", "keycount", "hold_note_ratio", "scroll_speed_ratio", "title", "title_unicode", "artist",
    "artist_unicode", "source", "tags", "preview_time", "creator", "hp_drain_rate", "circle_size", "overall_difficulty",
    "approach_rate", "slider_multiplier", "slider_tick_rate",
)  # fmt: skip
"""What a reference map tells, and a form shows."""


def check_request(kind: str, options: Mapping[str, Any], references: References) -> dict[str, Any]:
    """All that can be said about a request before it is begun: see `docs/web_ui.md`, /api/check."""
    given = {name: value for name, value in options.items() if not is_absent(value)}
    errors: dict[str, str] = {}
    problem: str | None = None
    filled: dict[str, Any] = {}
    files: dict[str, Any] = {}
    try:
        files = references.with_files(given)
        errors = _errors_of_values(kind, files)
        if not errors:
            filled = _checked(kind, files, references)
    except UserError as error:
        problem = str(error)
        option = named_option(problem)
        if option is not None:
            errors[option] = problem
    answer = {"errors": errors, "problem": problem, "filled": filled, "command": command_line(kind, given)}
    if kind == "generate":
        mode = _mode_of(given, filled)
        answer |= {"without_use": without_use(given, mode), "model": _model_of(given, mode)}
        answer["missing_names"] = {} if problem else _missing_names(files)
    return answer


def prepared_options(kind: str, options: Mapping[str, Any], references: References) -> dict[str, Any]:
    """The options of a job with files in place of references, checked. Raises RequestError and its like."""
    given = references.with_files({name: value for name, value in options.items() if not is_absent(value)})
    if kind != "apply":
        _checked(kind, given, references)
    return given


def command_line(kind: str, options: Mapping[str, Any]) -> str:
    """The command that does the same, ready for the shell of this computer."""
    words = ["python", SCRIPTS[kind]]
    for name, value in options.items():
        if not is_absent(value):
            words.append(assignment(name, shown_name(value) if isinstance(value, str | Mapping) else value))
    return shell_words.command_line(words)


def named_option(sentence: str) -> str | None:
    """The option that a sentence names first; None where it names none."""
    return min(options_named(sentence), key=sentence.find, default=None)


def job_title(kind: str, options: Mapping[str, Any]) -> str:
    """A few words by which users know a job again."""
    source = options.get("audio_path") or options.get("beatmap_path") or options.get("map") or kind
    return re.split(r"[\\/]", shown_name(source))[-1]


def _errors_of_values(kind: str, options: Mapping[str, Any]) -> dict[str, str]:
    """A sentence for each option that is wrong by itself."""
    readers = OPTION_READERS[kind]
    errors = {}
    for name, raw in options.items():
        try:
            if name not in readers:
                raise RequestError(unknown_option(name, readers))
            readers[name](name, raw)
        except RequestError as error:
            errors[name] = str(error)
    return errors


def _checked(kind: str, options: Mapping[str, Any], references: References) -> dict[str, Any]:
    """Raises where a request cannot be met; returns what its reference map fills in."""
    if kind == "review":
        return _checked_review(resolve_review(options))
    # Results go into the folder of the job, and from there to where they are wanted.
    with open_mapset({"output_path": str(references.settings.folder), **options}) as (opened, _):
        return _checked_generation(opened)


def _checked_generation(options: Mapping[str, Any]) -> dict[str, Any]:
    request = resolve(options)
    check_files(request)
    if request.song.beatmap_path is None:
        return {}
    filled = fill_from_beatmap(request, _reference(request.song.beatmap_path))
    if request.song.audio_path is None:
        _check_beside(request.song.beatmap_path, filled.song.audio_path)
    if request.song.background is None:
        _check_beside(request.song.beatmap_path, filled.song.background)
    return _filled(request, filled)


def _checked_review(request: ReviewRequest) -> dict[str, Any]:
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
    """Raises where a map, which may be anybody's, names a file outside its own folder."""
    folder = os.path.normpath(beatmap_path.absolute().parent)
    if named is not None and not Path(os.path.normpath(named.absolute())).is_relative_to(folder):
        raise RequestError("beatmap_path names a file outside its folder; give the song with audio_path.")


def _filled(request: GenerationRequest, like: GenerationRequest) -> dict[str, Any]:
    """What a reference map adds to a request."""
    before, after = asked_options(request), asked_options(like)
    return {name: after[name] for name in FILLED_OPTIONS if before[name] != after[name]}


def _mode_of(given: Mapping[str, Any], filled: Mapping[str, Any]) -> GameMode:
    mode = str(given.get("gamemode", filled.get("gamemode", 0)))
    return GameMode(int(mode)) if mode in ("0", "1", "2", "3") else GameMode.STANDARD


def _model_of(given: Mapping[str, Any], mode: GameMode) -> dict[str, Any] | None:
    """What the chosen model was not trained with, and the tags that it knows; None where that is not known here."""
    known = known_conditions(given.get("model_path"), mode)
    if known is None:
        return None
    tags = known.tags
    names = [tag.full_name for tag in user_tags() if tags is not None and mode in tag.modes and tag.name in tags]
    return {
        "name": known.model,
        "is_bundled": is_absent(given.get("model_path")),
        "unknown": list(known.unknown),
        "tags": None if tags is None else names,
    }


def _missing_names(files: Mapping[str, Any]) -> dict[str, str]:
    """Names that neither the song nor a reference map gives, with what a map would have in their place."""
    audio = files.get("audio_path")
    if is_absent(audio) or not is_absent(files.get("beatmap_path")):
        return {}
    path = Path(str(audio)).expanduser()
    try:
        return _missing_in(path, path.stat().st_mtime_ns)
    except (OSError, AudioError):
        return {}


@cache
def _missing_in(path: Path, modified_ns: int) -> dict[str, str]:
    return missing_names(path.stem, read_tags(path))
