"""How places of objects compare with a mapper's: distances, and distributions of what players feel."""

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
    """Indices of circles and slider heads."""
    return np.flatnonzero(np.isin(sequence.kinds, OBJECT_STARTS))


def distances_px(positions: np.ndarray, human: np.ndarray) -> np.ndarray:
    """[n] between points [n, 2]."""
    return np.hypot(*(positions - human).T)


def spacings_px(sequence: PointSequence, positions: np.ndarray) -> np.ndarray:
    """How far it is from where an object ends (a slider's first slide) to where the next one starts."""
    starts = object_starts(sequence)
    return distances_px(positions[starts[1:]], positions[_ends(sequence, starts)[:-1]])


def turning_angles_deg(sequence: PointSequence, positions: np.ndarray) -> np.ndarray:
    """By how much the way from start to start turns at each object, 0 (straight on) to 180 (back)."""
    return turn_angles_deg(positions[object_starts(sequence)])


def slider_turns_deg(sequence: PointSequence, positions: np.ndarray) -> np.ndarray:
    """How much each slider's path turns in all, in degrees."""
    if not len(sequence.path_ends):
        return np.zeros(0)
    shares = np.linspace(0.0, 1.0, PATH_SAMPLES + 1)
    lines = np.stack([sequence.paths.points_at(positions, sequence.path_lengths_px * share) for share in shares])
    moves = np.diff(lines, axis=0)
    return np.abs(turns_deg(moves[:-1], moves[1:])).sum(axis=0)


def cut_shares(sequence: PointSequence, positions: np.ndarray) -> np.ndarray:
    """Which sliders [paths] have a path that is over a tenth too long or too short for them."""
    natural = sequence.paths.natural_lengths(positions)
    return np.abs(natural / np.maximum(sequence.path_lengths_px, 1e-6) - 1.0) > CUT_SHARE


def end_shifts_px(sequence: PointSequence, positions: np.ndarray) -> np.ndarray:
    """How far each slider's length [paths] moves its end from where its control points end."""
    natural = sequence.paths.natural_lengths(positions)
    ends = sequence.paths.points_at(positions, sequence.path_lengths_px)
    return distances_px(ends, sequence.paths.points_at(positions, natural))


def stack_pairs(sequence: PointSequence, positions: np.ndarray) -> np.ndarray:
    """Which pairs of objects [pairs], each with those up to `STACK_REACH` before it, start on one place exactly."""
    at = positions[object_starts(sequence)]
    return np.concatenate([(at[step:] == at[:-step]).all(axis=1) for step in range(1, STACK_REACH + 1)] or [[]])


def wasserstein(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The first Wasserstein distance of two samples; NaN if one is empty."""
    return float(wasserstein_distance(ours, theirs)) if len(ours) and len(theirs) else math.nan


def _ends(sequence: PointSequence, starts: np.ndarray) -> np.ndarray:
    """Index of the point at which each object's first slide ends."""
    ends = starts.copy()
    paths = sequence.path_of[starts]
    ends[paths >= 0] = sequence.path_ends[paths[paths >= 0]]
    return ends
