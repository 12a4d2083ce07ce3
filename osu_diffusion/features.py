"""Features of each point for the bundled refiner.

The noisy positions themselves are separate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from osu_diffusion.points import PointKind, PointSequence

POSITION_SCALE_PX = 256.0
"""Positions are (px - centre) / 256 in both directions, so that a right angle stays one."""

CENTRE_PX = np.array([256.0, 192.0])

REFERENCE_MS, REFERENCE_PX = 100.0, 32.0
MAX_TIME_MS = 10_000.0
MAX_LOG_RATIO = 2.0
CELL_PERIODS_PX = (32.0, 64.0, 128.0, 256.0, 512.0)


@dataclass(frozen=True, slots=True)
class PointFeatures:
    """Arrays over points [n, ...], float32 unless said otherwise.

    context        [n, CONTEXT_SIZE]
    draft          [n, 2] normalised positions of the draft; zero where they are to be ignored
    path_ids       [n] int64, 1 and up for the control points of a slider, 0 elsewhere, its end too
    path_lengths   [n] normalised required length of the slider, 0 where path_ids is
    """

    context: np.ndarray
    draft: np.ndarray
    path_ids: np.ndarray
    path_lengths: np.ndarray


def normalise(positions_px: np.ndarray) -> np.ndarray:
    return ((positions_px - CENTRE_PX) / POSITION_SCALE_PX).astype(np.float32)


def convert_to_px(positions: np.ndarray) -> np.ndarray:
    """Convert normalised positions [..., 2] to px, float64."""
    return positions.astype(np.float64) * POSITION_SCALE_PX + CENTRE_PX


def draft_distances(positions_px: np.ndarray) -> np.ndarray:
    """Return the distance [n] of each point to the previous one.

    The first distance is to the centre.
    """
    return np.hypot(*(positions_px - np.concatenate([CENTRE_PX[None], positions_px[:-1]])).T)


def point_features(
    sequence: PointSequence,
    draft_px: np.ndarray,
    distances_px: np.ndarray,
    naturals_px: np.ndarray,
    has_draft: bool = True,
) -> PointFeatures:
    """Return the features of a sequence with a draft.

    Args:
        draft_px: Positions of the draft [n, 2].
        distances_px: [n] to the previous point; the only information on positions without a draft.
        naturals_px: [paths] lengths of the draft's paths.
    """
    on_path = (sequence.path_of >= 0) & ~sequence.is_path_end
    path_ids = np.where(on_path, sequence.path_of + 1, 0)
    lengths = sequence.path_lengths_px[np.maximum(sequence.path_of, 0)] if len(sequence.path_lengths_px) else 0.0
    lengths_px = np.where(on_path, lengths, 0.0)
    draft = normalise(draft_px) * has_draft
    columns = [
        np.eye(len(PointKind))[sequence.kinds],
        _time_columns(sequence),
        np.log1p(distances_px / REFERENCE_PX)[:, None],
        _path_columns(sequence, naturals_px, lengths_px, has_draft),
        _draft_columns(draft) * has_draft,
        np.full((len(draft), 1), float(has_draft)),
    ]
    return PointFeatures(
        context=np.concatenate(columns, axis=1).astype(np.float32),
        draft=draft,
        path_ids=path_ids,
        path_lengths=(lengths_px / POSITION_SCALE_PX).astype(np.float32),
    )


def _time_columns(sequence: PointSequence) -> np.ndarray:
    """Return the time to the neighbours [n, 4].

    It is the logarithm of ms and of beats.
    """
    gaps_ms = np.clip(np.diff(sequence.times_ms), 0.0, MAX_TIME_MS)
    before, after = np.append(MAX_TIME_MS, gaps_ms), np.append(gaps_ms, MAX_TIME_MS)
    in_beats = [gap / sequence.beat_lengths_ms for gap in (before, after)]
    logarithms = [np.log1p(gap / REFERENCE_MS) for gap in (before, after)] + [np.log1p(4.0 * g) for g in in_beats]
    return np.stack(logarithms, axis=1)


def _path_columns(
    sequence: PointSequence, naturals_px: np.ndarray, lengths_px: np.ndarray, has_draft: bool
) -> np.ndarray:
    """Return the columns of paths [n, 4].

    They are the required length, the fraction of it that the draft's path has, and the place on the path.
    """
    on_path = lengths_px > 0
    natural_px = naturals_px[np.maximum(sequence.path_of, 0)] if len(naturals_px) else np.zeros(len(lengths_px))
    ratio = np.log((natural_px + 1.0) / (lengths_px + 1.0)).clip(-MAX_LOG_RATIO, MAX_LOG_RATIO)
    is_inner = on_path & (sequence.path_shares > 0)
    return np.stack(
        [
            np.log1p(lengths_px / REFERENCE_PX),
            lengths_px / POSITION_SCALE_PX,
            np.where(on_path & has_draft, ratio, 0.0),
            np.where(is_inner, sequence.path_shares, 0.0),
        ],
        axis=1,
    )


def _draft_columns(draft: np.ndarray) -> np.ndarray:
    """Return the draft positions and movements of points.

    Shape [n, 2 + 4 + 4 * periods].


    The movements are those before and after the point.
    """
    steps = np.diff(draft, axis=0)
    none = np.zeros((1, 2))
    angles = (draft[:, None, :] * POSITION_SCALE_PX + CENTRE_PX) * (2.0 * np.pi / np.array(CELL_PERIODS_PX)[:, None])
    waves = angles.reshape(len(draft), -1)
    return np.concatenate(
        [draft, np.concatenate([none, steps]), np.concatenate([steps, none]), np.cos(waves), np.sin(waves)], axis=1
    )


CONTEXT_SIZE = len(PointKind) + 4 + 1 + 4 + (6 + 4 * len(CELL_PERIODS_PX)) + 1
