"""Unread text of a file, written back at its place.

A storyboard command belongs to the element above it, and sections of other tools to their tools. A copy of a map
therefore has the lines of its file; only those with changed content are rewritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from osu_beatmap.beatmap import Beatmap
from osu_beatmap.files.event_lines import (
    BREAK_KINDS,
    FILE_KINDS,
    format_background_line,
    format_break_line,
    read_event_line,
)
from osu_beatmap.files.number_fields import FieldError

BREAKS_COMMENT = "//Break Periods"


def with_extra_text(beatmap: Beatmap, sections: Iterable[tuple[str, list[str]]]) -> Iterator[tuple[str, list[str]]]:
    """Yield the sections of a file, including unread lines."""
    waiting: dict[str, list[tuple[str, list[str]]]] = {}
    for follows, name, lines in beatmap.kept.sections:
        waiting.setdefault(follows, []).append((name, _trim(lines)))
    for section, body in sections:
        if section == "Events" and beatmap.kept.event_lines:
            body = _event_lines(beatmap, body)
        yield section, _with_unread(body, beatmap.kept.unread.get(section, ()))
        yield from waiting.pop(section, ())
    for left in waiting.values():
        yield from left


def _trim(lines: Sequence[str]) -> list[str]:
    """Drop empty lines at the end."""
    count = len(lines)
    while count and not lines[count - 1].strip():
        count -= 1
    return list(lines[:count])


def _with_unread(body: Sequence[str], unread: Sequence[tuple[int, str]]) -> list[str]:
    at_place: dict[int, list[str]] = {}
    for place, line in unread:
        at_place.setdefault(min(place, len(body)), []).append(line)
    lines: list[str] = []
    for place, line in enumerate(body):
        lines += [*at_place.get(place, ()), line]
    return [*lines, *at_place.get(len(body), ())]


def _event_lines(beatmap: Beatmap, plain: list[str]) -> list[str]:
    """Return the unchanged lines of [Events].

    A background or a break that has changed is rewritten.
    """
    parts = [_part_of(line, beatmap) for line in beatmap.kept.event_lines]
    read = Beatmap(format_version=beatmap.format_version)
    for line in beatmap.kept.event_lines:
        _read(line, read)
    if (read.video_line, read.storyboard_lines) != (beatmap.video_line, beatmap.storyboard_lines):
        return plain
    lines = list(zip(parts, beatmap.kept.event_lines, strict=True))
    place = (beatmap.background, beatmap.background_offset_px)
    if (read.background, read.background_offset_px) != place:
        lines = _replace_part(lines, "background", [format_background_line(beatmap)] if beatmap.background else [])
    if read.breaks != beatmap.breaks:
        version = beatmap.format_version
        lines = _replace_part(lines, "breaks", [format_break_line(pause, version) for pause in beatmap.breaks])
    return [line for _, line in lines]


def _replace_part(lines: list[tuple[str, str]], part: str, new: list[str]) -> list[tuple[str, str]]:
    """Replace the lines of a part by others.

    They go to the place of the first one, or else where they separate nothing.
    """
    places = [place for place, (own, _) in enumerate(lines) if own == part]
    comments = [
        place + 1 for place, (_, line) in enumerate(lines) if part == "breaks" and line.strip() == BREAKS_COMMENT
    ]
    first = (places or comments or [0])[0]
    before = [entry for entry in lines[:first] if entry[0] != part]
    after = [entry for entry in lines[first:] if entry[0] != part]
    return [*before, *((part, line) for line in new), *after]


def _part_of(line: str, beatmap: Beatmap) -> str:
    """Return "background", "breaks", or "" for any other line."""
    kind = line.partition(",")[0]
    if kind not in FILE_KINDS:
        return "breaks" if kind in BREAK_KINDS else ""
    alone = Beatmap(format_version=beatmap.format_version)
    _read(line, alone)
    return "background" if alone.background else ""


def _read(line: str, beatmap: Beatmap) -> None:
    """Read a line into a beatmap as the reader does."""
    if line.lstrip().startswith("//"):
        return
    try:
        read_event_line(line.rstrip(), beatmap)
    except FieldError:
        return
