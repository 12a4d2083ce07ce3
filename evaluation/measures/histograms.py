"""Distributions over fixed bins, and how far apart two of them are."""

from __future__ import annotations

import math

import numpy as np


def shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the fraction of values in each bin [bins].

    Values outside count in the outermost. The result is NaN without values.
    """
    if not len(values):
        return np.full(len(edges) - 1, math.nan)
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return counts / len(values)


def binned_wasserstein(first: np.ndarray, second: np.ndarray, width: float) -> float:
    """Return the first Wasserstein distance of binned distributions.

    Bins have equal width; the distance has its unit.

    In one dimension it is the area between the distribution functions (Vallender 1974).
    """
    return float(np.abs(np.cumsum(first - second)).sum() * width)


def jensen_shannon(first: np.ndarray, second: np.ndarray) -> float:
    """Return the Jensen-Shannon divergence of two distributions in bits.

    It ranges from 0 (equal) to 1 (nothing in common).

    Source: Lin 1991, "Divergence measures based on the Shannon entropy".
    """
    middle = (first + second) / 2
    return float((_kullback_leibler(first, middle) + _kullback_leibler(second, middle)) / 2)


def _kullback_leibler(first: np.ndarray, second: np.ndarray) -> float:
    if not np.isfinite(first + second).all():
        return math.nan
    there = first > 0
    return float((first[there] * np.log2(first[there] / second[there])).sum())
