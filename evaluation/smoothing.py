"""A smoother of places, for comparison with a refiner: it knows that movement is smooth, and nothing else."""

from __future__ import annotations

import numpy as np


def smoothed(positions: np.ndarray, stiffness: float, cell_px: float) -> np.ndarray:
    """Positions [n, 2] on a discrete smoothing spline, each kept within its cell around where it was.

    It minimises the squared distance to the positions plus `stiffness` times their squared second differences
    (Whittaker 1923).
    """
    count = len(positions)
    if count < 3:
        return positions
    bending = np.zeros((count - 2, count))
    rows = np.arange(count - 2)
    bending[rows, rows], bending[rows, rows + 1], bending[rows, rows + 2] = 1.0, -2.0, 1.0
    curve = np.linalg.solve(np.eye(count) + stiffness * bending.T @ bending, positions)
    return np.clip(curve, positions - cell_px / 2, positions + cell_px / 2)
