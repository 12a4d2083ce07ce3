"""File names as osu! writes them, legal on all systems.

Windows, macOS and Linux count. Names in archives are checked, too.
"""

from __future__ import annotations

import re
import unicodedata

from osu_beatmap.beatmap import Metadata
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.number_fields import quote_text

MAX_NAME_CHARACTERS = 200
# File systems of Linux count bytes (255), and the temporary name while writing takes some.
MAX_NAME_BYTES = 240
MIN_KEPT_CHARACTERS = 8

_FORBIDDEN = re.compile(r'[\\/:*?"<>|]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\s*\.|\s*$)", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")


def osu_file_name(metadata: Metadata) -> str:
    """Return `Artist - Title (Creator) [Version].osu`.

    Long parts are cut, the version last.
    """
    parts = [_artist(metadata), _title(metadata), metadata.creator, metadata.version]
    return _fit(parts, "{} - {} ({}) [{}].osu")


def osz_file_name(metadata: Metadata) -> str:
    """Return `Artist - Title.osz`, after the mapset's number if it has one."""
    number = f"{metadata.beatmapset_id} " if metadata.beatmapset_id > 0 else ""
    return _fit([_artist(metadata), _title(metadata)], number + "{} - {}.osz")


def _artist(metadata: Metadata) -> str:
    return metadata.artist or metadata.artist_unicode


def _title(metadata: Metadata) -> str:
    return metadata.title or metadata.title_unicode


def _fit(parts: list[str], template: str) -> str:
    """Join the parts of a name; cut the longest until it fits.

    The last part is cut only if the others are short.
    """
    parts = [legal_text(part) for part in parts]
    name = _with_legal_stem(template.format(*parts))
    while len(name) > MAX_NAME_CHARACTERS or len(name.encode("utf-8")) > MAX_NAME_BYTES:
        earlier = parts[:-1]
        longest = max(range(len(earlier)), key=lambda index: len(earlier[index]))
        if len(parts[longest]) <= MIN_KEPT_CHARACTERS:
            longest = len(parts) - 1
        parts[longest] = parts[longest][:-1].rstrip()
        name = _with_legal_stem(template.format(*parts))
    return name


def legal_file_name(name: str) -> str:
    """Return a file name, without folders, that is legal on every system."""
    stem, dot, suffix = name.rpartition(".")
    return _with_legal_stem(f"{legal_text(stem)}.{legal_text(suffix)}" if dot else f"{legal_text(name)}.bin")


def _with_legal_stem(name: str) -> str:
    """Return a name with a stem that is legal on Windows.

    Trailing dots and spaces go, and device names are made harmless. A dot at the start, which would make a hidden file,
    is replaced.
    """
    stem, _, suffix = name.rpartition(".")
    stem = visible_name(stem.strip().rstrip(". ")) or "_"
    return f"_{stem}.{suffix}" if _RESERVED.match(stem) else f"{stem}.{suffix}"


def visible_name(name: str) -> str:
    """Return a name with a mark in place of leading dots.

    The dots would hide the file.
    """
    shown = name.lstrip(".")
    return name if shown == name else f"_{shown}"


def legal_text(text: str) -> str:
    """Return a text without characters that file names must not have.

    White space becomes single spaces.
    """
    words = _FORBIDDEN.sub("", text).split()
    legal = ("".join(c for c in word if unicodedata.category(c) not in ("Cc", "Cf", "Cs")) for word in words)
    return " ".join(word for word in legal if word)


def safe_archive_name(name: str) -> str:
    """Return an archive entry's name with forward slashes.

    Raises:
        BeatmapError: The name may point outside the mapset's folder.
    """
    path = name.replace("\\", "/")
    parts = path.split("/")
    if path.startswith("/") or _DRIVE.match(path) or ".." in parts or any(ord(character) < 32 for character in path):
        raise BeatmapError(f"The archive entry {quote_text(name)} points outside the mapset's folder.")
    return "/".join(part for part in parts if part not in ("", "."))
