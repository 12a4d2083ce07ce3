"""One line of [TimingPoints] and one TimingPoint: reading and writing.

Repairs follow osu!(lazer): a red line at or below 0 ms per beat is played at 6 ms per beat, a green line whose beat
length is NaN leaves the slider velocity alone.
"""

from __future__ import annotations

from osu_beatmap.beatmap import SampleSet, TimingPoint
from osu_beatmap.files.number_fields import (
    FieldError,
    format_number,
    parse_float,
    parse_int,
    quote_text,
    time_offset_ms,
)
from osu_beatmap.timing.beat_grid import MIN_BEAT_LENGTH_MS

NO_SV_CHANGE = -100.0
DEFAULT_METER = 4
MAX_METER = 64
"""Longest bar of 12,000 red lines of human-made maps, in beats. A longer one is a number that no work may follow."""

DEFAULT_VOLUME = 100


def parse_timing_line(
    line: str, format_version: int, default_sample_set: int = SampleSet.NORMAL, default_volume: int = DEFAULT_VOLUME
) -> TimingPoint:
    """Parse a timing point, or raise FieldError.

    The time offset of old formats is applied. Old formats stop after the second field or later ones; the defaults are
    those of the map's [General].
    """
    fields = [part.strip() for part in line.split(",")]
    if len(fields) < 2:
        raise FieldError(f"{quote_text(line)} has no beat length")
    is_nan = fields[1].lower() == "nan"
    beat_length_ms = NO_SV_CHANGE if is_nan else parse_float(fields[1])
    # Without the seventh field only the negative beat length tells a green line.
    uninherited = fields[6][:1] == "1" if len(fields) > 6 else beat_length_ms >= 0
    if is_nan and uninherited:
        raise FieldError("the beat length of a red line is not a number")
    stated_beat_length_ms = beat_length_ms if uninherited and beat_length_ms <= 0 else None
    if stated_beat_length_ms is not None:
        beat_length_ms = MIN_BEAT_LENGTH_MS
    sample_set = parse_int(fields[3]) if len(fields) > 3 else int(default_sample_set)
    stated_meter = parse_int(fields[2]) if len(fields) > 2 else DEFAULT_METER
    meter = min(stated_meter, MAX_METER) if stated_meter > 0 else DEFAULT_METER
    return TimingPoint(
        time_ms=parse_float(fields[0]) + time_offset_ms(format_version),
        beat_length_ms=beat_length_ms,
        meter=meter,
        sample_set=sample_set if SampleSet.AUTO <= sample_set <= SampleSet.DRUM else int(SampleSet.AUTO),
        sample_index=parse_int(fields[4]) if len(fields) > 4 else 0,
        volume=parse_int(fields[5]) if len(fields) > 5 else default_volume,
        uninherited=uninherited,
        effects=parse_int(fields[7]) if len(fields) > 7 else 0,
        stated_beat_length_ms=stated_beat_length_ms,
        stated_meter=stated_meter if uninherited and stated_meter != meter else None,
    )


def format_timing_line(point: TimingPoint, format_version: int) -> str:
    """Return the line that `parse_timing_line` reads back.

    Raises:
        BeatmapError: osu! would refuse a number.
    """
    times = (point.time_ms - time_offset_ms(format_version), point.beat_length_ms)
    sounds = (point.meter, point.sample_set, point.sample_index, point.volume)
    numbers = (int(number) for number in (*sounds, point.uninherited, point.effects))
    return ",".join([*map(format_number, times), *map(str, numbers)])
