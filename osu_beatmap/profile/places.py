"""Places of objects in standard and catch: spacing, stacks, overlaps and turns."""

from __future__ import annotations

import numpy as np

from osu_beatmap.beatmap import GameMode
from osu_beatmap.geometry.stacking import STACK_REACH_PX
from osu_beatmap.profile.beats import beat_places, is_beats, mean, share
from osu_beatmap.rules.chart import Chart

MIN_MOVE_PX = 1.0
"""Shorter movements have no direction."""

SHARP_DEG, FLAT_DEG = 120.0, 30.0
"""Turns of at least so much (180: back) are sharp, of at most so much (0: straight on) flat."""

OVERLAP_REACH = 6
"""How many objects before it an object can overlap; the one before it counts as spacing."""


def place_profile(chart: Chart) -> dict[str, float]:
    """Return the metrics of spacing and turns; in catch, of horizontal distances."""
    is_catch = chart.beatmap.mode is GameMode.CATCH
    placed = ~chart.is_spinner
    scale = np.array([1.0, 0.0 if is_catch else 1.0])
    start_xy, end_xy = chart.start_xy[placed] * scale, chart.end_xy[placed] * scale
    start_ms, end_ms = chart.start_ms[placed], chart.end_ms[placed]
    gaps = (start_ms[1:] - end_ms[:-1]) / beat_places(chart.timing, end_ms[:-1]).beat_ms
    spacings_px = np.hypot(*(start_xy[1:] - end_xy[:-1]).T)
    metrics: dict[str, float] = {}
    for name, beats in (("half", 0.5), ("quarter", 0.25)):
        is_gap = is_beats(gaps, beats)
        follows = is_gap[1:] & is_gap[:-1]
        changes_px = np.abs(np.diff(spacings_px))[follows]
        metrics[f"{name}_spacing_px"] = mean(spacings_px[is_gap])
        metrics[f"{name}_spacing_change_px"] = mean(changes_px)
    is_near = gaps <= 1.0 + 1 / 24
    metrics["stack_share"] = share(spacings_px[is_near] < STACK_REACH_PX)
    if is_catch:
        return metrics | {"direction_change_share": share(_direction_changes(start_xy[:, 0]))}
    turns_deg = turn_angles_deg(start_xy)
    return metrics | {
        "overlap_share": share(_overlaps(chart, start_xy, end_xy, start_ms, end_ms)),
        "turn_mean_deg": mean(turns_deg),
        "sharp_turn_share": share(turns_deg >= SHARP_DEG),
        "flat_turn_share": share(turns_deg <= FLAT_DEG),
    }


def turn_angles_deg(xy: np.ndarray) -> np.ndarray:
    """Return the turns of a path through points [n, 2] in degrees.

    They range from 0 (straight on) to 180 (back).
    """
    moves = np.diff(xy, axis=0)
    lengths_px = np.hypot(*moves.T)
    has_direction = (lengths_px[:-1] > MIN_MOVE_PX) & (lengths_px[1:] > MIN_MOVE_PX)
    return np.abs(turns_deg(moves[:-1][has_direction], moves[1:][has_direction]))


def turns_deg(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the signed turns between movements and the next ones.

    Movements are [..., 2].
    """
    cross = before[..., 0] * after[..., 1] - before[..., 1] * after[..., 0]
    return np.degrees(np.arctan2(cross, (before * after).sum(axis=-1)))


def _direction_changes(x: np.ndarray) -> np.ndarray:
    moves_px = np.diff(x)
    directions = np.sign(moves_px[np.abs(moves_px) > MIN_MOVE_PX])
    return directions[1:] != directions[:-1]


def _overlaps(
    chart: Chart, start_xy: np.ndarray, end_xy: np.ndarray, start_ms: np.ndarray, end_ms: np.ndarray
) -> np.ndarray:
    """Return the objects [n] that cover a part of a visible one.

    Objects at the same position do not count, nor does the previous object: that is spacing.
    """
    overlaps = np.zeros(len(start_xy), bool)
    for step in range(2, OVERLAP_REACH + 1):
        is_visible = start_ms[step:] - end_ms[:-step] < chart.approach_ms
        for other_xy in (start_xy, end_xy):
            distances_px = np.hypot(*(start_xy[step:] - other_xy[:-step]).T)
            overlaps[step:] |= is_visible & (distances_px < chart.radius_px) & (distances_px >= STACK_REACH_PX)
    return overlaps
