"""Shapes: distributions of a chart, and their distance from human-made ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from evaluation.charts import Case, MeasuredChart
from evaluation.measures.histograms import binned_wasserstein, jensen_shannon, shares
from evaluation.metrics.metric import ALL_MODES, Better, Metric, Reaction
from osu_beatmap.beatmap import GameMode

BINS_PER_OCTAVE = 8


@dataclass(frozen=True)
class Shape:
    """A distribution of a chart.

    values  with `edges`, the values to be put into its equal bins; without, the shares [bins] themselves, which are of
            classes without an order
    unit    of `distance`
    """

    name: str
    values: Callable[[MeasuredChart], np.ndarray]
    edges: np.ndarray | None = None
    unit: str = "bits"
    modes: frozenset[GameMode] = field(default=ALL_MODES)

    def compute_shares(self, chart: MeasuredChart) -> np.ndarray:
        """Return the shares [bins] of a chart, NaN without any values."""
        values = self.values(chart)
        return values if self.edges is None else shares(values, self.edges)

    def distance(self, first: np.ndarray, second: np.ndarray) -> float:
        """Return the Wasserstein distance, or for classes the Jensen-Shannon divergence.

        The distance is in the unit of the values, the divergence in bits.
        """
        if self.edges is None:
            return jensen_shannon(first, second)
        return binned_wasserstein(first, second, float(self.edges[1] - self.edges[0]))


def octave_edges(lowest: int, highest: int) -> np.ndarray:
    """Return bins of an eighth of an octave, for log2 values.

    Values are from 2**lowest to 2**highest.
    """
    return np.linspace(lowest, highest, (highest - lowest) * BINS_PER_OCTAVE + 1)


@dataclass(frozen=True)
class ShapeDistance:
    """Distance of a chart's shape from that of human-made maps.

    These have its mode and level; NaN if there is no band.
    """

    shape: Shape

    def __call__(self, case: Case) -> float:
        if case.band is None or self.shape.name not in case.band.shapes:
            return math.nan
        return self.shape.distance(self.shape.compute_shares(case.generated), case.band.shapes[self.shape.name])


def shape_metric(name: str, shape: Shape, what: str, reacts: dict[str, Reaction], visible: float) -> Metric:
    """Define a metric that compares a shape with human-made maps."""
    kind, source = "Jensen-Shannon divergence", "Lin 1991"
    if shape.edges is not None:
        kind, source = "Wasserstein distance", "Vallender 1974"
    about = f"{kind} in {shape.unit} between the {what} here and in human-made maps of the level"
    return Metric(name, about, ShapeDistance(shape), Better.LOWER, reacts, visible, shape.modes, source=source)
