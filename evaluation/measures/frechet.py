"""Fréchet distance of two sets of feature vectors.

It measures the distance of generated maps from human-made ones as a whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from osu_beatmap.beatmap import Beatmap

FeatureReader = Callable[[Beatmap, Path], np.ndarray]
"""A map and its song -> feature vectors [excerpts, d]."""

FEWEST_VECTORS = 2


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the squared Fréchet distance of fitted normal distributions.

    The vectors are [n, d] and [m, d].

    |mean1 - mean2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2)) with covariances C. Source: Dowson & Landau 1982; used for
    generated pictures by Heusel et al. 2017 (FID). With few vectors it is too high: compare only sets of like sizes.
    NaN where a set has fewer than two vectors.
    """
    if min(len(first), len(second)) < FEWEST_VECTORS:
        return math.nan
    between = float(((first.mean(axis=0) - second.mean(axis=0)) ** 2).sum())
    covariances = [np.atleast_2d(np.cov(vectors, rowvar=False)) for vectors in (first, second)]
    values, vectors = np.linalg.eigh(covariances[0])
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    # The eigenvalues of C1 C2 are those of the symmetric C1^(1/2) C2 C1^(1/2), whose root is stable to compute.
    middle = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ covariances[1] @ root), 0.0)).sum()
    return max(0.0, float(between + np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * middle))
