"""Snapping of times to ticks, with or without predicted divisors."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping

from osu_beatmap.beatmap import Circle, GameMode
from osu_beatmap.rules.lines import MAX_BEFORE_SV_LINE_MS
from osu_beatmap.timing.active_point import Timing
from pipeline.finishing.ticks import first_tick_ms, is_on_tick, whole_ms
from pipeline.finishing.working_map import (
    Piece,
    WorkingMap,
    drop_redundant_changes,
    edges_ms,
    move_changes,
    reduce_to_circle,
)

MAX_SHIFT_MS = 25.0
"""Half a step of quantisation, and what a model errs; a tick of the named divisor farther away was not meant."""

BINARY_COSTS_MS = {4: 0.0, 8: 10.0, 3: 6.0, 6: 8.0, 12: 14.0, 16: 16.0}
"""How much closer a tick of a rarer divisor must be to be believed. Every tick of 1/1 and 1/2 is one of 1/4."""

TERNARY_COSTS_MS = {3: 0.0, 6: 4.0, 4: 6.0, 8: 14.0, 12: 10.0, 16: 20.0}
"""The same for songs in triplets."""


SAME_TIME_MS = 1.0
END_DIVISORS = (4, 6, 8, 12, 16)
MAX_STRETCH_MS = 60.0
"""How far the end of a very short object may be moved to give it a duration at all."""

Divisors = Mapping[int, int]
"""Predicted beat divisors by the whole millisecond of the time that they are about; 0 is unknown."""


def meant_divisors_cost_ms(timing: Timing, times_ms: Iterable[float]) -> dict[int, float]:
    """Return the costs of divisors for a song.

    They depend on whether more of its times fit straight or triplet rhythm.
    """
    times_ms = list(times_ms)
    costs = (BINARY_COSTS_MS, TERNARY_COSTS_MS)
    totals = [sum(min(_costs(timing, time_ms, table)) for time_ms in times_ms) for table in costs]
    return costs[0] if totals[0] <= totals[1] else costs[1]


def meant_tick_ms(timing: Timing, time_ms: float, named_divisor: int, costs_ms: Mapping[int, float]) -> float:
    """Return the uncut tick of a time.

    `named_divisor` is the model's, 0 if it names none.
    """
    if named_divisor > 0:
        tick_ms = timing.snap(time_ms, named_divisor)
        if abs(tick_ms - time_ms) <= MAX_SHIFT_MS and is_on_tick(timing, tick_ms):
            return tick_ms
    costs = _costs(timing, time_ms, costs_ms)
    return timing.snap(time_ms, list(costs_ms)[costs.index(min(costs))])


def snap_pieces(work: WorkingMap, divisors: Divisors, keep_on_tick: bool = False) -> int:
    """Move all times to ticks; return the number of moved objects.

    They moved by more than the cut to whole milliseconds. With `keep_on_tick` a time on any accepted tick stays:
    finishing repairs, it does not improve.
    """
    timing = work.timing
    costs_ms = meant_divisors_cost_ms(timing, (piece.start_ms for piece in work.pieces))

    def tick_of(time_ms: float) -> float:
        # Still on it when cut to whole milliseconds: then nothing will move it again.
        if keep_on_tick and is_on_tick(timing, time_ms) and is_on_tick(timing, whole_ms(time_ms)):
            return time_ms
        return meant_tick_ms(timing, time_ms, divisors.get(round(time_ms), 0), costs_ms)

    shifts, changed = [], 0
    for piece in work.pieces:
        before = edges_ms(piece)
        changed += _snap_piece(work, piece, tick_of)
        shifts += list(zip(before, edges_ms(piece), strict=False))
    work.sort()
    work.sounds = move_changes(work.sounds, shifts)
    work.speeds = _with_objects([(tick_of(time_ms), speed) for time_ms, speed in work.speeds], work)
    work.kiai = [(_snap_to_beat(work, start_ms), _snap_to_beat(work, end_ms)) for start_ms, end_ms in work.kiai]
    work.kiai = [(start_ms, end_ms) for start_ms, end_ms in work.kiai if start_ms < end_ms]
    return changed


def merge_simultaneous(work: WorkingMap) -> int:
    """Keep the longest object of each time (and column).

    Returns the number of removed objects.
    """
    kept: dict[tuple[float, float], Piece] = {}
    for piece in work.pieces:
        column_x = piece.obj.x if work.mode is GameMode.MANIA else 0.0
        rival = kept.setdefault((piece.start_ms, column_x), piece)
        if piece.duration_ms > rival.duration_ms:
            piece.obj.new_combo = piece.obj.new_combo or rival.obj.new_combo
            kept[piece.start_ms, column_x] = piece
    merged = len(work.pieces) - len(kept)
    work.pieces = list(kept.values())
    work.sort()
    return merged


def _snap_piece(work: WorkingMap, piece: Piece, tick_of: Callable[[float], float]) -> bool:
    old_start_ms, old_end_ms = piece.start_ms, piece.end_ms
    start_ms = whole_ms(tick_of(old_start_ms))
    piece.obj.time_ms = start_ms
    if isinstance(piece.obj, Circle):
        piece.end_ms = start_ms
        return abs(start_ms - old_start_ms) > SAME_TIME_MS
    end_ms = tick_of(old_end_ms)
    if end_ms <= start_ms + SAME_TIME_MS:
        # So short that both ends share a tick: up to the next one, if that is where it nearly ended.
        end_ms = first_tick_ms(work.timing, start_ms + 2 * SAME_TIME_MS, old_end_ms + MAX_STRETCH_MS, END_DIVISORS)
    if end_ms is None:
        reduce_to_circle(piece)
        return True
    piece.end_ms = end_ms if piece.has_exact_end else whole_ms(end_ms)
    return abs(start_ms - old_start_ms) > SAME_TIME_MS or abs(piece.end_ms - old_end_ms) > SAME_TIME_MS


def _with_objects(changes: list[tuple[float, float]], work: WorkingMap) -> list[tuple[float, float]]:
    """Return scroll speed changes in whole milliseconds.

    Those a moment after an object move to its time.
    """
    starts_ms = [piece.start_ms for piece in work.pieces]
    found = []
    for time_ms, speed in changes:
        index = bisect_right(starts_ms, time_ms) - 1
        is_near = index >= 0 and time_ms - starts_ms[index] <= MAX_BEFORE_SV_LINE_MS
        found.append((starts_ms[index] if is_near else whole_ms(time_ms), speed))
    return drop_redundant_changes(found)


def _snap_to_beat(work: WorkingMap, time_ms: float) -> float:
    return whole_ms(work.timing.snap(time_ms, 1))


def _costs(timing: Timing, time_ms: float, costs_ms: Mapping[int, float]) -> list[float]:
    return [abs(timing.snap(time_ms, divisor) - time_ms) + cost_ms for divisor, cost_ms in costs_ms.items()]
