"""Filler objects: 30 seconds to play, and no unused mania column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import product

from osu_beatmap.beatmap import Circle, GameMode
from osu_beatmap.rules.chart import Chart
from osu_beatmap.rules.mania import MAX_CHORD
from osu_beatmap.rules.objects import MIN_DRAIN_MS
from osuT5.encoding.hit_objects.positions import CENTRE, column_x
from pipeline.finishing.report import FinishReport
from pipeline.finishing.ticks import whole_ms
from pipeline.finishing.times import CLEAR_COLUMN_MS
from pipeline.finishing.working_map import Piece, WorkingMap, compose

FILL_SPREAD_PX = 64.0
FILL_GAPS_MS = (400.0, 150.0)
"""Fillers are easy notes: no closer than the first of these to each other or to what is there, unless only the second,
which a stream has, leaves room for 30 s to play.
"""

MAX_LEVEL_ROUNDS = 4
"""Fewer notes make a map easier, and an easier map has smaller chords."""

MAX_MOVED_SHARE = 1 / 3
"""How much of the fullest column an unused one may take."""


def fill_drain(work: WorkingMap, report: FinishReport) -> None:
    """Add single notes on downbeats until there are 30 s to play.

    They come after the last object, then before the first. A shorter song only causes a warning, and stays unchanged.
    """
    if work.song_ms < MIN_DRAIN_MS:
        return
    for gap_ms, beats_of in product(FILL_GAPS_MS, (_bar_starts, _all_beats, _quarter_ticks)):
        if _drain_ms(work) >= MIN_DRAIN_MS:
            return
        times_ms = list(beats_of(work))
        last_ms = _last_ms(work)
        _fill(work, [time_ms for time_ms in times_ms if time_ms > last_ms], gap_ms, report)
        first_ms = _first_ms(work)
        _fill(work, [time_ms for time_ms in reversed(times_ms) if time_ms < first_ms], gap_ms, report)


def use_all_columns(work: WorkingMap, report: FinishReport) -> None:
    """Give unused mania columns notes of the fullest one.

    They get new notes if none can be moved.
    """
    if work.mode is not GameMode.MANIA or not work.pieces:
        return
    keys = work.settings.key_count
    for column in range(keys):
        x = column_x(column, keys)
        counts = Counter(piece.obj.x for piece in work.pieces)
        if counts[x]:
            continue
        report.count("unused columns")
        fullest_x = max(counts, key=lambda other: counts[other])
        movable = [piece for piece in work.pieces if piece.obj.x == fullest_x][1::2]
        wanted = max(1, round(counts[fullest_x] * MAX_MOVED_SHARE))
        for piece in movable[:: max(1, len(movable) // wanted)]:
            if _is_free(work, x, piece):
                piece.obj.x = x
        if not any(piece.obj.x == x for piece in work.pieces):
            at_ms = work.pieces[len(work.pieces) // 2].start_ms
            work.pieces.append(Piece(Circle(at_ms, x, CENTRE[1]), at_ms, 1.0))
            work.sort()


def limit_chords(work: WorkingMap, report: FinishReport) -> None:
    """Remove notes beyond the largest chord of a low level.

    Single notes go before hold notes.
    """
    if work.mode is not GameMode.MANIA or not work.pieces:
        return
    for _ in range(MAX_LEVEL_ROUNDS):
        largest = MAX_CHORD.get(Chart(compose(work), work.song_ms).level)
        if largest is None or not _cut_chords(work, largest, report):
            return


def _cut_chords(work: WorkingMap, largest: int, report: FinishReport) -> bool:
    counts = Counter(piece.obj.x for piece in work.pieces)
    sizes: Counter[float] = Counter()
    kept = []
    for piece in sorted(work.pieces, key=lambda piece: (-piece.duration_ms, counts[piece.obj.x])):
        sizes[piece.start_ms] += 1
        if sizes[piece.start_ms] <= largest:
            kept.append(piece)
    removed = len(work.pieces) - len(kept)
    report.count("notes of large chords", removed)
    work.pieces = kept
    work.sort()
    return removed > 0


def _fill(work: WorkingMap, times_ms: list[float], gap_ms: float, report: FinishReport) -> None:
    for time_ms in times_ms:
        if _drain_ms(work) >= MIN_DRAIN_MS:
            return
        gaps_ms = (max(piece.start_ms - time_ms, time_ms - piece.end_ms) for piece in work.pieces)
        clear_ms = min(gaps_ms, default=gap_ms)
        if clear_ms >= gap_ms:
            report.count("added notes")
            work.pieces.append(_filler(work, time_ms))
            work.sort()


def _filler(work: WorkingMap, time_ms: float) -> Piece:
    count = len(work.pieces)
    x, y = CENTRE
    if work.mode is GameMode.MANIA:
        x = column_x(count % work.settings.key_count, work.settings.key_count)
    elif work.mode is not GameMode.TAIKO:
        x += FILL_SPREAD_PX if count % 2 else -FILL_SPREAD_PX
    return Piece(Circle(time_ms, x, y), time_ms, 1.0)


def _is_free(work: WorkingMap, x: float, moving: Piece) -> bool:
    return all(
        piece.end_ms + CLEAR_COLUMN_MS < moving.start_ms or piece.start_ms - CLEAR_COLUMN_MS > moving.end_ms
        for piece in work.pieces
        if piece.obj.x == x
    )


def _drain_ms(work: WorkingMap) -> float:
    return _last_ms(work) - _first_ms(work) if work.pieces else 0.0


def _first_ms(work: WorkingMap) -> float:
    return min((piece.start_ms for piece in work.pieces), default=-1.0)


def _last_ms(work: WorkingMap) -> float:
    return max((piece.end_ms for piece in work.pieces), default=-1.0)


def _bar_starts(work: WorkingMap) -> Iterator[float]:
    beats = work.timing.beats(0.0, work.song_ms)
    return (whole_ms(beat.time_ms) for beat in beats if beat.in_bar == 0)


def _all_beats(work: WorkingMap) -> Iterator[float]:
    return (whole_ms(beat.time_ms) for beat in work.timing.beats(0.0, work.song_ms))


def _quarter_ticks(work: WorkingMap) -> Iterator[float]:
    """Yield 1/4 ticks throughout the song, even before its first red line."""
    time_ms = 0.0
    while time_ms <= work.song_ms:
        tick_ms = whole_ms(work.timing.snap(time_ms, 4))
        if 0 <= tick_ms <= work.song_ms:
            yield tick_ms
        time_ms += max(work.timing.beat_length_at(time_ms) / 4, FILL_GAPS_MS[-1])
