"""Rarity of a deviation from a band among human-made maps.

A deviation is the distance of a value from its band, in widths of that side of the band. The tables come from training
songs (`python -m benchmarks.mai_mod.calibrate_maps FOLDER`): `datasets/review_bands.json` for the metrics of
`own_metrics`, and `datasets/review_outliers.json` for the deviations of all metrics and the scores of human-made maps.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from modding.thresholds import Curve, TableError, curve_of, rate_on
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.writer import write_text
from osu_beatmap.profile.bands import Band, ProfileBands, load_profile_bands
from paths import DATASET_DIR

FORMAT = 1
OWN_BANDS = DATASET_DIR / "review_bands.json"
OUTLIERS = DATASET_DIR / "review_outliers.json"

LEAST_WIDTH = 0.02
"""Least width of a side of a band, as a fraction of its edge or of 1."""

STATED_BY_RULES = frozenset({"objects_before_first_red_line"})
UNMEASURED = 0.05
"""Fraction of human-made maps on either side of a band; for metrics without a curve."""

LENT_MAPS = 60.0
"""Number of maps as which the deviations of all modes count in each mode."""


@dataclass(frozen=True)
class Deviation:
    """A metric outside its band.

    Attributes:
        is_high: Whether the value is above the band.
        widths: Distance from the band, in widths of that side.
        per_map: Fraction of human-made maps that are as far outside in this metric.
    """

    metric: str
    value: float
    band: Band
    is_high: bool
    widths: float
    per_map: float


@dataclass(frozen=True)
class MapNorms:
    """Bands of all metrics, and rates of deviations in human-made maps.

    Attributes:
        outliers: Mode and metric -> curve of deviations, in fractions of maps.
        scores: Mode -> scores of human-made maps, ascending.
    """

    profile: ProfileBands
    own: ProfileBands
    outliers: Mapping[tuple[GameMode, str], Curve] = field(default_factory=dict)
    scores: Mapping[GameMode, Sequence[float]] = field(default_factory=dict)
    made_from: Mapping[str, object] = field(default_factory=dict)

    def band(self, mode: GameMode, metric: str, stars: float) -> Band | None:
        return self.profile.band(mode, metric, stars) or self.own.band(mode, metric, stars)

    def deviations(self, mode: GameMode, stars: float, metrics: Mapping[str, float]) -> list[Deviation]:
        """Return the metrics outside their bands, the rarest first."""
        found = []
        for metric, value in metrics.items():
            band = None if metric in STATED_BY_RULES else self.band(mode, metric, stars)
            if band is not None and math.isfinite(value) and not band.contains(value):
                is_high = value > band.high
                widths = deviation_widths(value, band)
                per_map = rate_on(self.outliers.get((mode, metric), ((0.0, UNMEASURED),)), widths)
                found.append(Deviation(metric, value, band, is_high, widths, per_map))
        return sorted(found, key=lambda each: each.per_map)

    def cleaner_share(self, mode: GameMode, score: float) -> float:
        """Return the fraction of human-made maps with at most this score.

        It is NaN if none were measured.
        """
        known = self.scores.get(mode, ())
        return float(np.searchsorted(known, score, side="right") / len(known)) if len(known) else math.nan

    def save(self, path: Path = OUTLIERS) -> None:
        """Write what is not a band."""
        modes: dict[str, dict[str, list]] = {}
        for (mode, metric), curve in sorted(self.outliers.items()):
            modes.setdefault(mode.name.lower(), {})[metric] = [[rate, round(widths, 3)] for widths, rate in curve]
        scores = {mode.name.lower(): [round(each, 2) for each in of] for mode, of in sorted(self.scores.items())}
        head = {"format": FORMAT, "made_from": dict(self.made_from), "scores": scores, "deviations": modes}
        write_text(
            path, json.dumps(head).replace(']], "', ']],\n"').replace('"deviations": ', '\n"deviations": ') + "\n"
        )


def deviation_widths(value: float, band: Band) -> float:
    """Return the distance of a value from a band, in widths.

    The width is that of the side of the band.
    """
    edge = band.high if value > band.high else band.low
    return abs(value - edge) / max(abs(edge - band.median), LEAST_WIDTH * max(1.0, abs(edge)))


@lru_cache(maxsize=1)
def load_norms() -> MapNorms:
    """Return the bundled tables.

    Raises:
        TableError: A table is something else.
    """
    try:
        read = json.loads(OUTLIERS.read_text(encoding="utf-8"))
        if read["format"] != FORMAT:
            raise TableError(f"{OUTLIERS} has a format unknown to this version.")
        outliers = {
            (GameMode[mode.upper()], metric): tuple((float(widths), float(rate)) for rate, widths in rows)
            for mode, metrics in read["deviations"].items()
            for metric, rows in metrics.items()
        }
        scores = {GameMode[mode.upper()]: tuple(of) for mode, of in read["scores"].items()}
        return MapNorms(load_profile_bands(), load_profile_bands(OWN_BANDS), outliers, scores, read["made_from"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TableError(f"{OUTLIERS} is not a table of deviations of human-made maps.") from error


def outlier_curves(
    deviations: Mapping[tuple[GameMode, str], Sequence[float]], maps: Mapping[GameMode, int]
) -> dict[tuple[GameMode, str], Curve]:
    """Return the curve of each mode and metric.

    Args:
        deviations: Widths of all maps outside, by mode and metric.
        maps: Number of maps of each mode.
    """
    pooled: dict[GameMode, list[float]] = {}
    metrics: dict[GameMode, int] = {}
    for (mode, _), widths in deviations.items():
        pooled.setdefault(mode, []).extend(widths)
        metrics[mode] = metrics.get(mode, 0) + 1
    curves = {}
    for (mode, metric), widths in deviations.items():
        lent = LENT_MAPS / (maps[mode] * metrics[mode])
        weighed = [(each, 1.0) for each in widths] + [(each, lent) for each in pooled[mode]]
        curve = curve_of(weighed, maps[mode] + LENT_MAPS)
        if curve:
            curves[mode, metric] = curve
    return curves
