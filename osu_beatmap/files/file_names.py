"""File names as osu! writes them, legal on Windows, macOS and Linux alike; and which archived names are safe."""

from __future__ import annotations

import re
import unicodedata

from osu_beatmap.beatmap import Metadata
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.number_fields import shown

MAX_NAME_CHARACTERS = 200
# File systems of Linux count bytes (255), and the temporary name while writing takes some.
MAX_NAME_BYTES = 240
MIN_KEPT_CHARACTERS = 8

_FORBIDDEN = re.compile(r'[\\/:*?"<>|]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\s*\.|\s*$)", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")


def osu_file_name(metadata: Metadata) -> str:
    """`Artist - Title (Creator) [Version].osu`; long parts are cut, the version last."""
    parts = [_artist(metadata), _title(metadata), metadata.creator, metadata.version]
    return _fitted(parts, "{} - {} ({}) [{}].osu")


def osz_file_name(metadata: Metadata) -> str:
    """`Artist - Title.osz`, after the mapset's number where it has one."""
    number = f"{metadata.beatmapset_id} " if metadata.beatmapset_id > 0 else ""
    return _fitted([_artist(metadata), _title(metadata)], number + "{} - {}.osz")


def _artist(metadata: Metadata) -> str:
    return metadata.artist or metadata.artist_unicode


def _title(metadata: Metadata) -> str:
    return metadata.title or metadata.title_unicode


def _fitted(parts: list[str], template: str) -> str:
    """The joined name, its longest part cut until it fits; the last part is cut only when the others are short."""
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
    """A single file name, without folders, made legal on every system."""
    stem, dot, suffix = name.rpartition(".")
    return _with_legal_stem(f"{legal_text(stem)}.{legal_text(suffix)}" if dot else f"{legal_text(name)}.bin")


def _with_legal_stem(name: str) -> str:
    """Without what Windows drops at the end of a name, and with its device names made harmless.

    A name that begins with a dot would make a hidden file.
    """
    stem, _, suffix = name.rpartition(".")
    stem = visible_name(stem.strip().rstrip(". ")) or "_"
    return f"_{stem}.{suffix}" if _RESERVED.match(stem) else f"{stem}.{suffix}"


def visible_name(name: str) -> str:
    """The name without dots at its start, which hide a file, but with a mark in their place."""
    shown = name.lstrip(".")
    return name if shown == name else f"_{shown}"


def legal_text(text: str) -> str:
    """The text without characters that a file name must not hold; white space becomes single spaces."""
    words = _FORBIDDEN.sub("", text).split()
    legal = ("".join(c for c in word if unicodedata.category(c) not in ("Cc", "Cf", "Cs")) for word in words)
    return " ".join(word for word in legal if word)


def safe_archive_name(name: str) -> str:
    """An archive entry's name with forward slashes; raises BeatmapError if it could leave the mapset's folder."""
    path = name.replace("\\", "/")
    parts = path.split("/")
    if path.startswith("/") or _DRIVE.match(path) or ".." in parts or any(ord(character) < 32 for character in path):
        raise BeatmapError(f"The archive entry {shown(name)} points outside the mapset's folder.")
    return "/".join(part for part in parts if part not in ("", "."))
