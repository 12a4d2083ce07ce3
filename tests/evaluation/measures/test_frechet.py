"""The Fréchet distance against cases that have a closed form."""

import math

import numpy as np
import pytest
import scipy.linalg

from evaluation.measures.frechet import frechet_distance


def test_equal_sets_have_none_a_shift_counts_squared_and_few_vectors_are_no_trouble():
    vectors = np.random.default_rng(0).normal(size=(200, 8))
    assert frechet_distance(vectors, vectors) == pytest.approx(0.0, abs=1e-9)
    assert frechet_distance(vectors, vectors + 2.0) == pytest.approx(8 * 4.0)
    rng = np.random.default_rng(2)
    assert frechet_distance(rng.normal(size=(5, 64)), rng.normal(size=(7, 64))) > 0
    assert math.isnan(frechet_distance(np.zeros((1, 4)), np.zeros((9, 4))))


def test_it_agrees_with_the_formula_as_it_stands():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(300, 6)) @ rng.normal(size=(6, 6)), rng.normal(1, 2, size=(250, 6))
    covariances = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    formula = ((first.mean(0) - second.mean(0)) ** 2).sum() + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert frechet_distance(first, second) == pytest.approx(formula)
    assert frechet_distance(second, first) == pytest.approx(formula)
