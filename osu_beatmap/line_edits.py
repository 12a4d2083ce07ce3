"""Edits of a .osu file that keep unchanged entries byte for byte.

Compared are hit objects, timing points, breaks, the preview time, and the name and ID of the difficulty. Other
differences between the two maps are not written.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from osu_beatmap.beatmap import Beatmap, Break, HitObject, TimingPoint
from osu_beatmap.files.event_lines import format_break_line, parse_break_line
from osu_beatmap.files.file_text import FileText, bare_line, read_entry
from osu_beatmap.files.hit_object_lines import format_object_line, parse_object_line
from osu_beatmap.files.number_fields import FieldError, format_number, time_offset_ms
from osu_beatmap.files.reader import decode_osu_bytes, parse_beatmap
from osu_beatmap.files.timing_point_lines import DEFAULT_VOLUME, format_timing_line, parse_timing_line

Entry = HitObject | TimingPoint | Break


def rewrite(data: bytes, edited: Beatmap) -> bytes:
    """Return the file `data` with an edited map's entries.

    Raises:
        BeatmapError: The file is no beatmap.
    """
    given = parse_beatmap(decode_osu_bytes(data))
    version = given.format_version
    text = FileText.of(data)
    sections = {
        "HitObjects": _Section(given.hit_objects, edited.hit_objects, lambda each: format_object_line(each, version)),
        "TimingPoints": _Section(
            given.timing_points, edited.timing_points, lambda each: format_timing_line(each, version)
        ),
        "Events": _Section(given.breaks, edited.breaks, lambda each: format_break_line(each, version)),
    }
    text.lines = list(_rewrite(text, given, sections, _changed_values(given, edited)))
    return text.data()


class _Section:
    """Entries of a section that stay, and those that are new."""

    def __init__(self, original: Sequence[Entry], edited: Sequence[Entry], write: Callable[[Entry], str]) -> None:
        stays = Counter(map(repr, edited))
        self._kept: Counter[str] = Counter()
        for entry in original:
            if stays[repr(entry)]:
                stays[repr(entry)] -= 1
                self._kept[repr(entry)] += 1
        self._given = Counter(map(repr, original))
        self._new: list[tuple[float, str]] = []
        for entry in reversed(edited):
            if stays[repr(entry)]:
                stays[repr(entry)] -= 1
                self._new.insert(0, (_time_ms(entry), write(entry)))

    def keeps(self, entry: Entry) -> bool:
        """Return whether the line of an entry stays; call once per line."""
        key = repr(entry)
        if self._given[key]:
            self._given[key] -= 1
            self._kept[key] -= 1
            return self._kept[key] >= 0
        return True

    def pop_before(self, time_ms: float) -> list[str]:
        """Return the new lines before a time that were not written yet."""
        count = sum(entry_ms < time_ms for entry_ms, _ in self._new)
        taken, self._new = self._new[:count], self._new[count:]
        return [line for _, line in taken]


def _rewrite(
    text: FileText, original: Beatmap, sections: dict[str, _Section], values: dict[str, dict[str, str]]
) -> Iterator[str]:
    name, blanks = "", []
    for line in text.lines:
        bare = bare_line(line)
        if bare.startswith("[") and bare.endswith("]"):
            yield from map(text.encode, sections[name].pop_before(math.inf) if name in sections else ())
            yield from blanks
            name, blanks = bare[1:-1], []
        elif not bare and name in sections:
            blanks.append(line)  # new entries come before the blank lines at the end of a section
            continue
        elif name in sections:
            yield from blanks
            blanks = []
            entry = _parse(name, bare, original)
            if entry is not None:
                yield from map(text.encode, sections[name].pop_before(_time_ms(entry)))
                if not sections[name].keeps(entry):
                    continue
        elif (key := bare.partition(":")[0].strip()) in values.get(name, {}):
            start = line[: len(line) - len(line.partition(":")[2].lstrip())]
            yield text.encode(start.rstrip("\r\n") + values[name][key])
            continue
        yield line
    rest = sections[name].pop_before(math.inf) if name in sections else []
    if rest and not text.lines[-1].endswith(("\r", "\n")):
        yield text.line_end
    yield from map(text.encode, rest)
    yield from blanks


def _parse(section: str, line: str, original: Beatmap) -> Entry | None:
    version = original.format_version
    if section == "Events":
        try:
            return parse_break_line(line, version) if line.partition(",")[0] in ("2", "Break") else None
        except FieldError:
            return None
    if section == "HitObjects":
        return read_entry(parse_object_line, line, version)
    volume = int(original.other.get("General", {}).get("SampleVolume", DEFAULT_VOLUME))
    parse = partial(parse_timing_line, default_sample_set=original.sample_set, default_volume=volume)
    return read_entry(parse, line, version)


def _time_ms(entry: Entry) -> float:
    return entry.start_ms if isinstance(entry, Break) else entry.time_ms


def _changed_values(original: Beatmap, edited: Beatmap) -> dict[str, dict[str, str]]:
    """Return section -> key -> value of the values that differ."""
    offset_ms = time_offset_ms(original.format_version)
    pairs = {
        ("General", "PreviewTime"): (original.preview_time_ms - offset_ms, edited.preview_time_ms - offset_ms),
        ("Metadata", "Version"): (original.metadata.version, edited.metadata.version),
        ("Metadata", "BeatmapID"): (original.metadata.beatmap_id, edited.metadata.beatmap_id),
    }
    changed: dict[str, dict[str, str]] = {}
    for (section, key), (old, new) in pairs.items():
        if old != new:
            changed.setdefault(section, {})[key] = new if isinstance(new, str) else format_number(new)
    return changed
