"""How well a linear classifier distinguishes generated maps from human-made ones by their profiles."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from evaluation.measures.review_metrics import auc
from evaluation.profile.bands import ProfileBands
from evaluation.profile.profile import MapProfile

FOLDS, FEWEST_SONGS = 5, 4
FARTHEST = 2.0
PENALTY = 1.0


def profile_auc(made: Sequence[MapProfile], humans: Sequence[MapProfile], bands: ProfileBands) -> float:
    """Return the chance that a generated map looks more generated than a human-made one of another song.

    It is 0.5 if they cannot be distinguished, and 1 if always. A logistic regression with a ridge penalty is fitted in
    five folds; all maps of a song are in one fold. Scores of different folds are not compared with each other.

    Returns:
        The area under the curve; NaN if either side has fewer than `FEWEST_SONGS` songs.
    """
    if min(len({each.song for each in side}) for side in (made, humans)) < FEWEST_SONGS:
        return math.nan
    maps = [*made, *humans]
    is_made = np.arange(len(maps)) < len(made)
    features = _features(maps, bands)
    songs = sorted({each.song for each in maps})
    fold_of = np.array([songs.index(each.song) % FOLDS for each in maps])
    areas = []
    for fold in range(FOLDS):
        tested = fold_of == fold
        scores = features @ _fit(features[~tested], is_made[~tested])
        areas.append(auc(scores[tested & is_made], scores[tested & ~is_made]))
    return float(np.nanmean(areas)) if np.isfinite(areas).any() else math.nan


def _features(maps: Sequence[MapProfile], bands: ProfileBands) -> np.ndarray:
    """Return the metrics [maps, metrics + 1] as distances from the human median in half bands, and a constant."""
    names = sorted({name for each in maps for name in each.metrics})
    features = np.ones((len(maps), len(names) + 1))
    for row, each in zip(features, maps, strict=True):
        for column, name in enumerate(names):
            value, band = each.metrics.get(name, math.nan), bands.band(each.mode, name, each.stars)
            if band is None or not math.isfinite(value):
                row[column] = 0.0
                continue
            half_band = max((band.high - band.low) / 2, 1e-6)
            row[column] = min(FARTHEST, max(-FARTHEST, (value - band.median) / half_band))
    return features


def _fit(features: np.ndarray, is_made: np.ndarray) -> np.ndarray:
    """Return the weights [metrics + 1] of a logistic regression in which both sides count the same."""
    signs = np.where(is_made, 1.0, -1.0)
    counts = np.where(is_made, 0.5 / max(1, is_made.sum()), 0.5 / max(1, (~is_made).sum())) * len(signs)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margins = signs * (features @ weights)
        penalised = np.append(weights[:-1], 0.0)
        value = float((counts * np.logaddexp(0.0, -margins)).sum() + PENALTY / 2 * (penalised**2).sum())
        return value, -features.T @ (counts * signs * expit(-margins)) + PENALTY * penalised

    return minimize(loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B").x
