"""Reader of .osu files that follows osu! itself.

The `slider` package is not used here: it cuts times to whole milliseconds, reads every effect bit as kiai, and raises
on missing sections, old formats and maps without timing points, so more would be worked around than kept.

Lines that osu!(lazer) logs and skips are skipped here too and described in `warnings`; BeatmapError is left for files
from which no sensible beatmap comes: no beatmap at all, an unknown mode, or hit objects none of which reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from osu_beatmap.beatmap import EFFECT_KIAI, Beatmap, GameMode, Slider
from osu_beatmap.editor_notation import clock
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.event_lines import read_event_line
from osu_beatmap.files.hit_object_lines import parse_object_line
from osu_beatmap.files.key_values import DIFFICULTY_NUMBERS, METADATA_NUMBERS, METADATA_TEXTS
from osu_beatmap.files.number_fields import FieldError, parse_float, parse_int, quote_text, time_offset_ms
from osu_beatmap.files.timing_point_lines import DEFAULT_VOLUME, parse_timing_line
from osu_beatmap.quirks import NO_QUIRKS, Quirks

MAX_FILE_BYTES = 64 * 2**20
MAX_LINES = 1_000_000
MAX_OBJECTS = 500_000
MAX_SLIDES_IN_FILE = 1_000_000
"""More than any beatmap has; without limits, a small file takes gigabytes."""

LONG_PATH_POINTS = 100
MAX_LONG_PATHS_WORK = 20_000_000
"""Bound on the squares of the points of paths longer than that, in one file: a second or two of computing curves."""

MAX_LINE_CHARACTERS = 1 << 20
FIRST_WARNINGS = 5
MAX_WARNINGS = 50
NEWEST_STABLE_VERSION = 14

SLIDER_MULTIPLIER_RANGE = (0.4, 3.6)
SLIDER_TICK_RATE_RANGE = (0.5, 8.0)

SECTIONS = ("General", "Editor", "Metadata", "Difficulty", "Events", "TimingPoints", "Colours", "HitObjects")
KEY_VALUE_SECTIONS = ("General", "Editor", "Metadata", "Difficulty", "Colours")

_HEADER = re.compile(r"osu file format v(\d{1,4})\b")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def read_beatmap(path: str | Path, warnings: list[str] | None = None, quirks: Quirks = NO_QUIRKS) -> Beatmap:
    """Read a .osu file, or raise BeatmapError.

    `warnings` gains one sentence per skipped or repaired line. With `quirks`, the beatmap is for encoding only: its
    paths are not those that osu! plays.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BeatmapError(f"{path.name} is larger than {MAX_FILE_BYTES >> 20} MiB, the limit for a beatmap.")
        data = path.read_bytes()
    except OSError as error:
        raise BeatmapError(f"{path} cannot be read: {error.strerror or error}.") from None
    return parse_beatmap(decode_osu_bytes(data), path.name, warnings, quirks)


def first_warnings(warnings: Sequence[str]) -> list[str]:
    """Return the first warnings of a file, and the number of others."""
    more = len(warnings) - FIRST_WARNINGS
    return [*warnings[:FIRST_WARNINGS], *([f"{more} more lines with such errors"] if more > 0 else [])]


def decode_osu_bytes(data: bytes) -> str:
    """Decode a .osu file: UTF-8, UTF-16, or Shift-JIS of old editors.

    osu! writes UTF-8. Never raises: bytes that fit none of these become UTF-8 with replacement characters.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if data[1:2] == b"\0" or data[:1] == b"\0":
        # No .osu file starts with NUL or has one second, except in UTF-16 without a byte order mark.
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("utf-8-sig", errors="replace")
    damaged = text.count("\ufffd")
    if sum(character > "\x7f" for character in text) > 2 * damaged or damaged == 1:
        return text  # UTF-8 with a few broken bytes, such as a file that was cut within a character
    try:
        return data.decode("cp932")
    except UnicodeDecodeError:
        return text


def parse_beatmap(text: str, name: str = "", warnings: list[str] | None = None, quirks: Quirks = NO_QUIRKS) -> Beatmap:
    """Parse the beatmap in `text`, or raise BeatmapError.

    `name` names it in messages. Missing sections and values keep the defaults of `Beatmap`; a missing approach rate
    follows the overall difficulty. Formats before 5 get their 24 ms added, and `format_version` stays that of the file.
    Hit objects are in time order, objects at one time in file order.
    """
    reader = _Reader(name or "The text", [] if warnings is None else warnings, quirks)
    if text.count("\n") + text.count("\r") > 2 * MAX_LINES:
        raise BeatmapError(f"{reader.name} has over {MAX_LINES} lines, the limit for a beatmap.")
    reader.read(_LINE_BREAK.split(text.lstrip("\ufeff")))
    return reader.beatmap


@dataclass
class _Reader:
    """The state of reading one file."""

    name: str
    warnings: list[str]
    quirks: Quirks = NO_QUIRKS
    beatmap: Beatmap = field(default_factory=Beatmap)
    has_approach_rate: bool = False
    default_volume: int = DEFAULT_VOLUME
    skipped: int = 0
    slides: int = 0
    paths_work: int = 0
    first_bad_object: str = ""
    unknown_curves: set[str] = field(default_factory=set)

    def read(self, lines: list[str]) -> None:
        first = self._read_header(lines)
        handlers: dict[str, Callable[[str], None]] = {
            "Events": self._read_event,
            "TimingPoints": self._read_timing_point,
            "HitObjects": self._read_hit_object,
            **{section: self._key_value_handler(section) for section in KEY_VALUE_SECTIONS},
        }
        section = ""
        found: set[str] = set()
        for number, line in enumerate(lines[first:], first + 1):
            if not line.startswith("["):
                self._keep_line(section, line)
            if not line or line.isspace() or line.lstrip().startswith("//"):
                continue
            if line[0] in " _" and section != "Events":
                continue  # osu! takes these for storyboard commands wherever they stand
            line = line.rstrip()
            if line[0] == "[" and line[-1] == "]":
                self._begin_section(section, line[1:-1])
                section = line[1:-1]
                found.add(section)
            elif section in handlers:
                self._read_line(handlers[section], section, number, line)
        self._finish(found)

    def _read_header(self, lines: list[str]) -> int:
        """Set the format version; return the index of the next line."""
        for index, line in enumerate(lines):
            if not line.strip():
                continue
            header = _HEADER.match(line.strip())
            if header:
                self.beatmap.format_version = int(header.group(1))
                return index + 1
            # osu! then takes the file for the newest of the format's common versions.
            self._warn(f"line {index + 1}: no 'osu file format' line, read as version {NEWEST_STABLE_VERSION}")
            return index
        raise BeatmapError(f"{self.name} is empty.")

    def _begin_section(self, before: str, section: str) -> None:
        sections = self.beatmap.kept.sections
        if section not in SECTIONS:
            follows = sections[-1][0] if before not in SECTIONS and sections else before
            sections.append((follows, section, []))

    def _keep_line(self, section: str, line: str) -> None:
        kept = self.beatmap.kept
        if section == "Events":
            kept.event_lines += [line] if line and not line.isspace() else []
        elif section and section not in SECTIONS and kept.sections:
            kept.sections[-1][2].append(line)

    def _read_line(self, handler: Callable[[str], None], section: str, number: int, line: str) -> None:
        if len(line) > MAX_LINE_CHARACTERS:
            self._warn(f"line {number} of [{section}] skipped: it has over {MAX_LINE_CHARACTERS} characters")
            return
        comment = line.find("//")
        # Titles and storyboard file names may hold two slashes.
        if comment > 0 and section not in ("Metadata", "Events"):
            line = line[:comment].rstrip()
        try:
            handler(line)
        except FieldError as error:
            message = f"line {number} of [{section}] skipped: {error}"
            if section == "HitObjects" and not self.first_bad_object:
                self.first_bad_object = message
            entries = {"HitObjects": self.beatmap.hit_objects, "TimingPoints": self.beatmap.timing_points}.get(section)
            if entries is not None:
                self.beatmap.kept.unread.setdefault(section, []).append((len(entries), line))
            self._warn(message)

    def _finish(self, found: set[str]) -> None:
        beatmap = self.beatmap
        if found.isdisjoint(SECTIONS):
            raise BeatmapError(f"{self.name} is not an osu! beatmap: it has none of a beatmap's sections.")
        if self.first_bad_object and not beatmap.hit_objects:
            raise BeatmapError(f"{self.name} has no readable hit object: {self.first_bad_object}.")
        if not self.has_approach_rate:
            beatmap.difficulty.approach_rate = beatmap.difficulty.overall_difficulty
        beatmap.hit_objects.sort(key=lambda obj: obj.time_ms)
        if self.unknown_curves:
            names = ", ".join(quote_text(name) for name in sorted(self.unknown_curves)[:MAX_WARNINGS])
            self._warn(f"unknown curve types of sliders ({names}) read as osu! reads them, and kept as they are")
        if self.skipped > MAX_WARNINGS:
            self.warnings.append(f"{self.skipped - MAX_WARNINGS} more lines with such errors")

    def _warn(self, message: str) -> None:
        self.skipped += 1
        if self.skipped <= MAX_WARNINGS:
            self.warnings.append(message)

    # ---- sections of key and value ----

    def _key_value_handler(self, section: str) -> Callable[[str], None]:
        reads = {
            "General": self._read_general,
            "Metadata": self._read_metadata,
            "Difficulty": self._read_difficulty,
            "Colours": self._read_colour,
        }
        known = reads.get(section)

        def handle(line: str) -> None:
            key, separator, value = line.partition(":")
            key, value = key.strip(), value.strip()
            if known is not None and known(key, value):
                return
            if separator and key[:1].isalnum():
                self.beatmap.other.setdefault(section, {})[key] = value
            else:
                raise FieldError(f"{quote_text(line)} is no 'key: value'")

        return handle

    def _read_general(self, key: str, value: str) -> bool:
        beatmap = self.beatmap
        match key:
            case "AudioFilename":
                beatmap.audio_filename = value.replace("\\", "/")
            case "AudioLeadIn":
                beatmap.audio_lead_in_ms = parse_float(value)
            case "PreviewTime":
                preview_ms = parse_float(value)
                is_unset = preview_ms == -1
                beatmap.preview_time_ms = -1.0 if is_unset else preview_ms + time_offset_ms(beatmap.format_version)
            case "Countdown":
                beatmap.countdown = parse_int(value)
            case "SampleSet":
                beatmap.sample_set = _sample_set_named(value)
            case "StackLeniency":
                beatmap.stack_leniency = parse_float(value)
            case "Mode":
                if value not in ("0", "1", "2", "3"):
                    raise BeatmapError(f"{self.name} is for mode {quote_text(value)}; osu! has the modes 0 to 3.")
                beatmap.mode = GameMode(int(value))
            case "SampleVolume":
                self.default_volume = parse_int(value)
                return False  # kept among the other lines
            case _:
                return False
        return True

    def _read_metadata(self, key: str, value: str) -> bool:
        metadata = self.beatmap.metadata
        if key in METADATA_TEXTS:
            setattr(metadata, METADATA_TEXTS[key], value)
        elif key == "Tags":
            metadata.tags = [tag for tag in value.split(" ") if tag]
        elif key in METADATA_NUMBERS:
            setattr(metadata, METADATA_NUMBERS[key], parse_int(value))
        else:
            return False
        return True

    def _read_difficulty(self, key: str, value: str) -> bool:
        if key not in DIFFICULTY_NUMBERS:
            return False
        number = parse_float(value)
        if key == "ApproachRate":
            self.has_approach_rate = True
        elif key == "SliderMultiplier" and not (self.quirks.free_multiplier and number > 0):
            number = _clamp(number, SLIDER_MULTIPLIER_RANGE)
        elif key == "SliderTickRate":
            number = _clamp(number, SLIDER_TICK_RATE_RANGE)
        setattr(self.beatmap.difficulty, DIFFICULTY_NUMBERS[key], number)
        return True

    def _read_colour(self, key: str, value: str) -> bool:
        if not key.startswith("Combo"):
            return False
        parts = [parse_int(part) for part in value.split(",")]
        if len(parts) not in (3, 4) or not all(0 <= part <= 255 for part in parts):
            raise FieldError(f"{quote_text(value)} is not a colour of three numbers from 0 to 255")
        number = key.removeprefix("Combo")
        self.beatmap.combo_colours.append((parts[0], parts[1], parts[2]))
        own = int(number) if number.isdecimal() and len(number) < 4 else len(self.beatmap.combo_colours)
        self.beatmap.combo_colour_numbers.append(own)
        return True

    # ---- sections of comma-separated lines ----

    def _read_event(self, line: str) -> None:
        read_event_line(line, self.beatmap)

    def _read_hit_object(self, line: str) -> None:
        obj = parse_object_line(line, self.beatmap.format_version, self.quirks)
        if isinstance(obj, Slider):
            self._count_slider(obj)
            self.unknown_curves |= {segment.written for segment in obj.segments} - {""}
        if len(self.beatmap.hit_objects) >= MAX_OBJECTS or self.slides > MAX_SLIDES_IN_FILE:
            limits = f"{MAX_OBJECTS} objects or {MAX_SLIDES_IN_FILE} slides"
            raise BeatmapError(f"{self.name} has over {limits}, the limit for a beatmap.")
        self.beatmap.hit_objects.append(obj)

    def _count_slider(self, slider: Slider) -> None:
        """Raise FieldError for more long slider paths than can be computed."""
        points = sum(len(segment.points) for segment in slider.segments)
        if points > LONG_PATH_POINTS:
            if self.paths_work + points**2 > MAX_LONG_PATHS_WORK:
                at = clock(slider.time_ms)
                raise FieldError(f"the slider at {at} has {points} points, after many others with as long a path")
            self.paths_work += points**2
        self.slides += slider.slides

    def _read_timing_point(self, line: str) -> None:
        beatmap = self.beatmap
        point = parse_timing_line(line, beatmap.format_version, beatmap.sample_set, self.default_volume)
        if self.quirks.any_effect_is_kiai and point.effects:
            point.effects = EFFECT_KIAI
        if self.quirks.early_old_formats:
            point.time_ms -= time_offset_ms(beatmap.format_version)
        beatmap.timing_points.append(point)


def _clamp(value: float, limits: tuple[float, float]) -> float:
    return min(limits[1], max(limits[0], value))


def _sample_set_named(text: str) -> int:
    """Return a sample set by its name, or by its number.

    Some editors write the number.
    """
    for sample_set, name in enumerate(("none", "normal", "soft", "drum")):
        if text.lower() in (name, str(sample_set)):
            return sample_set
    raise FieldError(f"{quote_text(text)} is not a sample set")
