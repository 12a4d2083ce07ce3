"""Columns, chords, jacks and hold notes, in mania."""

from __future__ import annotations

import math

import numpy as np

from osu_beatmap.beatmap import HoldNote
from osu_beatmap.profile.beats import beat_places, mean, share
from osu_beatmap.rules.chart import Chart
from osu_beatmap.rules.mania import columns, key_count

RECENT_PAIRS = 16


def column_profile(chart: Chart) -> dict[str, float]:
    """Return the metrics of mania.

    A row is all notes of one time.
    """
    column_of = columns(chart)
    _, row_of = np.unique(chart.start_ms, return_inverse=True)
    rows = np.zeros(row_of.max() + 1, np.int64)
    np.bitwise_or.at(rows, row_of, 1 << column_of)
    sizes = np.bincount(row_of)
    is_hold = np.array([isinstance(obj, HoldNote) for obj in chart.objects], bool)
    hold_beats = (chart.end_ms - chart.start_ms)[is_hold] / beat_places(chart.timing, chart.start_ms[is_hold]).beat_ms
    counts = np.bincount(column_of, minlength=key_count(chart))
    return {
        "hold_share": share(is_hold),
        "hold_length_beats": float(np.median(hold_beats)) if len(hold_beats) else math.nan,
        "chord_row_share": share(sizes > 1),
        "notes_per_row": mean(sizes),
        "jack_row_share": share((rows[1:] & rows[:-1]) > 0),
        "column_use_variation": float(counts.std() / counts.mean()),
        "recurring_pair_share": _recurring_pair_share(rows),
    }


def _recurring_pair_share(rows: np.ndarray) -> float:
    """Return the fraction of recurring pairs of successive rows.

    A pair recurs if it equals one of the `RECENT_PAIRS` pairs before it.
    """
    pairs = np.stack([rows[:-1], rows[1:]], axis=1)
    recurs = np.zeros(len(pairs), bool)
    for step in range(1, RECENT_PAIRS + 1):
        recurs[step:] |= (pairs[step:] == pairs[:-step]).all(axis=1)
    return share(recurs[RECENT_PAIRS:])
