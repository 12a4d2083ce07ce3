"""Numbers that osu! cannot use: not finite, or beyond what it reads.

The other rules see a map without the objects and lines that carry such numbers, so that no rule has to
think of NaN. Limits are those within which osu!lazer parses a beatmap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from osu_beatmap.beatmap import Beatmap, Break, HitObject, HoldNote, Slider, Spinner, TimingPoint
from osu_beatmap.files.hit_object_lines import MAX_SLIDES
from osu_beatmap.files.number_fields import MAX_COORDINATE_PX
from osu_beatmap.files.number_fields import MAX_VALUE as MAX_NUMBER
from osu_beatmap.rules.finding import Finding, problem

Field = tuple[str, float, float]
"""Name, value and limit of one number."""


def unusable_field(numbers: Iterator[Field]) -> str | None:
    """Return the name of the first unusable number.

    It is NaN, infinite or beyond its limit.
    """
    # The comparison is false for NaN, and safe for integers of any size, unlike math.isfinite.
    return next((name for name, value, limit in numbers if not -limit <= value <= limit), None)


def object_numbers(hit_object: HitObject) -> Iterator[Field]:
    """Yield the name, value and limit of every number of an object."""
    yield "time", hit_object.time_ms, MAX_NUMBER
    yield "x", hit_object.x, MAX_COORDINATE_PX
    yield "y", hit_object.y, MAX_COORDINATE_PX
    yield "hit sound", hit_object.hitsound, MAX_NUMBER
    yield "sample volume", hit_object.sample.volume, MAX_NUMBER
    yield "sample index", hit_object.sample.index, MAX_NUMBER
    if isinstance(hit_object, Spinner | HoldNote):
        yield "end time", hit_object.end_ms, MAX_NUMBER
    if isinstance(hit_object, Slider):
        yield "length", hit_object.length_px, MAX_COORDINATE_PX
        yield "number of slides", hit_object.slides, MAX_SLIDES
        for segment in hit_object.segments:
            for x, y in segment.points:
                yield "control point", x, MAX_COORDINATE_PX
                yield "control point", y, MAX_COORDINATE_PX


def line_numbers(line: TimingPoint) -> Iterator[Field]:
    """Yield the name, value and limit of every number of a line."""
    yield "time", line.time_ms, MAX_NUMBER
    yield "beat length", line.beat_length_ms, MAX_NUMBER
    yield "volume", line.volume, MAX_NUMBER
    yield "meter", line.meter, MAX_NUMBER


def is_usable_object(hit_object: HitObject) -> bool:
    return unusable_field(object_numbers(hit_object)) is None


def is_usable_line(line: TimingPoint) -> bool:
    """Return whether osu! can use the numbers of a line.

    A red line needs a beat of more than 0 ms.
    """
    return unusable_field(line_numbers(line)) is None and not (line.uninherited and line.beat_length_ms <= 0)


def is_usable_break(pause: Break) -> bool:
    return unusable_field(_break_numbers(pause)) is None


def unusable_numbers(beatmap: Beatmap) -> Iterator[Finding]:
    """Report numbers that are not finite or beyond osu!'s limits."""
    rule = "unusable_numbers"
    for index, hit_object in enumerate(beatmap.hit_objects):
        if name := unusable_field(object_numbers(hit_object)):
            time_ms = hit_object.time_ms if name != "time" else None
            yield problem(rule, time_ms, f"The {name} of object {index + 1} is not a number osu! can use.", index)
    for line in beatmap.timing_points:
        if name := unusable_field(line_numbers(line)):
            time_ms = line.time_ms if name != "time" else None
            yield problem(rule, time_ms, f"The {name} of a timing point is not a number osu! can use.")
        elif line.uninherited and line.beat_length_ms <= 0:
            yield problem(rule, line.time_ms, "The beat length of a red line is not above 0 ms.")
    for pause in beatmap.breaks:
        if unusable_field(_break_numbers(pause)):
            yield problem(rule, None, "A break starts or ends at a time that osu! cannot use.")
    if name := unusable_field(_find_setting_numbers(beatmap)):
        yield problem(rule, None, f"The {name} of the map is not a number osu! can use.")


def _break_numbers(pause: Break) -> Iterator[Field]:
    yield "start", pause.start_ms, MAX_NUMBER
    yield "end", pause.end_ms, MAX_NUMBER


def _find_setting_numbers(beatmap: Beatmap) -> Iterator[Field]:
    for setting in fields(beatmap.difficulty):
        yield setting.name.replace("_", " "), getattr(beatmap.difficulty, setting.name), MAX_NUMBER
    yield "stack leniency", beatmap.stack_leniency, MAX_NUMBER
    yield "preview time", beatmap.preview_time_ms, MAX_NUMBER
    yield "audio lead-in", beatmap.audio_lead_in_ms, MAX_NUMBER
    for colour in beatmap.combo_colours:
        for channel in colour:
            yield "combo colours", channel, MAX_NUMBER
