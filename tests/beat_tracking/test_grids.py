"""Grids of constant and of changing tempo."""

import numpy as np
import pytest

from beat_tracking.grids import Grid


@pytest.mark.parametrize("drift", [0.0, 0.008, -0.008])
def test_times_are_where_the_numbers_are(drift):
    grid = Grid(480.0, 1234.5, drift)
    numbers = np.arange(-300.0, 301.0)
    times_ms = grid.times_ms(numbers)
    assert np.all(np.diff(times_ms) > 0)
    np.testing.assert_allclose(grid.position(times_ms), numbers, atol=1e-6)
    np.testing.assert_allclose(grid.errors_ms(times_ms + 7.0), 7.0, atol=1.0)


def test_a_drift_is_the_growth_of_the_tempo_and_has_limits():
    grid = Grid(500.0, 0.0, 0.01)
    assert grid.beat_ms(np.array([0.0, 500.0])) == pytest.approx([500.0, 500.0 / 1.01])
    assert np.diff(grid.times_ms(np.arange(3)))[0] > np.diff(grid.times_ms(np.arange(3)))[1]
    grid = Grid(500.0, 0.0, 0.01)
    assert grid.beat_ms(np.array([-1e6, 1e6])) == pytest.approx([500.0 / 0.4, 500.0 / 2.5])
