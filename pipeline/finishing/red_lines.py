"""Red lines inside the song, the first one before the first object where the song has room for it."""

from __future__ import annotations

import math
from dataclasses import replace

from osu_beatmap.model import TimingPoint
from osu_beatmap.timing import Timing
from pipeline.finishing.report import FinishReport
from pipeline.finishing.ticks import whole_ms
from pipeline.finishing.working import WorkingMap


def reds_inside_song(work: WorkingMap, report: FinishReport) -> None:
    """Red lines outside the song go, but where they set the tempo inside it: then they move by whole bars."""
    reds = work.timing.reds
    early = [red for red in reds if red.time_ms < 0]
    inside = [red for red in reds if 0 <= red.time_ms <= work.song_ms]
    if early:
        moved = _brought_inside(early[-1], inside[0].time_ms if inside else work.song_ms)
        if moved is not None:
            inside.insert(0, moved)
    if not inside:
        moved = _brought_inside(reds[0], work.song_ms)
        inside = [moved if moved is not None else replace(reds[0], time_ms=0.0)]
    first = _before_objects(inside[0], work)
    inside[0] = first
    if [red.time_ms for red in inside] != [red.time_ms for red in reds]:
        report.count("red lines outside the song or after the first object")
        work.timing = Timing(inside)


def _brought_inside(red: TimingPoint, limit_ms: float) -> TimingPoint | None:
    """The line at the first of its downbeats, or else beats, of 0 ms or later; None if that is not before a limit."""
    for step_ms in (red.beat_length_ms * max(1, red.meter), red.beat_length_ms):
        time_ms = float(round(red.time_ms - math.floor(red.time_ms / step_ms) * step_ms))
        if 0 <= time_ms < limit_ms:
            return replace(red, time_ms=time_ms)
    return None


def _before_objects(red: TimingPoint, work: WorkingMap) -> TimingPoint:
    """The line moved back by whole bars, or else beats, so that no object comes before it."""
    first_ms = min((piece.start_ms for piece in work.pieces), default=red.time_ms)
    if first_ms >= red.time_ms:
        return red
    for step_ms in (red.beat_length_ms * max(1, red.meter), red.beat_length_ms):
        time_ms = whole_ms(red.time_ms - math.ceil((red.time_ms - first_ms) / step_ms) * step_ms)
        if time_ms >= 0:
            return replace(red, time_ms=time_ms)
    return red
