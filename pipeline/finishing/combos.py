"""New combos: first object, after spinners and breaks, long combos."""

from __future__ import annotations

from osu_beatmap.beatmap import GameMode, Spinner
from pipeline.finishing.presentation import has_break_between
from pipeline.finishing.report import FinishReport
from pipeline.finishing.working_map import Piece, WorkingMap

LONG_COMBO = 8
"""From this many objects on the next downbeat starts a new combo."""

LONGER_COMBO = 16
"""From this many on the next beat does."""

LONGEST_COMBO = 24
ON_BEAT_MS = 2.0


def set_new_combos(work: WorkingMap, report: FinishReport) -> None:
    """Set the model's new combos, and missing ones.

    Modes that show none have none.
    """
    if work.mode not in (GameMode.STANDARD, GameMode.CATCH):
        for piece in work.pieces:
            piece.obj.new_combo, piece.obj.combo_skip = False, 0
        return
    length = 0
    before: Piece | None = None
    for piece in work.pieces:
        must = before is None or isinstance(before.obj, Spinner) or has_break_between(work, before, piece)
        if not piece.obj.new_combo and (must or _is_too_long(work, piece, length)):
            report.count("new combos")
            piece.obj.new_combo = True
        length = 1 if piece.obj.new_combo else length + 1
        before = piece


def _is_too_long(work: WorkingMap, piece: Piece, length: int) -> bool:
    if length < LONG_COMBO or isinstance(piece.obj, Spinner):
        return False
    beat_ms = work.timing.snap(piece.start_ms, 1)
    on_beat = abs(beat_ms - piece.start_ms) < ON_BEAT_MS
    in_bar = round(work.timing.beat_position(beat_ms)) % max(1, work.timing.red_at(beat_ms).meter)
    return (on_beat and (in_bar == 0 or length >= LONGER_COMBO)) or length >= LONGEST_COMBO
