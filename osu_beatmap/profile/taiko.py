"""Colours, big notes and rolls, in taiko."""

from __future__ import annotations

import numpy as np

from osu_beatmap.beatmap import Circle, HitSound, Slider
from osu_beatmap.profile.beats import beat_places, mean, share
from osu_beatmap.rules.chart import Chart

WINDOW_NOTES = 8
KAT = HitSound.WHISTLE | HitSound.CLAP
RUN_GAP_BEATS = 1.0
"""A longer gap ends a run of one colour."""


def taiko_profile(chart: Chart) -> dict[str, float]:
    """Return the metrics of taiko."""
    is_note = np.array([isinstance(obj, Circle) for obj in chart.objects], bool)
    sounds = np.array([int(obj.hitsound) for obj in chart.objects], np.int64)[is_note]
    is_kat, is_big = (sounds & KAT) > 0, (sounds & HitSound.FINISH) > 0
    places = beat_places(chart.timing, chart.start_ms[is_note])
    gaps = np.diff(chart.start_ms[is_note]) / places.beat_ms[:-1]
    return {
        "kat_share": share(is_kat),
        "big_share": share(is_big),
        "big_notes_on_downbeats_share": share(places.is_downbeat[is_big]),
        "colour_run_notes": mean(_run_lengths(is_kat, gaps)),
        "monotone_window_share": _monotone_window_share(is_kat, gaps),
        "drumrolls": float(sum(isinstance(obj, Slider) for obj in chart.objects)),
        "swells": float(chart.is_spinner.sum()),
    }


def _run_lengths(is_kat: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Return the length of each run of one colour.

    A run has no long gap.
    """
    if not len(is_kat):
        return np.zeros(0)
    ends = np.flatnonzero((is_kat[1:] != is_kat[:-1]) | (gaps > RUN_GAP_BEATS + 1 / 24))
    edges = np.concatenate([[-1], ends, [len(is_kat) - 1]])
    return np.diff(edges)


def _monotone_window_share(is_kat: np.ndarray, gaps: np.ndarray) -> float:
    """Return the fraction of monotonous windows of eight notes.

    In them, colours and gaps repeat after one or two notes.
    """
    tokens = np.rint(np.minimum(gaps, 4.0) * 48).astype(np.int64) * 2 + is_kat[:-1]
    if len(tokens) < WINDOW_NOTES:
        return float("nan")
    windows = np.lib.stride_tricks.sliding_window_view(tokens, WINDOW_NOTES)
    return share((windows[:, 2:] == windows[:, :-2]).all(axis=1))
