"""Separation of generated and human-made maps by their profiles.

A linear classifier distinguishes them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from evaluation.measures.review_metrics import auc
from osu_beatmap.profile.bands import ProfileBands
from osu_beatmap.profile.profile import MapProfile

FOLDS, REPEATS, FEWEST_SONGS = 5, 4, 2
CONTROLS = 10
FARTHEST = 2.0
PENALTY = 1.0
TELLING = 5


def profile_auc(
    generated: Sequence[MapProfile],
    humans: Sequence[MapProfile],
    bands: ProfileBands,
    fitted: Sequence[MapProfile] = (),
    repeats: int = REPEATS,
) -> float:
    """Return the probability that a generated map is recognised in a pair.

    The human-made map is of another song.

    It is 0.5 if they cannot be distinguished, and 1 if always. A logistic regression with a ridge penalty is fitted in
    five folds; all maps of a song are in one fold. Scores of different folds are not compared with each other. A metric
    without a value, or without a band, counts as the human median.

    Args:
        generated: Generated maps.
        humans: Human-made maps, of other songs than the bands.
        bands: They make metrics of different star ratings comparable.
        fitted: Further human-made maps. The classifier is fitted on them, but they are not compared.
        repeats: Number of random assignments of songs to folds; the result is their mean.

    Returns:
        The area under the curve; NaN if either side has fewer than `FEWEST_SONGS` songs.
    """
    if min(len({each.song for each in side}) for side in (generated, humans)) < FEWEST_SONGS:
        return math.nan
    maps = [*generated, *humans, *fitted]
    places = np.arange(len(maps))
    is_made, is_human = places < len(generated), (places >= len(generated)) & (places < len(generated) + len(humans))
    features = _features(maps, bands)
    areas = []
    for repeat in range(repeats):
        fold_of = _song_folds(maps, {each.song for each in humans}, repeat)
        for fold in range(FOLDS):
            tested = fold_of == fold
            scores = features @ _fit(features[~tested], is_made[~tested])
            areas.append(auc(scores[tested & is_made], scores[tested & is_human]))
    return float(np.nanmean(areas)) if np.isfinite(areas).any() else math.nan


def control_auc(humans: Sequence[MapProfile], bands: ProfileBands) -> float:
    """Return the mean AUC between halves of human-made maps.

    Songs are halved at random; a sound classifier is near 0.5.
    """
    songs = sorted({each.song for each in humans})
    areas = []
    for seed in range(CONTROLS):
        half = set(np.random.default_rng(seed).permutation(songs)[: len(songs) // 2])
        sides = ([each for each in humans if (each.song in half) is is_first] for is_first in (True, False))
        areas.append(profile_auc(*sides, bands, repeats=1))
    return float(np.nanmean(areas)) if np.isfinite(areas).any() else math.nan


def find_distinctive_metrics(
    generated: Sequence[MapProfile], humans: Sequence[MapProfile], bands: ProfileBands
) -> list[str]:
    """Return the metrics that distinguish the maps, most distinctive first."""
    maps = [*generated, *humans]
    is_made = np.arange(len(maps)) < len(generated)
    features = _features(maps, bands)
    differences = features[is_made].mean(axis=0) - features[~is_made].mean(axis=0)
    contributions = (_fit(features, is_made) * differences)[:-1]
    names = _metric_names(maps)
    return [names[index] for index in np.argsort(-contributions)[:TELLING]]


def _song_folds(maps: Sequence[MapProfile], compared: set[str], seed: int) -> np.ndarray:
    """Return the fold [maps] of each map.

    Songs with compared human-made maps are spread evenly.
    """
    rng = np.random.default_rng(seed)
    songs = sorted({each.song for each in maps})
    shuffled = [*rng.permutation(sorted(compared)), *rng.permutation([song for song in songs if song not in compared])]
    fold_of = {str(song): index % FOLDS for index, song in enumerate(shuffled)}
    return np.array([fold_of[each.song] for each in maps])


def _metric_names(maps: Sequence[MapProfile]) -> list[str]:
    return sorted({name for each in maps for name in each.metrics})


def _features(maps: Sequence[MapProfile], bands: ProfileBands) -> np.ndarray:
    """Return the metrics in half bands, and a constant.

    Shape [maps, metrics + 1].


    They are distances from the human median.
    """
    names = _metric_names(maps)
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
    """Return the weights [metrics + 1] of a logistic regression.

    Both sides count the same.
    """
    signs = np.where(is_made, 1.0, -1.0)
    counts = np.where(is_made, 0.5 / max(1, is_made.sum()), 0.5 / max(1, (~is_made).sum())) * len(signs)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margins = signs * (features @ weights)
        penalised = np.append(weights[:-1], 0.0)
        value = float((counts * np.logaddexp(0.0, -margins)).sum() + PENALTY / 2 * (penalised**2).sum())
        return value, -features.T @ (counts * signs * expit(-margins)) + PENALTY * penalised

    return minimize(loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B").x
