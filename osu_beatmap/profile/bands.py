"""Bands of human-made maps: 90 % ranges of metrics by mode.

Maps near a star rating count by a Gaussian of their distance from it. It is half a star wide, and wider where that
reaches too few songs. All maps of one song count as the square root of their number.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feedback.errors import UserError
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.writer import write_text
from osu_beatmap.profile.profile import MapProfile
from paths import DATASET_DIR

FORMAT = 1
BUNDLED = DATASET_DIR / "profile_bands.json"

LOW, MEDIAN, HIGH = 0.05, 0.5, 0.95
STARS = np.arange(1.0, 8.01, 0.5)
"""Star ratings at which bands are stored; between them they are interpolated, beyond them the nearest counts."""

WIDTH_STARS, WIDENING, WIDEST_STARS = 0.5, 1.25, 8.0
ENOUGH_SONGS, FEWEST_SONGS = 20, 8
"""The Gaussian is widened until it reaches as many songs. Of fewer than the least there is no band."""

ROUNDING = 1e-4
"""Tables are rounded; a value on the edge, such as a share of 1, must not fall off it."""


class ProfileBandError(UserError):
    """Table of an unknown format; the message is one sentence."""


@dataclass(frozen=True)
class Band:
    """Range of human-made maps in one metric.

    The maps have the same mode and star rating.

    Attributes:
        spread: Mean distance from the median, of values that are clipped to the band.
    """

    low: float
    median: float
    high: float
    spread: float

    def contains(self, value: float) -> bool:
        margin = ROUNDING * max(abs(self.low), abs(self.high))
        return self.low - margin <= value <= self.high + margin


@dataclass(frozen=True)
class ProfileBands:
    """Bands of all modes.

    Attributes:
        tables: Mode and metric -> low, median, high and spread at `STARS`, float64 [4, stars].
        made_from: Number of maps and songs by mode.
    """

    tables: Mapping[GameMode, Mapping[str, np.ndarray]]
    made_from: Mapping[str, object]

    def band(self, mode: GameMode, metric: str, stars: float) -> Band | None:
        """Return the band of a metric at a star rating.

        It is None if there were too few songs.
        """
        table = self.tables.get(mode, {}).get(metric)
        return None if table is None else Band(*(float(np.interp(stars, STARS, row)) for row in table))

    def inside(self, profile: MapProfile) -> dict[str, bool]:
        """Return whether each metric of a map lies in its band.

        Metrics without a value or a band are omitted.
        """
        found = {}
        for metric, value in profile.metrics.items():
            band = self.band(profile.mode, metric, profile.stars)
            if band is not None and math.isfinite(value):
                found[metric] = band.contains(value)
        return found

    def save(self, path: Path) -> None:
        """Write a JSON file, one line for each metric."""
        modes = {
            mode.name.lower(): {name: [[_round(value) for value in row] for row in table] for name, table in of.items()}
            for mode, of in self.tables.items()
        }
        head = {"format": FORMAT, "made_from": dict(self.made_from), "stars": STARS.tolist()}
        text = json.dumps(head | {"bands": modes})
        write_text(path, text.replace(']], "', ']],\n"').replace('"bands": ', '\n"bands": ') + "\n")


def load_profile_bands(path: Path = BUNDLED) -> ProfileBands:
    """Read a table that `ProfileBands.save` wrote.

    Raises:
        ProfileBandError: The file is something else.
    """
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        if read["format"] != FORMAT or read["stars"] != STARS.tolist():
            raise ProfileBandError(f"{path} is a table of profiles of another version of the program.")
        tables = {
            GameMode[mode.upper()]: {metric: np.array(table, np.float64) for metric, table in of.items()}
            for mode, of in read["bands"].items()
        }
        return ProfileBands(tables, read["made_from"])
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ProfileBandError(f"{path} is not a table of profiles of human-made maps.") from error


def make_bands(humans: Sequence[MapProfile]) -> ProfileBands:
    """Return the bands of human-made maps."""
    tables: dict[GameMode, dict[str, np.ndarray]] = {}
    made_from: dict[str, object] = {}
    for mode in GameMode:
        of_mode = [human for human in humans if human.mode is mode]
        if of_mode:
            names = sorted({name for human in of_mode for name in human.metrics})
            columns = {name: _metric_table(of_mode, name) for name in names}
            tables[mode] = {name: table for name, table in columns.items() if table is not None}
            made_from[mode.name.lower()] = {"maps": len(of_mode), "songs": len({human.song for human in of_mode})}
    return ProfileBands(tables, made_from)


def _metric_table(humans: Sequence[MapProfile], metric: str) -> np.ndarray | None:
    """Return low, median, high and spread at `STARS` [4, stars].

    It is None if there are too few songs.
    """
    known = [human for human in humans if math.isfinite(human.metrics.get(metric, math.nan))]
    if len({human.song for human in known}) < FEWEST_SONGS:
        return None
    values = np.array([human.metrics[metric] for human in known])
    stars = np.array([human.stars for human in known])
    _, song_of = np.unique([human.song for human in known], return_inverse=True)
    columns = []
    for centre in STARS:
        weights = star_weights(stars, song_of, float(centre))
        low, median, high = weighted_quantiles(values, weights, (LOW, MEDIAN, HIGH))
        distances = np.abs(np.clip(values, low, high) - median)
        columns.append((low, median, high, float(np.average(distances, weights=weights))))
    return np.array(columns).T


def star_weights(stars: np.ndarray, song_of: np.ndarray, centre: float) -> np.ndarray:
    """Return how much each map [n] counts at a star rating."""
    maps_of_song = np.bincount(song_of)[song_of]
    width = WIDTH_STARS
    while True:
        weights = np.exp(-0.5 * ((stars - centre) / width) ** 2) / np.sqrt(maps_of_song)
        if width >= WIDEST_STARS or effective_count(np.bincount(song_of, weights)) >= ENOUGH_SONGS:
            return weights
        width *= WIDENING


def effective_count(weights: np.ndarray) -> float:
    """Return how many equal weights tell as much as these.

    Source: Kish 1965, "Survey sampling".
    """
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def weighted_quantiles(values: np.ndarray, weights: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """Return the values that `shares` of the weight lie below, nearly median-unbiased.

    Source: Hyndman & Fan 1996, "Sample quantiles in statistical packages", definition 8; for weights, with the
    effective number of values.
    """
    order = np.argsort(values)
    count = max(1.0, effective_count(weights))
    steps = weights[order] / weights.sum() * count
    ranks = np.cumsum(steps) - steps / 2 + 1 / 6
    return np.interp(shares, ranks / (count + 1 / 3), values[order])


def _round(value: float) -> float:
    return float(f"{value:.4g}")
