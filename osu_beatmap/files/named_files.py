"""Files that a map names, found in folders and archives alike.

osu! stable looks for them on Windows, whose file systems ignore case and drop spaces and dots at the end of a name.
macOS and its archives split letters into a base and an accent. Names that leave the folder of the map are not found.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PureWindowsPath


def name_key(name: str) -> str:
    """Return a form of a path that is equal for all spellings.

    It has forward slashes.
    """
    parts = [_part_key(part) for part in name.replace("\\", "/").split("/")]
    return "/".join(part for part in parts if part)


def match_name(target: str, names: Iterable[str]) -> str | None:
    """Return the spelling of a file among `names`.

    An exact match comes first, then the first name of the same form.
    """
    key, found = name_key(target), None
    for name in names:
        if name == target:
            return name
        if found is None and key and name_key(name) == key:
            found = name
    return found


def find_file(folder: Path, target: str) -> Path | None:
    """Return the file of this name in or below a folder.

    It is None if there is none.
    """
    path = PureWindowsPath(target)  # takes slashes of both kinds
    if path.anchor or ".." in path.parts or not path.parts:
        return None
    try:
        place = folder.joinpath(*path.parts)
        if place.is_file():
            return place
        place = folder
        for part in path.parts:
            name = match_name(part, sorted(os.listdir(place))) if place.is_dir() else None
            if name is None:
                return None
            place = place / name
        return place if place.is_file() else None
    except (OSError, ValueError):  # names that are too long, or that no file can have
        return None


def find_named_file(folder: Path, name: str) -> Path:
    """Return the file of this name in a folder.

    If there is none, return the path that it would have.
    """
    return find_file(folder, name) or folder / name


def is_writable_name(name: str) -> bool:
    """Return whether a .osu file can hold this name readably.

    It must be UTF-8 in one line.
    """
    return all(unicodedata.category(character) not in ("Cc", "Cs") for character in name)


def _part_key(part: str) -> str:
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", part).casefold())
    return folded if part in (".", "..") else folded.strip().rstrip(". ")
