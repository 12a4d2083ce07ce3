"""Red lines inside the song, the first before the first object.

The latter needs room in the song.
"""

from __future__ import annotations

import math
from dataclasses import replace

from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.timing.active_point import Timing
from pipeline.finishing.report import FinishReport
from pipeline.finishing.ticks import ROUNDING_MS
from pipeline.finishing.working_map import WorkingMap

MAX_TRIED_STEPS = 16


def move_reds_into_song(work: WorkingMap, report: FinishReport) -> None:
    """Remove red lines outside the song.

    If they set the tempo inside it, they move along their own grid instead.
    """
    reds = work.timing.reds
    early = [red for red in reds if red.time_ms < 0]
    inside = [red for red in reds if 0 <= red.time_ms <= work.song_ms]
    if early:
        limit_ms = inside[0].time_ms if inside else work.song_ms
        inside = [*_move_within(early[-1], 0.0, limit_ms), *inside]
    if not inside:
        inside = _move_within(reds[0], 0.0, work.song_ms) or [replace(reds[0], time_ms=0.0)]
    _set_reds(work, inside, "red lines outside the song", report)


def move_red_before_objects(work: WorkingMap, report: FinishReport) -> None:
    """Move the first red line to or before the first object.

    It moves by whole bars if there is room, so that bars stay bars.
    """
    first, *later = work.timing.reds
    first_ms = min((piece.start_ms for piece in work.pieces), default=first.time_ms)
    if first_ms < first.time_ms:
        moved = _move_by(first, _bar_ms(first), 0.0, first_ms + ROUNDING_MS) or [first]
        _set_reds(work, [*moved, *later], "red lines after the first object", report)


def _move_within(red: TimingPoint, earliest_ms: float, limit_ms: float) -> list[TimingPoint]:
    """Return the line on one of its downbeats or beats inside.

    The span limits it; the list is empty if none is there.
    """
    by_bars = _move_by(red, _bar_ms(red), earliest_ms, limit_ms)
    return by_bars or _move_by(red, red.beat_length_ms, earliest_ms, limit_ms)


def _move_by(red: TimingPoint, step_ms: float, earliest_ms: float, limit_ms: float) -> list[TimingPoint]:
    """Return the line moved by steps into a span.

    Of the places nearest to its time, it takes the one whose time is nearest to a whole millisecond, since the whole
    grid moves by the fraction that is cut off.
    """
    lowest = math.ceil((earliest_ms - red.time_ms) / step_ms)
    highest = math.ceil((limit_ms - red.time_ms) / step_ms) - 1
    nearest_first = range(lowest, highest + 1) if lowest >= 0 else range(highest, lowest - 1, -1)
    times_ms = [red.time_ms + number * step_ms for number in nearest_first[:MAX_TRIED_STEPS]]
    if not times_ms:
        return []
    best_ms = min(times_ms, key=lambda time_ms: round(abs(time_ms - round(time_ms)), 2))
    return [replace(red, time_ms=float(round(best_ms)))]


def _bar_ms(red: TimingPoint) -> float:
    return red.beat_length_ms * max(1, red.meter)


def _set_reds(work: WorkingMap, reds: list[TimingPoint], repair: str, report: FinishReport) -> None:
    if [red.time_ms for red in reds] != [red.time_ms for red in work.timing.reds]:
        report.count(repair)
        work.timing = Timing(reds)
