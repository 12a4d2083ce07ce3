"""Bootstrap intervals over songs: charts of one song are not independent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

Song = TypeVar("Song")


def bootstrap_interval(
    songs: Sequence[Song], figure: Callable[[list[Song]], float], draws: int = 1000
) -> tuple[float, float]:
    """Return the 5 % and 95 % quantiles of a bootstrapped metric.

    Songs are resampled. The quantiles are NaN if the metric has no value.
    """
    chosen = np.random.default_rng(0).integers(len(songs), size=(draws, len(songs)))
    values = [figure([songs[index] for index in row]) for row in chosen]
    low, high = (np.nan, np.nan) if np.isnan(values).all() else np.nanquantile(values, (0.05, 0.95))
    return float(low), float(high)
