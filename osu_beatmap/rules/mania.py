"""Rules of osu!mania."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from osu_beatmap.beatmap import PLAYFIELD_WIDTH_PX, HoldNote
from osu_beatmap.rules.chart import Chart
from osu_beatmap.rules.finding import Finding, Level, problem, warning
from osu_beatmap.rules.settings import MAX_KEYS, MIN_KEYS

MIN_COLUMN_SHARE, MAX_COLUMN_SHARE = 0.5, 2.0
"""Usual use of a column, relative to the mean of all columns."""

MIN_HOLD_MS, MIN_USUAL_HOLD_MS = 20.0, 30.0
MAX_CHORD = {Level.EASY: 2, Level.NORMAL: 3}
SAME_TIME_MS = 1.0


def key_count(chart: Chart) -> int:
    """Return the number of columns, 1..18 for any file."""
    return int(min(MAX_KEYS, max(MIN_KEYS, round(chart.difficulty.circle_size))))


def columns(chart: Chart) -> NDArray[np.int64]:
    """Return the column of each object [n], from 0.

    Source: the wiki page "osu (file format)", column of a hold note.
    """
    keys = key_count(chart)
    return np.clip(np.floor(chart.start_xy[:, 0] * keys / PLAYFIELD_WIDTH_PX), 0, keys - 1).astype(np.int64)


def column_use(chart: Chart) -> Iterator[Finding]:
    """Report unused columns, and columns used far from the mean."""
    if not chart.objects:
        return
    counts = np.bincount(columns(chart), minlength=key_count(chart))
    for column, share in enumerate(counts / counts.mean(), start=1):
        if share == 0:
            yield problem("column_use", None, f"Column {column} is not used.")
        elif not MIN_COLUMN_SHARE <= share <= MAX_COLUMN_SHARE:
            yield warning("column_use", None, f"Column {column} is used {share:.1f} times as often as the mean column.")


def short_holds(chart: Chart) -> Iterator[Finding]:
    """Report hold notes that are too short to be seen as such."""
    for place, hold in enumerate(chart.objects):
        if not isinstance(hold, HoldNote):
            continue
        length_ms = hold.end_ms - hold.time_ms
        if length_ms < MIN_USUAL_HOLD_MS:
            report = problem if length_ms < MIN_HOLD_MS else warning
            yield report(
                "short_holds", hold.time_ms, f"The hold note lasts only {length_ms:.0f} ms.", chart.indices[place]
            )


def chord_size(chart: Chart) -> Iterator[Finding]:
    """Report chords that are too large for the level."""
    largest = MAX_CHORD.get(chart.level)
    if largest is None or not chart.objects:
        return
    order = np.argsort(chart.start_ms, kind="stable")
    starts_chord = np.flatnonzero(np.diff(chart.start_ms[order]) > SAME_TIME_MS) + 1
    for chord in np.split(order, starts_chord):
        if len(chord) > largest:
            message = f"The chord has {len(chord)} notes, more than {largest} at this level."
            time_ms = float(chart.start_ms[chord[0]])
            yield warning("chord_size", time_ms, message, *(chart.indices[place] for place in chord))
