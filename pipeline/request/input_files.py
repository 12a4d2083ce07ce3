"""Files and folders of a request, checked before any work.

This takes seconds and loads no model.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from model_files.hub import check_source
from osu_beatmap.files.named_files import is_writable_name
from pipeline.request.options import GenerationRequest, RequestError

_SHELL_CHARACTERS = " =[](){}'\"&;$!`,#*?"
_PICTURE_STARTS = {b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}
MAX_PICTURE_BYTES = 32 << 20


def check_files(request: GenerationRequest, from_shell: bool = True) -> None:
    """Raise an error for missing input or an unwritable output folder.

    It is RequestError or ModelError. Nothing is written, and no network is used: a missing hub model is found when it
    is loaded. `from_shell` states whether a shell may have split names at spaces, so that a hint about quotes helps.
    """
    song, model = request.song, request.model
    for name, path in (
        ("audio_path", song.audio_path),
        ("beatmap_path", song.beatmap_path),
        ("background", song.background),
    ):
        if path is not None:
            _check_file(name, path, from_shell)
    if song.background is not None:
        picture_suffix(song.background)
    if song.beatmap_path is not None and song.beatmap_path.suffix.lower() != ".osu":
        raise RequestError(f"beatmap_path must be a .osu or .osz file, got {song.beatmap_path.name}.")
    sources = {"model_path": model.model_path, "lora_path": model.lora_path, "diff_ckpt": request.positions.diff_ckpt}
    for name, source in sources.items():
        if source is not None:
            check_source(name, source)
    check_writable_folder("output_path", request.output.output_path)
    _check_song_name(request)


def _check_song_name(request: GenerationRequest) -> None:
    """Raise RequestError if no .osu file can hold the song's name."""
    song, folder = request.song.audio_path, request.output.output_path
    if song is None or is_writable_name(song.name) or request.scope.add_to_beatmap:
        return
    if not request.output.export_osz or folder.resolve() == song.parent.resolve():
        raise RequestError(
            f"audio_path has a name that a map cannot hold ({song.name}): rename the file to valid UTF-8, or write an "
            ".osz (export_osz=true) to another folder (output_path)."
        )


def check_writable_folder(name: str, folder: Path) -> None:
    """Raise RequestError unless a folder is writable.

    If it does not exist, its future parent counts.
    """
    try:
        existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        if not existing.is_dir():
            raise RequestError(f"{name} must be a folder, but {existing} is a file.")
        # Trying is the only answer that holds on every system: access bits say little on Windows and network drives.
        with tempfile.TemporaryFile(dir=existing):
            pass
    except (OSError, StopIteration) as error:
        raise RequestError(f"{name} cannot be written to: {folder} ({_reason(error)}).") from error


def picture_suffix(path: Path) -> str:
    """Return the suffix, jpg or png, for the content of a file.

    Raises RequestError if it is neither, too large or unreadable.
    """
    try:
        if path.stat().st_size > MAX_PICTURE_BYTES:
            raise RequestError(f"background must be a picture of at most {MAX_PICTURE_BYTES >> 20} MiB: {path.name}.")
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise RequestError(f"background cannot be read: {path} ({_reason(error)}).") from error
    for signature, suffix in _PICTURE_STARTS.items():
        if start.startswith(signature):
            return suffix
    raise RequestError(f"background must be a .jpg or .png picture, and the content of {path.name} is neither.")


def _check_file(name: str, path: Path, from_shell: bool) -> None:
    try:
        if path.is_file():
            return
        is_there = path.exists()
    except OSError as error:
        raise RequestError(f"{name} cannot be read: {path} ({_reason(error)}).") from error
    if is_there:
        raise RequestError(f"{name} must be a file, but {path} is a folder.")
    hint = ""
    if from_shell and any(char in _SHELL_CHARACTERS for char in str(path)):
        hint = f'; if that is not the whole name, put quotes around the option: "{name}=..."'
    raise RequestError(f"There is no file at {path} ({name}){hint}.")


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or "there is no such drive"
