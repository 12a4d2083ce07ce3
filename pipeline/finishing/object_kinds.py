"""Kinds of objects by mode, and replacements of objects too short."""

from __future__ import annotations

from osu_beatmap.beatmap import GameMode, HoldNote, Slider, Spinner
from osu_beatmap.rules.mania import MIN_USUAL_HOLD_MS
from osu_beatmap.rules.standard import MIN_USUAL_SPINNER_MS, shortest_auto_spinner_ms
from pipeline.finishing.report import FinishReport
from pipeline.finishing.ticks import COMMON_DIVISORS, first_tick_ms, whole_ms
from pipeline.finishing.working_map import Piece, WorkingMap, common_fields, reduce_to_circle

MIN_SLIDE_MS = 25.0
"""Faster than that nothing turns back and forth."""

MIN_DENDEN_MS = 50.0
MAX_SPINNER_STRETCH_MS = 400.0


def suit_mode(work: WorkingMap, report: FinishReport) -> None:
    """Replace objects of another mode.

    They become hold notes in mania, else spinners.
    """
    alien = (Slider, Spinner) if work.mode is GameMode.MANIA else (HoldNote,)
    own = HoldNote if work.mode is GameMode.MANIA else Spinner
    for piece in work.pieces:
        if isinstance(piece.obj, alien):
            piece.obj = own(**common_fields(piece.obj), end_ms=piece.end_ms)
            report.count("objects of another mode")


def replace_short_objects(work: WorkingMap, report: FinishReport) -> None:
    """Turn objects that are too short for their kind into circles.

    Sliders first lose repeats, spinners grow.
    """
    for index, piece in enumerate(work.pieces):
        if isinstance(piece.obj, Slider):
            _shorten_slides(piece, report)
        elif isinstance(piece.obj, HoldNote) and piece.duration_ms < MIN_USUAL_HOLD_MS:
            report.count("short hold notes")
            reduce_to_circle(piece)
        elif isinstance(piece.obj, Spinner) and piece.duration_ms < min_spinner_ms(work):
            report.count("short spinners")
            following = work.pieces[index + 1] if index + 1 < len(work.pieces) else None
            _lengthen_or_drop(work, piece, work.song_ms if following is None else following.start_ms)


def min_spinner_ms(work: WorkingMap) -> float:
    """Return the minimum duration of a spinner.

    In taiko and catch, it only needs to be visible.
    """
    if work.mode is not GameMode.STANDARD:
        return MIN_DENDEN_MS
    return max(MIN_USUAL_SPINNER_MS, shortest_auto_spinner_ms(work.settings.difficulty.overall_difficulty))


def _shorten_slides(piece: Piece, report: FinishReport) -> None:
    slides = int(min(max(1, piece.obj.slides), max(1.0, piece.duration_ms // MIN_SLIDE_MS)))
    if piece.duration_ms < MIN_SLIDE_MS:
        report.count("short sliders")
        reduce_to_circle(piece)
    elif slides != piece.obj.slides:
        report.count("fast repeats")
        piece.obj.slides = slides


def _lengthen_or_drop(work: WorkingMap, piece: Piece, limit_ms: float) -> None:
    earliest_ms = piece.start_ms + min_spinner_ms(work)
    end_ms = None
    if earliest_ms + MIN_SLIDE_MS <= limit_ms:
        latest_ms = min(limit_ms - MIN_SLIDE_MS, earliest_ms + MAX_SPINNER_STRETCH_MS)
        end_ms = first_tick_ms(work.timing, earliest_ms + 1.0, latest_ms, COMMON_DIVISORS)
    if end_ms is None:
        reduce_to_circle(piece)
    else:
        piece.end_ms = whole_ms(end_ms)
