"""Positions of a chart: spacing, turns, jumps, fruits, columns and colours."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from evaluation.charts import Case, MeasuredChart
from evaluation.measures.placement_metrics import object_starts, spacings_px, turning_angles_deg
from evaluation.metrics.metric import Better, Metric, Reaction
from evaluation.metrics.shapes import Shape, shape_metric
from osu_beatmap.beatmap import Circle, GameMode, HitSound
from osu_beatmap.rules.mania import columns
from osu_diffusion.points import sequence_of

JUMP_DIAMETERS = 2.0
JUMP_GAP_MS = 350.0
LARGEST_CHORD = 6

STANDARD, TAIKO, CATCH, MANIA = (frozenset({mode}) for mode in GameMode)

_LINES_STAY = {"wrong_tempo": Reaction.STAYS, "tempo_doubled": Reaction.STAYS}


def chart_spacings_px(chart: MeasuredChart) -> np.ndarray:
    """Return the spacing from each object's end to the next start.

    In catch, height means nothing, so it is sideways.
    """
    if not chart.has_tempo or len(chart.objects) < 2:
        return np.zeros(0)
    sequence = sequence_of(chart.beatmap)
    across = np.array([1.0, 0.0 if chart.beatmap.mode is GameMode.CATCH else 1.0])
    return spacings_px(sequence, sequence.positions * across)


def chart_turns_deg(chart: MeasuredChart) -> np.ndarray:
    """Return the turn at each object, in degrees.

    It ranges from 0 (straight on) to 180 (back).
    """
    if not chart.has_tempo or len(chart.objects) < 3:
        return np.zeros(0)
    sequence = sequence_of(chart.beatmap)
    return turning_angles_deg(sequence, sequence.positions)


def chord_shares(chart: MeasuredChart) -> np.ndarray:
    """Return the fraction of times with chords of 1, 2, ... notes.

    There are six sizes; larger chords count with the last.
    """
    _, counts = np.unique(chart.start_ms, return_counts=True)
    if not len(counts):
        return np.full(LARGEST_CHORD, math.nan)
    return np.bincount(np.minimum(counts, LARGEST_CHORD) - 1, minlength=LARGEST_CHORD) / len(counts)


SPACINGS = Shape("spacings", chart_spacings_px, np.linspace(0.0, 640.0, 81), "osu! pixels", STANDARD | CATCH)
TURNS = Shape("turns", chart_turns_deg, np.linspace(0.0, 180.0, 37), "degrees", STANDARD)
CHORDS = Shape("chords", chord_shares, modes=MANIA)


def jump_share(case: Case) -> float:
    chart = case.generated
    spacings = chart_spacings_px(chart)
    if not len(spacings):
        return math.nan
    sequence = sequence_of(chart.beatmap)
    gaps_ms = np.diff(sequence.times_ms[object_starts(sequence)])
    is_jump = (spacings > JUMP_DIAMETERS * 2 * chart.radius_px) & (gaps_ms <= JUMP_GAP_MS)
    return float(is_jump.mean())


def jack_share(case: Case) -> float:
    """Return the fraction of notes in a column of the previous time."""
    chart = case.generated
    if len(chart.times_ms) < 2:
        return math.nan
    column_of = columns(chart)
    at = [frozenset(column_of[chart.start_ms == time_ms].tolist()) for time_ms in chart.times_ms]
    return sum(len(now & before) for before, now in pairwise(at)) / sum(len(now) for now in at[1:])


def colour_change_share(case: Case) -> float:
    """Return the fraction of notes whose colour differs from the previous."""
    blue = HitSound.WHISTLE | HitSound.CLAP
    colours = [bool(note.hitsound & blue) for note in case.generated.objects if isinstance(note, Circle)]
    if len(colours) < 2:
        return math.nan
    return sum(before != now for before, now in pairwise(colours)) / (len(colours) - 1)


def long_share(case: Case) -> float:
    """Return the fraction of sliders, spinners and hold notes."""
    objects = case.generated.objects
    return sum(not isinstance(obj, Circle) for obj in objects) / len(objects) if objects else math.nan


METRICS = (
    shape_metric("spacing_distance", SPACINGS, "spacings", _LINES_STAY | {"random_places": Reaction.RISES}, 5.0),
    shape_metric("turn_distance", TURNS, "turns of movement", _LINES_STAY | {"random_places": Reaction.RISES}, 2.0),
    Metric(
        "jump_share",
        f"fraction of movements of more than {JUMP_DIAMETERS:g} circle diameters within {JUMP_GAP_MS:g} ms",
        jump_share,
        Better.HUMAN,
        _LINES_STAY | {"random_places": Reaction.RISES},
        0.05,
        STANDARD | CATCH,
    ),
    shape_metric(
        "chord_distance",
        CHORDS,
        "sizes of chords",
        _LINES_STAY | {"chords_grown": Reaction.RISES, "random_places": Reaction.STAYS},
        0.1,
    ),
    Metric(
        "jack_share",
        "fraction of notes in a column that was hit at the previous time",
        jack_share,
        Better.HUMAN,
        _LINES_STAY | {"random_places": Reaction.RISES},
        0.05,
        MANIA,
    ),
    Metric(
        "colour_change_share",
        "fraction of notes of another colour than the note before",
        colour_change_share,
        Better.HUMAN,
        _LINES_STAY | {"sounds_removed": Reaction.FALLS},
        0.1,
        TAIKO,
    ),
    Metric(
        "long_share",
        "fraction of sliders, spinners and hold notes among the objects",
        long_share,
        Better.HUMAN,
        _LINES_STAY
        | {"density_doubled": Reaction.FALLS, "random_places": Reaction.STAYS, "shifted_60ms": Reaction.STAYS},
        0.05,
        frozenset(GameMode),
    ),
)
