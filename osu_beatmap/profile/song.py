"""Kiai time, volumes, and correlation of a map with its song's loudness."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from osu_beatmap.rules.chart import Chart

WINDOW_MS = 4000.0
FEWEST_WINDOWS = 8


@dataclass(frozen=True)
class Loudness:
    """Loudness of a song: `levels_db` [frames] at `times_ms` [frames], in order."""

    times_ms: np.ndarray
    levels_db: np.ndarray

    def means_db(self, edges_ms: np.ndarray) -> np.ndarray:
        """Return mean levels [n] between neighbours of `edges_ms` [n + 1].

        They are NaN outside the song.
        """
        places = np.searchsorted(self.times_ms, edges_ms)
        sums = np.concatenate([[0.0], np.cumsum(self.levels_db)])
        counts = np.diff(places)
        return np.where(counts > 0, np.diff(sums[places]) / np.maximum(counts, 1), math.nan)


def song_profile(chart: Chart, loudness: Loudness | None) -> dict[str, float]:
    """Return the metrics of kiai time and volumes.

    With `loudness`, those of loudness follow.
    """
    first_ms, last_ms = float(chart.start_ms.min()), float(chart.end_ms.max())
    kiai = [(max(first_ms, start), min(last_ms, end)) for start, end in chart.timing.kiai_spans()]
    kiai = [(start, end) for start, end in kiai if end > start]
    kiai_ms = sum(end - start for start, end in kiai)
    volumes = {chart.timing.volume_at(time_ms) for time_ms in chart.start_ms.tolist()}
    metrics = {
        "kiai_time_share": kiai_ms / max(1.0, last_ms - first_ms),
        "kiai_times": float(len(kiai)),
        "distinct_volumes": float(len(volumes)),
    }
    if loudness is not None:
        metrics |= _loudness_profile(chart, loudness, kiai)
    return metrics


def _loudness_profile(chart: Chart, loudness: Loudness, kiai: list[tuple[float, float]]) -> dict[str, float]:
    """Compare object density and kiai time with loudness, in windows of `WINDOW_MS`."""
    first_ms, last_ms = float(chart.start_ms.min()), float(chart.start_ms.max())
    edges_ms = np.arange(first_ms, last_ms, WINDOW_MS)
    if len(edges_ms) <= FEWEST_WINDOWS:
        return {"density_loudness_correlation": math.nan, "kiai_loud_share": math.nan}
    levels_db = loudness.means_db(edges_ms)
    counts, _ = np.histogram(np.unique(chart.start_ms), edges_ms)
    kiai_ms = np.zeros(len(counts))
    for start_ms, end_ms in kiai:
        overlap_ms = np.minimum(end_ms, edges_ms[1:]) - np.maximum(start_ms, edges_ms[:-1])
        kiai_ms += np.maximum(0.0, overlap_ms)
    inside = np.isfinite(levels_db)
    counts, levels_db, kiai_ms = counts[inside], levels_db[inside], kiai_ms[inside]
    is_loud = levels_db > np.median(levels_db)
    return {
        "density_loudness_correlation": _correlation(counts, levels_db),
        "kiai_loud_share": float(kiai_ms[is_loud].sum() / kiai_ms.sum()) if kiai_ms.sum() else math.nan,
    }


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    if len(first) < FEWEST_WINDOWS or not first.std() or not second.std():
        return math.nan
    return float(np.corrcoef(first, second)[0, 1])
