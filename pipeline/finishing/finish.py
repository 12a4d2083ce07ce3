"""Conversion of a draft to a finished map without rule violations.

The rules are those that make a map unplayable or unrankable by machine. Each repair is a small function of its own in
`finishing`; here they run in order, and again as long as one repair spoils the work of another. Objects that still
break a rule after that are dropped.
"""

from __future__ import annotations

from collections.abc import Callable

from osu_beatmap.beatmap import Beatmap
from osu_beatmap.rules import Severity, check
from pipeline.finishing.catch_distances import shorten_low_hyperdashes
from pipeline.finishing.combos import set_new_combos
from pipeline.finishing.filler_objects import fill_drain, limit_chords, use_all_columns
from pipeline.finishing.numbers import with_usable_numbers
from pipeline.finishing.object_kinds import replace_short_objects, suit_mode
from pipeline.finishing.positions import even_spacing, move_to_columns, place_objects
from pipeline.finishing.presentation import add_breaks, move_kiai_to_beats, set_preview_time, set_tags
from pipeline.finishing.red_lines import move_red_before_objects, move_reds_into_song
from pipeline.finishing.report import FinishReport
from pipeline.finishing.times import cut_to_song, separate_objects, snap_to_ticks
from pipeline.finishing.working_map import WorkingMap, compose, decompose

__all__ = ["FinishReport", "finish", "finish_timing"]

Repair = Callable[[WorkingMap, FinishReport], None]

REPAIRS: tuple[Repair, ...] = (
    move_reds_into_song,
    move_red_before_objects,
    suit_mode,
    move_to_columns,
    snap_to_ticks,
    cut_to_song,
    replace_short_objects,
    separate_objects,
    limit_chords,
    fill_drain,
    use_all_columns,
    move_red_before_objects,
    place_objects,
    even_spacing,
    shorten_low_hyperdashes,
    move_kiai_to_beats,
    add_breaks,
    set_new_combos,
    set_preview_time,
    set_tags,
)
"""In order: times decide the lengths that places must suit, and both decide what lies around the objects.

The first red line is looked after twice: objects are snapped to its grid, and added notes may come before it.
"""

MAX_ROUNDS = 30


def finish(draft: Beatmap, song_ms: float, fill: bool = True, keep_reds: bool = False) -> tuple[Beatmap, FinishReport]:
    """Return the finished map, and the report of changes.

    The draft stays unchanged.

    The draft is left as it is.

    song_ms  length of the audio
    fill     whether a map of less than 30 s to play gets notes on downbeats; False for a wanted excerpt of a song
    keep_reds  whether red lines stay where they are, wherever that is: those that a user gives

    The map has no problem that `osu_beatmap.rules.check` finds, except those listed in the report's `remaining`: a
    short excerpt, or a song whose grid has no room for 30 s. Never raises for a draft of numbers, whatever they are.
    """
    report = FinishReport()
    work = decompose(with_usable_numbers(draft, report), song_ms)
    skipped = {*(() if fill else (fill_drain,)), *((move_reds_into_song, move_red_before_objects) if keep_reds else ())}
    repairs = [repair for repair in REPAIRS if repair not in skipped]
    for _ in range(MAX_ROUNDS):
        for repair in repairs:
            repair(work, report)
        beatmap = compose(work)
        report.remaining = [found for found in check(beatmap, song_ms) if found.severity is Severity.PROBLEM]
        if not _drop_offenders(work, report):
            break
    return beatmap, report


def finish_timing(draft: Beatmap, song_ms: float) -> Beatmap:
    """Return a map without objects, with red lines inside the song.

    The draft stays unchanged.
    """
    report = FinishReport()
    work = decompose(with_usable_numbers(draft, report), song_ms)
    for repair in (move_reds_into_song, set_preview_time, set_tags):
        repair(work, report)
    return compose(work)


def _drop_offenders(work: WorkingMap, report: FinishReport) -> bool:
    """Drop the last object of each problem about objects.

    Returns whether there was one.
    """
    offenders = {finding.objects[-1] for finding in report.remaining if finding.objects}
    report.count("objects dropped as a last resort", len(offenders))
    work.pieces = [piece for index, piece in enumerate(work.pieces) if index not in offenders]
    return bool(offenders)
