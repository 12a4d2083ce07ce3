"""Conversion of a Beatmap to the text of a .osu file.

Reading the text gives the same Beatmap again. The file keeps the map's `format_version`, because osu! plays some
formats by other rules. Times keep their fractions; positions are rounded to whole pixels in formats before osu!lazer's
128, which hold no others.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from osu_beatmap.beatmap import Beatmap, SampleSet
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.event_lines import format_background_line, format_break_line
from osu_beatmap.files.extra_text import with_extra_text
from osu_beatmap.files.hit_object_lines import format_object_line
from osu_beatmap.files.key_values import DIFFICULTY_NUMBERS, METADATA_NUMBERS, METADATA_TEXTS
from osu_beatmap.files.number_fields import format_number, time_offset_ms
from osu_beatmap.files.timing_point_lines import format_timing_line

_LINE_BREAKS = re.compile(r"[\r\n]+")


def write_beatmap(beatmap: Beatmap, whole: bool = False) -> str:
    """Return a file's text with the CRLF line ends of osu!.

    `read_beatmap` on it gives an equal Beatmap if this one came from there; otherwise see the module's notes. With
    `whole` it includes the unread lines in their places.

    Raises:
        BeatmapError: osu! would refuse a number.
    """
    lines = [f"osu file format v{beatmap.format_version}"]
    for section, body in with_extra_text(beatmap, _sections(beatmap)) if whole else _sections(beatmap):
        lines += ["", f"[{section}]", *body]
    return "\r\n".join([*lines, ""])


def save_beatmap(beatmap: Beatmap, path: str | Path) -> None:
    """Write a .osu file in UTF-8, completely or not at all.

    It includes lines that were not understood while reading.

    Raises:
        BeatmapError: It cannot be written.
    """
    write_text(path, write_beatmap(beatmap, whole=True))


def write_text(path: str | Path, text: str) -> None:
    """Write text in UTF-8, completely or not at all.

    Line ends stay unchanged.

    Raises:
        BeatmapError: It cannot be written.
    """
    with temporary_beside(path) as file:
        # Lone surrogates, which no encoding can hold, come in through file names only.
        file.write(text.encode("utf-8", errors="replace"))


@contextmanager
def temporary_beside(path: str | Path) -> Iterator[BinaryIO]:
    """Yield a file to write to; it replaces `path` on success.

    Otherwise it is deleted. A link stays a link: the file that it points to is replaced. Pipes and devices are written
    to. Errors of the operating system become BeatmapError.
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("wb") as file:
                yield file
            return
        path = path.resolve() if path.is_symlink() else path
        handle, temporary_name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        temporary = Path(temporary_name)
        with os.fdopen(handle, "wb") as file:
            yield file
        # mkstemp makes files that only their owner may read.
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise BeatmapError(f"{path} cannot be written: {error.strerror or error}.") from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _sections(beatmap: Beatmap) -> Iterator[tuple[str, list[str]]]:
    yield "General", _key_value_lines(_general(beatmap), beatmap, "General")
    if beatmap.other.get("Editor"):
        yield "Editor", _key_value_lines({}, beatmap, "Editor")
    yield "Metadata", _key_value_lines(_metadata(beatmap), beatmap, "Metadata", ":")
    yield "Difficulty", _key_value_lines(_difficulty(beatmap), beatmap, "Difficulty", ":")
    yield "Events", _event_lines(beatmap)
    yield "TimingPoints", [format_timing_line(point, beatmap.format_version) for point in beatmap.timing_points]
    if beatmap.combo_colours or beatmap.other.get("Colours"):
        yield "Colours", _key_value_lines(_colours(beatmap), beatmap, "Colours", " : ")
    yield "HitObjects", [format_object_line(obj, beatmap.format_version) for obj in beatmap.hit_objects]


def _key_value_lines(pairs: dict[str, str], beatmap: Beatmap, section: str, separator: str = ": ") -> list[str]:
    """Return the known pairs, then those that the map keeps as `other`."""
    pairs = pairs | {key: text for key, text in beatmap.other.get(section, {}).items() if key not in pairs}
    return [f"{_one_line(key)}{separator}{_one_line(text)}" for key, text in pairs.items()]


def _one_line(text: str) -> str:
    """Return a value without line breaks, which would start a new line."""
    return _LINE_BREAKS.sub(" ", text).strip()


def _general(beatmap: Beatmap) -> dict[str, str]:
    preview_ms = beatmap.preview_time_ms
    if preview_ms != -1:
        preview_ms -= time_offset_ms(beatmap.format_version)
    sample_set = SampleSet(beatmap.sample_set)
    return {
        "AudioFilename": beatmap.audio_filename,
        "AudioLeadIn": format_number(beatmap.audio_lead_in_ms),
        "PreviewTime": format_number(preview_ms),
        "Countdown": str(beatmap.countdown),
        "SampleSet": "None" if sample_set is SampleSet.AUTO else sample_set.name.capitalize(),
        "StackLeniency": format_number(beatmap.stack_leniency),
        "Mode": str(int(beatmap.mode)),
    }


def _metadata(beatmap: Beatmap) -> dict[str, str]:
    texts = {key: getattr(beatmap.metadata, name) for key, name in METADATA_TEXTS.items()}
    numbers = {key: str(getattr(beatmap.metadata, name)) for key, name in METADATA_NUMBERS.items()}
    return {**texts, "Tags": " ".join(beatmap.metadata.tags), **numbers}


def _difficulty(beatmap: Beatmap) -> dict[str, str]:
    return {key: format_number(getattr(beatmap.difficulty, name)) for key, name in DIFFICULTY_NUMBERS.items()}


def _colours(beatmap: Beatmap) -> dict[str, str]:
    numbers = [beatmap.combo_colour_number(place) for place in range(len(beatmap.combo_colours))]
    if len(set(numbers)) < len(numbers):
        numbers = list(range(1, len(numbers) + 1))
    colours = ("{},{},{}".format(*rgb) for rgb in beatmap.combo_colours)
    return {f"Combo{number}": colour for number, colour in zip(numbers, colours, strict=True)}


def _event_lines(beatmap: Beatmap) -> list[str]:
    lines = ["//Background and Video events"]
    if beatmap.background:
        lines.append(_one_line(format_background_line(beatmap)))
    if beatmap.video_line:
        lines.append(beatmap.video_line)
    lines.append("//Break Periods")
    lines += [format_break_line(pause, beatmap.format_version) for pause in beatmap.breaks]
    if beatmap.storyboard_lines:
        lines += ["//Storyboard", *beatmap.storyboard_lines]
    return lines
