"""Times: on the grid, within the song, without overlaps."""

from __future__ import annotations

from itertools import groupby

from osu_beatmap.beatmap import GameMode, Slider, Spinner
from osu_beatmap.rules.mania import MIN_USUAL_HOLD_MS
from pipeline.finishing.object_kinds import MIN_SLIDE_MS, min_spinner_ms
from pipeline.finishing.report import FinishReport
from pipeline.finishing.snapping import merge_simultaneous, snap_pieces
from pipeline.finishing.ticks import is_on_tick, last_tick_ms, whole_ms
from pipeline.finishing.working_map import Piece, WorkingMap, reduce_to_circle

CLEAR_MS = 25.0
"""Between the end of one object and the start of the next: anything less is no rhythm but an accident."""

CLEAR_COLUMN_MS = 35.0
SHORTENED_CLEAR_MS = 60.0
"""What a shortened object leaves free where it can."""

END_DIVISORS = (4, 3, 8, 6, 12, 16)


def snap_to_ticks(work: WorkingMap, report: FinishReport) -> None:
    """Move starts and ends to ticks unless they are on one.

    Times become whole milliseconds, with one object for each time.
    """
    report.count("times off the grid", snap_pieces(work, {}, keep_on_tick=True))
    report.count("objects at the time of another", merge_simultaneous(work))


def cut_to_song(work: WorkingMap, report: FinishReport) -> None:
    """Remove objects outside the song; shorten those that exceed it."""
    kept = []
    for piece in work.pieces:
        if 0 <= piece.start_ms <= work.song_ms:
            kept.append(piece)
            if piece.end_ms > work.song_ms:
                report.count("ends after the song")
                shorten(work, piece, work.song_ms)
        else:
            report.count("objects outside the song")
    work.pieces = kept


def separate_objects(work: WorkingMap, report: FinishReport) -> None:
    """Make each object end clearly before the next.

    In mania, the next is that of its column. The object is shortened, or else one of them goes.
    """
    is_mania = work.mode is GameMode.MANIA
    clear_ms = CLEAR_COLUMN_MS if is_mania else CLEAR_MS
    column = (lambda piece: piece.obj.x) if is_mania else (lambda piece: 0.0)
    kept: list[Piece] = []
    # Sorting is stable: within a column the pieces stay in time order.
    for _, pieces in groupby(sorted(work.pieces, key=column), key=column):
        kept += _resolve_overlaps(work, list(pieces), clear_ms, report)
    work.pieces = kept
    work.sort()


def _resolve_overlaps(work: WorkingMap, pieces: list[Piece], clear_ms: float, report: FinishReport) -> list[Piece]:
    kept: list[Piece] = []
    for piece in pieces:
        while kept and piece.start_ms - kept[-1].end_ms <= clear_ms:
            report.count("overlapping objects")
            before = kept[-1]
            if piece.start_ms - before.start_ms > clear_ms:
                shorten(work, before, piece.start_ms - clear_ms)
                break
            if before.duration_ms >= piece.duration_ms:
                before.obj.new_combo = before.obj.new_combo or piece.obj.new_combo
                piece = None
                break
            piece.obj.new_combo = piece.obj.new_combo or before.obj.new_combo
            kept.pop()
        if piece is not None:
            kept.append(piece)
    return kept


def shorten(work: WorkingMap, piece: Piece, latest_ms: float) -> None:
    """End an object at a tick by `latest_ms`.

    It gets fewer repeats if that is enough; without room it becomes a circle.
    """
    if isinstance(piece.obj, Slider) and _drop_repeats(work, piece, latest_ms):
        return
    shortest_ms = min_spinner_ms(work) if isinstance(piece.obj, Spinner) else MIN_USUAL_HOLD_MS
    if isinstance(piece.obj, Slider):
        shortest_ms = MIN_SLIDE_MS * piece.obj.slides
    earliest_ms = piece.start_ms + shortest_ms + 1.0
    roomy_ms = latest_ms - SHORTENED_CLEAR_MS
    end_ms = last_tick_ms(work.timing, earliest_ms, roomy_ms, END_DIVISORS[:2])
    if end_ms is None:
        end_ms = last_tick_ms(work.timing, earliest_ms, latest_ms, END_DIVISORS)
    if end_ms is None:
        reduce_to_circle(piece)
    else:
        piece.end_ms = end_ms if piece.has_exact_end else whole_ms(end_ms)


def _drop_repeats(work: WorkingMap, piece: Piece, latest_ms: float) -> bool:
    slide_ms = piece.duration_ms / piece.obj.slides
    for slides in range(min(piece.obj.slides - 1, int((latest_ms - piece.start_ms) / slide_ms)), 0, -1):
        end_ms = piece.start_ms + slides * slide_ms
        if is_on_tick(work.timing, end_ms):
            piece.obj.slides, piece.end_ms = slides, end_ms
            return True
    return False
