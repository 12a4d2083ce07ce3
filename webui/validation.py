"""Validation of forms: feasibility, errors, and equivalent command."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from feedback.errors import UserError
from osu_beatmap.beatmap import GameMode
from osu_beatmap.user_tags import user_tags
from osuT5.audio.decode import AudioError, read_tags
from pipeline.generation.known_conditions import known_conditions
from pipeline.output.metadata import missing_names
from pipeline.request.option_values import is_absent
from pipeline.request.options import RequestError, unknown_option
from server.storage.orders import OPTION_READERS, check_options, command_line, find_option_name
from server.storage.references import References
from server.storage.timings import song_id
from webui.form import find_unused_options


def check_request(kind: str, options: Mapping[str, Any], references: References) -> dict[str, Any]:
    """Check a request before it starts: see `docs/web_ui.md`, /api/check."""
    given = {name: value for name, value in options.items() if not is_absent(value)}
    errors: dict[str, str] = {}
    problem: str | None = None
    filled: dict[str, Any] = {}
    files: dict[str, Any] = {}
    try:
        files = references.with_files(given)
        errors = _errors_of_values(kind, files)
        if not errors:
            filled = check_options(kind, files, references)
    except UserError as error:
        problem = str(error)
        option = find_option_name(problem)
        if option is not None:
            errors[option] = problem
    answer = {"errors": errors, "problem": problem, "filled": filled, "command": command_line(kind, given)}
    if kind == "generate":
        mode = _mode_of(given, filled)
        answer |= {"without_use": find_unused_options(given, mode), "model": _model_of(given, mode)}
        answer["missing_names"] = {} if problem else _missing_names(files, filled)
        answer["timing"] = None if problem else _find_timing(files, references)
    return answer


def _errors_of_values(kind: str, options: Mapping[str, Any]) -> dict[str, str]:
    """Return a sentence for each option with a wrong value."""
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


def _mode_of(options: Mapping[str, Any], filled: Mapping[str, Any]) -> GameMode:
    mode = str(options.get("gamemode", filled.get("gamemode", 0)))
    return GameMode(int(mode)) if mode in ("0", "1", "2", "3") else GameMode.STANDARD


def _model_of(options: Mapping[str, Any], mode: GameMode) -> dict[str, Any] | None:
    """Return the chosen model's untrained options and known tags, or None.

    None stands for an unknown model.
    """
    known = known_conditions(options.get("model_path"), mode)
    if known is None:
        return None
    tags = known.tags
    names = [tag.full_name for tag in user_tags() if tags is not None and mode in tag.modes and tag.name in tags]
    return {
        "name": known.model,
        "is_bundled": is_absent(options.get("model_path")),
        "unknown": list(known.unknown),
        "tags": None if tags is None else names,
    }


def _find_timing(files: Mapping[str, Any], references: References) -> dict[str, Any] | None:
    """Return the stored red lines of the song of a form."""
    audio = files.get("audio_path")
    if is_absent(audio):
        return None
    try:
        return references.timings.find_stored(song_id(Path(str(audio)).expanduser()))
    except (OSError, UserError):
        return None


def _missing_names(files: Mapping[str, Any], filled: Mapping[str, Any]) -> dict[str, str]:
    """Return missing names, with the map's substitutes.

    Neither the song nor a reference map has them.
    """
    audio = files.get("audio_path")
    if is_absent(audio):
        return {}
    path = Path(str(audio)).expanduser()
    try:
        missing = _find_missing_names(path, path.stat().st_mtime_ns)
    except (OSError, AudioError):
        return {}
    return {name: used for name, used in missing.items() if name not in filled}


@cache
def _find_missing_names(path: Path, modified_ns: int) -> dict[str, str]:
    return missing_names(path.stem, read_tags(path))
