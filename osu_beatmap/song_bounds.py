"""Part of a beatmap inside its song.

It bounds all work over times that a file states.

A file may state any time: a note after weeks, a red line before decades. Everything that walks over beats, bars or
surroundings is given the beatmap of `part_in_song`, so that its work follows the length of the song. Rules read the
whole beatmap, and a file that is written keeps what is outside (`SongPart.with_outside`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from osu_beatmap.beatmap import Beatmap, Break, HitObject, HoldNote, Slider, Spinner, TimingPoint
from osu_beatmap.editor_notation import clock
from osu_beatmap.errors import BeatmapError
from osu_beatmap.timing.active_point import Timing, end_time_ms
from osu_beatmap.timing.beat_grid import sort_lines

LONGEST_SONG_MS = 3 * 60 * 60 * 1000.0
"""Length of the longest song that is mapped; the bound if the song is not at hand."""

SLACK_MS = 60_000.0
"""Parts of human-made charts lie outside their song, by seconds."""

FEWEST_OBJECTS, OBJECTS_PER_S = 2_000, 100.0
FEWEST_LINES, LINES_PER_S = 10_000, 500.0
FEWEST_SLIDES, SLIDES_PER_S = 10_000, 100.0
"""A chart may have the first number, or the second for each second of its song if that is more."""

MAX_NOTES = 5

_KIND_NAMES = {Slider: "slider", Spinner: "spinner", HoldNote: "hold note"}
_UNITS_MS = (("year", 365.25 * 86_400_000), ("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000))

UNUSED = "it is not used"
Stray = tuple[float, str, str]
"""Time and name of something outside the song, and what becomes of it."""


@dataclass(frozen=True)
class SongPart:
    """A beatmap without what lies outside its song.

    Attributes:
        beatmap: The part inside; the given beatmap itself if nothing is outside.
        whole: The given beatmap.
        indices: Place of each kept object among those of the whole.
        notes: A sentence for each thing that is not used; many are counted.
    """

    beatmap: Beatmap
    whole: Beatmap
    indices: Sequence[int]
    notes: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        return self.beatmap is self.whole

    def with_outside(self, changed: Beatmap, with_lines: bool = True) -> Beatmap:
        """Return a changed copy of the part with what lies outside, unchanged.

        Args:
            changed: The part, with changes inside the song.
            with_lines: Whether its timing points are those of the part.
        """
        if self.is_whole:
            return changed
        kept = set(self.indices)
        outside = [obj for index, obj in enumerate(self.whole.hit_objects) if index not in kept]
        objects = sorted([*changed.hit_objects, *outside], key=lambda obj: obj.time_ms)
        lines = list(changed.timing_points)
        if with_lines:
            moved = _moved_lines(self)
            lines = sort_lines([*(line for line in lines if _key(line) not in moved), *_outside_lines(self)])
        return replace(changed, hit_objects=objects, timing_points=lines, breaks=self.whole.breaks)


def part_in_song(beatmap: Beatmap, song_ms: float = LONGEST_SONG_MS) -> SongPart:
    """Return the part of a beatmap that lies in its song.

    Red lines long before the song are left out. If it has no others, the last one moves by whole bars to the start of
    the song, which leaves its beats where they are.

    Raises:
        BeatmapError: The song is too short for so many objects, timing points or slides.
    """
    _check_counts(beatmap, song_ms)
    start_ms, end_ms = -SLACK_MS, song_ms + SLACK_MS
    indices, strays = _objects_inside(beatmap, start_ms, end_ms)
    lines, stray_lines = _lines_inside(beatmap.timing_points, start_ms, end_ms)
    breaks = [pause for pause in beatmap.breaks if _is_break_inside(pause, start_ms, end_ms)]
    if not strays and not stray_lines and len(breaks) == len(beatmap.breaks):
        return SongPart(beatmap, beatmap, range(len(beatmap.hit_objects)))
    objects = [beatmap.hit_objects[index] for index in indices]
    inside = replace(beatmap, hit_objects=objects, timing_points=lines, breaks=breaks)
    return SongPart(inside, beatmap, indices, tuple(_notes([*stray_lines, *strays], song_ms)))


def check_in_song(beatmap: Beatmap, song_ms: float) -> None:
    """Raise BeatmapError if anything of a beatmap lies outside its song."""
    part = part_in_song(beatmap, song_ms)
    if part.notes:
        raise BeatmapError(part.notes[0])


def _check_counts(beatmap: Beatmap, song_ms: float) -> None:
    song_s = max(0.0, song_ms) / 1000.0
    slides = sum(obj.slides for obj in beatmap.hit_objects if isinstance(obj, Slider))
    for count, fewest, per_s, name in (
        (len(beatmap.hit_objects), FEWEST_OBJECTS, OBJECTS_PER_S, "objects"),
        (len(beatmap.timing_points), FEWEST_LINES, LINES_PER_S, "timing points"),
        (slides, FEWEST_SLIDES, SLIDES_PER_S, "slides of sliders"),
    ):
        most = max(fewest, round(per_s * song_s))
        if count > most:
            raise BeatmapError(f"the beatmap has {count} {name}, more than the {most} of any map of {song_s:.0f} s")


def _objects_inside(beatmap: Beatmap, start_ms: float, end_ms: float) -> tuple[list[int], list[Stray]]:
    lines = [point for point in beatmap.timing_points if math.isfinite(point.time_ms + point.beat_length_ms)]
    timing = Timing(lines) if any(line.uninherited for line in lines) else None
    indices, strays = [], []
    for index, obj in enumerate(beatmap.hit_objects):
        last_ms = obj.time_ms
        if not isinstance(obj, Slider):
            last_ms = getattr(obj, "end_ms", last_ms)
        elif timing is not None:
            last_ms = end_time_ms(obj, timing, beatmap.difficulty)
        if obj.time_ms >= start_ms and last_ms <= end_ms:
            indices.append(index)
        else:
            stray_ms = obj.time_ms if obj.time_ms < start_ms else last_ms
            strays.append((stray_ms, _object_name(obj, stray_ms), UNUSED))
    return indices, strays


def _object_name(obj: HitObject, stray_ms: float) -> str:
    name = f"{_KIND_NAMES.get(type(obj), 'circle')}{_format_time(obj.time_ms)}"
    return f"The {name}" if stray_ms == obj.time_ms else f"The end of the {name}"


def _lines_inside(
    points: Sequence[TimingPoint], start_ms: float, end_ms: float
) -> tuple[list[TimingPoint], list[Stray]]:
    """Return the lines inside, including those active at the song's start."""
    early = sort_lines(point for point in points if point.time_ms < start_ms)
    kept = [point for point in points if start_ms <= point.time_ms <= end_ms]
    strays = [(point.time_ms, _line_name(point), UNUSED) for point in points if not start_ms <= point.time_ms <= end_ms]
    if not strays:
        return list(points), []
    reds = [point for point in early if point.uninherited]
    first: list[TimingPoint] = []
    if reds and not any(point.uninherited for point in kept):
        start_ms = _last_bar_line_ms(reds[-1], min([0.0, *(point.time_ms for point in kept)]))
        first.append(replace(reds[-1], time_ms=start_ms))
        moved = (reds[-1].time_ms, _line_name(reds[-1]), f"its bar line at {clock(start_ms)} is used instead")
        strays = [moved if stray[:2] == moved[:2] else stray for stray in strays]
    if early and not early[-1].uninherited:
        first.append(replace(early[-1], time_ms=start_ms))
    return [*first, *kept], strays


def _last_bar_line_ms(red: TimingPoint, before_ms: float) -> float:
    """Return the last bar line of a red line before a time."""
    bar_ms = Timing([red]).beat_length_at(red.time_ms) * max(1, red.meter)
    return red.time_ms + math.floor((before_ms - red.time_ms) / bar_ms) * bar_ms


def _line_name(point: TimingPoint) -> str:
    return f"The {'red' if point.uninherited else 'green'} line{_format_time(point.time_ms)}"


def _format_time(time_ms: float) -> str:
    return f" at {clock(time_ms)}" if math.isfinite(time_ms) else ""


def _is_break_inside(pause: Break, start_ms: float, end_ms: float) -> bool:
    return pause.start_ms >= start_ms and pause.end_ms <= end_ms


def _notes(strays: Sequence[Stray], song_ms: float) -> Iterator[str]:
    for time_ms, name, outcome in strays[:MAX_NOTES]:
        if not math.isfinite(time_ms):
            yield f"{name} has no valid time; {outcome}."
        elif time_ms < 0:
            yield f"{name} is {duration_text(-time_ms)} before the song; {outcome}."
        else:
            yield f"{name} is {duration_text(time_ms - song_ms)} after the song; {outcome}."
    if len(strays) > MAX_NOTES:
        yield f"{len(strays) - MAX_NOTES} more objects and lines outside the song are not used."


def duration_text(duration_ms: float) -> str:
    """Return a duration in the largest unit that it has one of."""
    name, unit_ms = next((unit for unit in _UNITS_MS if duration_ms >= unit[1]), ("second", 1000.0))
    count = round(duration_ms / unit_ms)
    return f"{count} {name}{'' if count == 1 else 's'}"


def _key(point: TimingPoint) -> tuple[float, float, bool]:
    return point.time_ms, point.beat_length_ms, point.uninherited


def _moved_lines(part: SongPart) -> set[tuple[float, float, bool]]:
    """Return the keys of lines that stand for earlier ones."""
    return set(map(_key, part.beatmap.timing_points)) - set(map(_key, part.whole.timing_points))


def _outside_lines(part: SongPart) -> list[TimingPoint]:
    kept = set(map(_key, part.beatmap.timing_points))
    return [point for point in part.whole.timing_points if _key(point) not in kept]
