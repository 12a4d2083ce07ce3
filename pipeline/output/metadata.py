"""Metadata of a map: from the request, audio tags, or file name."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from osu_beatmap.beatmap import Beatmap, GameMode, Metadata
from osu_beatmap.rules import Level
from osuT5.audio.decode import AudioTags
from pipeline.finishing.presentation import AI_TAG
from pipeline.output.romanisation import has_kanji, is_latin, romanise
from pipeline.request.levels import LEVEL_NAMES
from pipeline.request.options import GenerationRequest, SongOptions

UNKNOWN_ARTIST, UNKNOWN_TITLE = "Unknown Artist", "Unknown Title"
TIMING_ALONE = "Timing"
"""The name of a difficulty without objects."""

_TRACK_NUMBER = re.compile(r"^\s*\d{1,3}(\s*[-.)]\s+|\s*-\s*)")
_BETWEEN = re.compile(r"\s+[-\u2013\u2014]\s+")


@dataclass(frozen=True, slots=True)
class SongName:
    """Title or artist: romanised to ASCII letters, and as written.

    osu! requires the romanised form.
    """

    romanised: str
    unicode: str


def metadata_of(request: GenerationRequest, beatmap: Beatmap, tags: AudioTags, star_rating: float) -> Metadata:
    """Return the metadata of a generated map.

    Its identifiers stay those of a map that was never uploaded.
    """
    song = request.song
    stem = song.audio_path.stem if song.audio_path is not None else ""
    artist_in_name, title_in_name = split_file_name(stem)
    title = _song_name(song.title, song.title_unicode, tags.title or title_in_name, stem, UNKNOWN_TITLE)
    artist = _song_name(song.artist, song.artist_unicode, tags.artist or artist_in_name, "", UNKNOWN_ARTIST)
    return replace(
        beatmap.metadata,
        title=title.romanised,
        title_unicode=title.unicode,
        artist=artist.romanised,
        artist_unicode=artist.unicode,
        creator=_printable(request.map.creator),
        version=_printable(request.map.version or "") or version_name(beatmap, star_rating),
        source=_printable(song.source or ""),
        tags=_tags(song, beatmap),
    )


def split_file_name(stem: str) -> tuple[str, str]:
    """Split `Artist - Title` into artist and title.

    A track number at the start is dropped; without a dash there is no artist.
    """
    text = _TRACK_NUMBER.sub("", _printable(stem.replace("_", " ")), count=1) or stem
    parts = _BETWEEN.split(text, maxsplit=1)
    return (parts[0].strip(), parts[1].strip()) if len(parts) == 2 else ("", text.strip())


def missing_names(stem: str, tags: AudioTags) -> dict[str, str]:
    """Return missing names of a song with their substitutes.

    A name is also missing if it is not in Latin letters, which osu! needs beside it.

    Args:
        stem: Name of the file without its suffix.
        tags: Tags of the file.
    """
    found, used = _found_names(stem, tags), _used_names(stem, tags)
    return {name: used[name] for name, text in found.items() if not (romanise(text) and is_latin(text))}


def name_notes(song: SongOptions, tags: AudioTags) -> list[str]:
    """Return a note for each missing name.

    Such a name was neither given nor found in Latin letters.
    """
    stem = song.audio_path.stem if song.audio_path is not None else ""
    found, notes = _found_names(stem, tags), []
    for name, used in missing_names(stem, tags).items():
        written = getattr(song, f"{name}_unicode") or found[name]
        if getattr(song, name):
            continue
        if not romanise(written):
            notes.append(f'The file names no {name}, so the map has "{used}": give it with {name}=NAME.')
        elif not is_latin(written):
            reading = " (kanji are read as in Chinese)" if has_kanji(written) else ""
            notes.append(f'{written} was romanised as "{romanise(written)}"{reading}: correct it with {name}=NAME.')
    return notes


def _found_names(stem: str, tags: AudioTags) -> dict[str, str]:
    """Return a file's statements about its song.

    They are empty if its name alone could be a title.
    """
    artist_in_name, title_in_name = split_file_name(stem)
    return {
        "title": tags.title or (title_in_name if artist_in_name else ""),
        "artist": tags.artist or artist_in_name,
    }


def _used_names(stem: str, tags: AudioTags) -> dict[str, str]:
    """Return a map's romanised names by its file, if none are given."""
    artist_in_name, title_in_name = split_file_name(stem)
    return {
        "title": _song_name(None, None, tags.title or title_in_name, stem, UNKNOWN_TITLE).romanised,
        "artist": _song_name(None, None, tags.artist or artist_in_name, "", UNKNOWN_ARTIST).romanised,
    }


def version_name(beatmap: Beatmap, star_rating: float) -> str:
    """Return the usual name of a difficulty by mode and stars.

    In mania it includes the number of keys.
    """
    if not beatmap.hit_objects:
        return TIMING_ALONE
    name = LEVEL_NAMES[beatmap.mode][Level.of_star_rating(star_rating)]
    return f"{beatmap.key_count}K {name}" if beatmap.mode is GameMode.MANIA else name


def _song_name(given: str | None, given_unicode: str | None, found: str, stem: str, unknown: str) -> SongName:
    """Return both forms of a name; the user's takes precedence.

    A missing form is derived from the other.
    """
    given, given_unicode = _printable(given or ""), _printable(given_unicode or "")
    written = given_unicode or given or _printable(found)
    plain = romanise(given or written) or romanise(stem) or unknown
    return SongName(plain, written or plain)


def _tags(song: SongOptions, beatmap: Beatmap) -> list[str]:
    words = [word for tag in (*song.tags, *beatmap.metadata.tags, AI_TAG) for word in _printable(tag).split()]
    return list(dict.fromkeys(words))


def _printable(text: str) -> str:
    """Reduce text to one line without control characters."""
    spaced = "".join(" " if char.isspace() else char for char in text)
    return " ".join("".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs")).split())
