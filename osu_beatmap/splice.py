"""Replacement of a beatmap's span; every byte outside stays.

Objects and green lines of the span go into the file. Red lines stay too, inside the span as well: given timing is kept.
At the end of the span a green line restores the previous state, unless the file states it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from osu_beatmap.beatmap import EFFECT_KIAI, Beatmap, GameMode, HitObject, TimingPoint
from osu_beatmap.files.event_lines import parse_break_line
from osu_beatmap.files.file_text import FileText, bare_line, read_entry
from osu_beatmap.files.hit_object_lines import format_object_line, parse_object_line
from osu_beatmap.files.number_fields import FieldError
from osu_beatmap.files.reader import decode_osu_bytes, parse_beatmap
from osu_beatmap.files.timing_point_lines import format_timing_line, parse_timing_line
from osu_beatmap.rules.objects import MIN_COLUMN_GAP_MS, MIN_GAP_MS
from osu_beatmap.timing.active_point import Timing, end_time_ms, sv_of


@dataclass(frozen=True, slots=True)
class Span:
    """The times from `start_ms` up to, but without, `end_ms`."""

    start_ms: float = 0.0
    end_ms: float = math.inf

    def __contains__(self, time_ms: float) -> bool:
        return self.start_ms <= time_ms < self.end_ms


def splice(data: bytes, generated: Beatmap, span: Span) -> bytes:
    """Return the file `data` with a regenerated span.

    The objects of `generated` that begin in the span, and the lines that they need, replace its own. `generated` has
    the red lines of the file. Breaks that would overlap new objects are removed.

    Raises:
        BeatmapError: The file is not a beatmap.
    """
    given = parse_beatmap(decode_osu_bytes(data))
    kept = [item for item in given.hit_objects if item.time_ms not in span]
    new = list(
        _select_fitting([item for item in generated.hit_objects if item.time_ms in span], generated, kept, given)
    )
    lines = _lines_of_span(Timing(given.timing_points), Timing(generated.timing_points), span)
    text = FileText.of(data)
    text.lines = list(_rewrite(text, given, span, new, lines))
    return text.data()


def _select_fitting(
    new: Sequence[HitObject], generated: Beatmap, fixed: Sequence[HitObject], original: Beatmap
) -> Iterator[HitObject]:
    """Yield the new objects that do not collide with kept neighbours."""
    made_timing, timing = Timing(generated.timing_points), Timing(original.timing_points)
    is_mania = original.mode is GameMode.MANIA
    gap_ms = MIN_COLUMN_GAP_MS if is_mania else MIN_GAP_MS
    taken = [
        (item.time_ms - gap_ms, end_time_ms(item, timing, original.difficulty) + gap_ms, item.x if is_mania else 0.0)
        for item in fixed
    ]
    for item in new:
        end_ms = end_time_ms(item, made_timing, generated.difficulty)
        column = item.x if is_mania else 0.0
        if not any(column == place and item.time_ms < last and end_ms > first for first, last, place in taken):
            yield item


def _state(timing: Timing, time_ms: float) -> TimingPoint:
    """Return the state at a time as a green line there."""
    line = timing.line_at(time_ms)
    return replace(
        line,
        time_ms=time_ms,
        beat_length_ms=-100.0 / timing.sv_at(time_ms),
        uninherited=False,
        effects=line.effects & EFFECT_KIAI if timing.kiai_at(time_ms) else 0,
    )


def _is_alike(one: TimingPoint, other: TimingPoint) -> bool:
    def audible_values(line: TimingPoint) -> tuple:
        return round(sv_of(line), 6), line.sample_set, line.sample_index, line.volume, line.kiai

    return audible_values(one) == audible_values(other)


def _lines_of_span(original: Timing, generated: Timing, span: Span) -> list[TimingPoint]:
    """Return the green lines of a span.

    They make the span equal to `generated`, and the time after it equal to `original`.
    """
    reds = {line.time_ms: line for line in original.reds if line.time_ms in span}
    changes_ms = {line.time_ms for line in generated.points if line.time_ms in span} | set(reds)
    if math.isfinite(span.start_ms):
        changes_ms.add(span.start_ms)
    lines: list[TimingPoint] = []
    before = [line for line in original.points if line.time_ms < span.start_ms]
    holds = _state(Timing(before), span.start_ms) if any(line.uninherited for line in before) else None
    for time_ms in sorted(changes_ms):
        if time_ms in reds:
            holds = _state(Timing([reds[time_ms]]), time_ms)
        wanted = _state(generated, time_ms)
        if holds is not None and not _is_alike(holds, wanted):  # before the first red line nothing holds
            lines.append(wanted)
            holds = wanted
    stated = any(line.time_ms == span.end_ms for line in original.points)
    if math.isfinite(span.end_ms) and not stated and holds is not None:
        afterwards = _state(original, span.end_ms)
        if not _is_alike(holds, afterwards):
            lines.append(afterwards)
    return lines


def _rewrite(
    text: FileText, original: Beatmap, span: Span, new: Sequence[HitObject], lines: Sequence[TimingPoint]
) -> Iterator[str]:
    """Yield the lines of the new file.

    Old lines stay; new ones come at their places.
    """
    version = original.format_version
    pending = {
        "HitObjects": _Pending([(item.time_ms, format_object_line(item, version)) for item in new]),
        "TimingPoints": _Pending([(line.time_ms, format_timing_line(line, version)) for line in lines]),
    }
    parse = {"HitObjects": parse_object_line, "TimingPoints": parse_timing_line}
    section = ""
    for line in text.lines:
        bare = bare_line(line)
        if bare.startswith("[") and bare.endswith("]"):
            yield from map(text.encode, pending.pop(section).pop_before(math.inf) if section in pending else ())
            section = bare[1:-1]
        elif section in pending:
            entry = read_entry(parse[section], bare, version)
            if entry is not None:
                # A green line comes after the red one of its time, and an object before those that follow.
                yield from map(text.encode, pending[section].pop_before(entry.time_ms))
                is_red = isinstance(entry, TimingPoint) and entry.uninherited
                if entry.time_ms in span and not is_red:
                    continue
        elif section == "Events" and _covers(bare, version, new):
            continue
        yield line
    ended = not text.lines or text.lines[-1].endswith(("\r", "\n"))
    rest = [added for part in pending.values() for added in part.pop_before(math.inf)]
    if rest and not ended:
        yield text.line_end
    yield from map(text.encode, rest)


class _Pending:
    """Unwritten new lines of a section with their times, in order."""

    def __init__(self, entries: Sequence[tuple[float, str]]) -> None:
        self._entries = list(entries)

    def pop_before(self, time_ms: float) -> list[str]:
        count = sum(entry_ms < time_ms for entry_ms, _ in self._entries)
        taken, self._entries = self._entries[:count], self._entries[count:]
        return [line for _, line in taken]


def _covers(line: str, format_version: int, new: Sequence[HitObject]) -> bool:
    """Return whether an event line is a break over a new object."""
    if line.partition(",")[0] not in ("2", "Break"):
        return False
    try:
        pause = parse_break_line(line, format_version)
    except FieldError:
        return False
    return any(pause.start_ms < item.time_ms < pause.end_ms for item in new)
