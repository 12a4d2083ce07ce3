"""Comparison of positions with a mapper's: distances, and player-visible distributions."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import wasserstein_distance

from osu_beatmap.profile.places import turn_angles_deg, turns_deg
from osu_diffusion.constraints import OBJECT_STARTS, STACK_REACH
from osu_diffusion.points import PointSequence

PATH_SAMPLES = 16
CUT_SHARE = 0.1


def object_starts(sequence: PointSequence) -> np.ndarray:
    """Return the indices of circles and slider heads."""
    return np.flatnonzero(np.isin(sequence.kinds, OBJECT_STARTS))


def distances_px(positions: np.ndarray, human: np.ndarray) -> np.ndarray:
    """Return the distances [n] between points [n, 2] in px."""
    return np.hypot(*(positions - human).T)


def spacings_px(sequence: PointSequence, positions: np.ndarray) -> np.ndarray:
    """Return distances from each object's end to the next start.

    The end of a slider is that of its first slide.
    """
    starts = object_starts(sequence)
    return distances_px(positions[starts[1:]], positions[_ends(sequence, starts)[:-1]])


def turning_angles_deg(sequence: PointSequence, positions: np.ndarray) -> np.ndarray:
    """Return the turn at each object, in degrees.

    It ranges from 0 (straight on) to 180 (back).
    """
    return turn_angles_deg(positions[object_starts(sequence)])


def slider_turns_deg(sequence: PointSequence, positions: np.ndarray) -> np.ndarray:
    """Return the total turn of each slider's path, in degrees."""
    if not len(sequence.path_ends):
        return np.zeros(0)
    shares = np.linspace(0.0, 1.0, PATH_SAMPLES + 1)
    lines = np.stack([sequence.paths.points_at(positions, sequence.path_lengths_px * share) for share in shares])
    moves = np.diff(lines, axis=0)
    return np.abs(turns_deg(moves[:-1], moves[1:])).sum(axis=0)


def cut_shares(sequence: PointSequence, positions: np.ndarray) -> np.ndarray:
    """Return which sliders [paths] have badly fitting paths.

    They are over a tenth too long or too short.
    """
    natural = sequence.paths.natural_lengths(positions)
    return np.abs(natural / np.maximum(sequence.path_lengths_px, 1e-6) - 1.0) > CUT_SHARE


def end_shifts_px(sequence: PointSequence, positions: np.ndarray) -> np.ndarray:
    """Return the distances between slider ends and control point ends [paths]."""
    natural = sequence.paths.natural_lengths(positions)
    ends = sequence.paths.points_at(positions, sequence.path_lengths_px)
    return distances_px(ends, sequence.paths.points_at(positions, natural))


def stack_pairs(sequence: PointSequence, positions: np.ndarray) -> np.ndarray:
    """Return which pairs of objects [pairs] start at exactly one position.

    Each object is paired with those up to `STACK_REACH` before it.
    """
    at = positions[object_starts(sequence)]
    return np.concatenate([(at[step:] == at[:-step]).all(axis=1) for step in range(1, STACK_REACH + 1)] or [[]])


def wasserstein(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the first Wasserstein distance of two samples.

    It is NaN if one is empty.
    """
    return float(wasserstein_distance(ours, theirs)) if len(ours) and len(theirs) else math.nan


def _ends(sequence: PointSequence, starts: np.ndarray) -> np.ndarray:
    """Return the index of the point that ends each object's first slide."""
    ends = starts.copy()
    paths = sequence.path_of[starts]
    ends[paths >= 0] = sequence.path_ends[paths[paths >= 0]]
    return ends
