"""Distances of distributions against literal values."""

import math

import numpy as np
import pytest

from evaluation.measures.histograms import binned_wasserstein, jensen_shannon, shares

EDGES = np.linspace(0.0, 10.0, 11)


def test_distances_of_distributions():
    assert shares(np.array([-5.0, 0.5, 9.5, 20.0]), EDGES).tolist() == [0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0.5]
    assert np.isnan(shares(np.zeros(0), EDGES)).all()
    first, second = shares(np.array([0.5, 1.5]), EDGES), shares(np.array([2.5, 3.5]), EDGES)
    assert binned_wasserstein(first, second, 1.0) == pytest.approx(2.0)
    assert binned_wasserstein(first, first, 1.0) == 0.0
    assert jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == pytest.approx(1.0)
    assert jensen_shannon(np.array([0.5, 0.5]), np.array([0.5, 0.5])) == 0.0
    # 0.5 * KL((1, 0) || (0.75, 0.25)) + 0.5 * KL((0.5, 0.5) || (0.75, 0.25)), by hand
    by_hand = 0.5 * math.log2(1 / 0.75) + 0.5 * (0.5 * math.log2(0.5 / 0.75) + 0.5 * math.log2(0.5 / 0.25))
    assert jensen_shannon(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == pytest.approx(by_hand)
    assert math.isnan(jensen_shannon(np.full(2, math.nan), np.array([0.5, 0.5])))
