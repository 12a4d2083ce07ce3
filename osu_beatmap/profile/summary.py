"""Profiles of many maps next to the bands.

A summary counts the metrics inside, and measures their variation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from osu_beatmap.profile.bands import ProfileBands
from osu_beatmap.profile.profile import MapProfile


@dataclass(frozen=True)
class MetricSummary:
    """One metric over some maps of a mode.

    Attributes:
        maps: Number of maps with a value.
        inside: Share of these that lie in the band of their star rating.
        median: Median of the maps.
        human_median: Median of human-made maps of the same star ratings.
        low: Lower edge of the human band, mean over the maps' star ratings.
        high: Upper edge, alike.
        spread: Mean distance of the maps from their median, after the human median of each star rating is taken off.
            Values are clipped to the band, so that no single map decides.
        human_spread: The same of human-made maps.
    """

    maps: int
    inside: float
    median: float
    human_median: float
    low: float
    high: float
    spread: float
    human_spread: float

    @property
    def spread_ratio(self) -> float:
        """Return the spread as a multiple of the human one.

        It is NaN if that is 0.
        """
        return self.spread / self.human_spread if self.human_spread > 0 else math.nan


@dataclass(frozen=True)
class ModeSummary:
    """All maps of a mode.

    `inside` is the fraction of pairs of map and metric within the bands.
    """

    maps: int
    pairs: int
    inside: float
    metrics: dict[str, MetricSummary]


def inside_share(pairs: Iterable[np.ndarray]) -> float:
    """Return the share of true values of all arrays; NaN without values."""
    together = np.concatenate([np.zeros(0, bool), *pairs])
    return float(together.mean()) if len(together) else math.nan


def summarise(maps: Sequence[MapProfile], bands: ProfileBands) -> ModeSummary:
    """Return the summary of maps of one mode."""
    names = dict.fromkeys(name for each in maps for name in each.metrics)
    summaries = {name: found for name in names if (found := _summarise_metric(name, maps, bands)) is not None}
    inside = [np.array(list(bands.inside(each).values()), bool) for each in maps]
    return ModeSummary(len(maps), sum(map(len, inside)), inside_share(inside), summaries)


def _summarise_metric(metric: str, maps: Sequence[MapProfile], bands: ProfileBands) -> MetricSummary | None:
    """Return the summary of a metric; None without value or band."""
    known = [
        (value, band)
        for each in maps
        if math.isfinite(value := each.metrics.get(metric, math.nan))
        and (band := bands.band(each.mode, metric, each.stars)) is not None
    ]
    if not known:
        return None
    values = np.array([value for value, _ in known])
    low, human_median, high, human_spread = np.array([(b.low, b.median, b.high, b.spread) for _, b in known]).T
    deviations = np.clip(values, low, high) - human_median
    return MetricSummary(
        maps=len(known),
        inside=float(np.mean([band.contains(value) for value, band in known])),
        median=float(np.median(values)),
        human_median=float(human_median.mean()),
        low=float(low.mean()),
        high=float(high.mean()),
        spread=float(np.abs(deviations - np.median(deviations)).mean()),
        human_spread=float(human_spread.mean()),
    )
