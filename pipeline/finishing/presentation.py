"""Surroundings of objects for the player: breaks, kiai, preview, tag.

The tag states the origin of the map.
"""

from __future__ import annotations

import math

from osu_beatmap.beatmap import Break, GameMode
from osu_beatmap.rules import approach_time_ms
from osu_beatmap.rules.objects import MIN_BEFORE_BREAK_MS, MIN_BREAK_MS, MIN_DRAIN_MS
from pipeline.finishing.report import FinishReport
from pipeline.finishing.ticks import whole_ms
from pipeline.finishing.working_map import Piece, WorkingMap

AI_TAG = "ai-generated"
MIN_BREAK_GAP_MS = {GameMode.STANDARD: 3000.0}
"""A shorter pause is one of the music; players want no break in it. Usual if a mode is not named: 5 s.

Human-made maps of training songs have a break in 33 of 38 gaps of 3 to 5 s in standard, but in none of 11 in taiko
and mania.
"""

USUAL_MIN_BREAK_GAP_MS = 5000.0

DEFAULT_PREVIEW_SHARE = 0.4


def add_breaks(work: WorkingMap, report: FinishReport) -> None:
    """Put breaks in all long gaps, if 30 s remain to play."""
    approach_ms = approach_time_ms(work.settings.difficulty.approach_rate)
    work.settings.breaks = []
    if not work.pieces:
        return
    shortest_ms = MIN_BREAK_GAP_MS.get(work.mode, USUAL_MIN_BREAK_GAP_MS)
    end_ms = work.pieces[0].end_ms
    left_ms = max(piece.end_ms for piece in work.pieces) - work.pieces[0].start_ms - MIN_DRAIN_MS
    for piece in work.pieces:
        gap_ms = piece.start_ms - end_ms
        pause = Break(math.ceil(end_ms + MIN_BEFORE_BREAK_MS), math.floor(piece.start_ms - approach_ms))
        if shortest_ms <= gap_ms <= left_ms and pause.end_ms - pause.start_ms >= MIN_BREAK_MS:
            work.settings.breaks.append(Break(float(pause.start_ms), float(pause.end_ms)))
            left_ms -= gap_ms
        end_ms = max(end_ms, piece.end_ms)


def has_break_between(work: WorkingMap, before: Piece, piece: Piece) -> bool:
    return any(before.end_ms < pause.start_ms < piece.start_ms for pause in work.settings.breaks)


def move_kiai_to_beats(work: WorkingMap, report: FinishReport) -> None:
    """Put kiai within the song on beats, for at least a bar.

    It does not begin with the very first line.
    """
    first_ms = work.timing.reds[0].time_ms
    spans = []
    for start_ms, end_ms in work.kiai:
        # The first red line must not start a kiai: the next beat does.
        next_beat_ms = first_ms + work.timing.reds[0].beat_length_ms
        start_ms = whole_ms(work.timing.snap(start_ms if start_ms > first_ms else next_beat_ms, 1))
        end_ms = min(end_ms, work.song_ms)
        bar_ms = work.timing.beat_length_at(start_ms) * max(1, work.timing.red_at(start_ms).meter)
        if end_ms - start_ms >= bar_ms - 1.0:
            spans.append((start_ms, end_ms))
    report.count("kiai", len({start_ms for start_ms, _ in work.kiai} - {start_ms for start_ms, _ in spans}))
    work.kiai = spans


def set_preview_time(work: WorkingMap, report: FinishReport) -> None:
    """Set a missing preview time.

    It is the first kiai, else the beat nearest to 40 % of the song.
    """
    if 0 <= work.settings.preview_time_ms <= work.song_ms:
        return
    wanted_ms = DEFAULT_PREVIEW_SHARE * work.song_ms
    time_ms = work.kiai[0][0] if work.kiai else whole_ms(work.timing.snap(wanted_ms, 1))
    work.settings.preview_time_ms = time_ms if 0 <= time_ms <= work.song_ms else whole_ms(wanted_ms)


def set_tags(work: WorkingMap, report: FinishReport) -> None:
    if AI_TAG not in work.settings.metadata.tags:
        work.settings.metadata.tags.append(AI_TAG)
