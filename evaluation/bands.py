"""Bands of human-made maps, by mode and difficulty level.

Metrics compare charts with these distributions. They are numbers about charts and contain nothing of the charts
themselves, so that the table may be distributed with the program.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from feedback.errors import UserError
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.writer import temporary_beside
from osu_beatmap.rules import Level

FORMAT = 1
QUANTILES = np.linspace(0.0, 1.0, 41)
LOW, HIGH = 0.05, 0.95
ROUNDING = 1e-4
"""Tables are rounded; a value on the edge, such as a share of 1, must not fall off it."""

FEWEST_CHARTS = 8
"""Of fewer charts no band is told."""


class BandError(UserError):
    """Table of an unknown format; the message is one sentence."""


@dataclass(frozen=True)
class Band:
    """Human charts of one mode and level.

    shapes     name of a shape -> the mean of the charts' distributions [bins]
    quantiles  name of a metric -> its values among the charts at `QUANTILES`
    """

    charts: int
    shapes: Mapping[str, np.ndarray]
    quantiles: Mapping[str, np.ndarray]

    def quantile_of(self, metric: str, share: float) -> float:
        """Return the quantile of a metric over the charts.

        It is NaN for a metric that they were not measured by.
        """
        return float(np.interp(share, QUANTILES, self.quantiles[metric])) if metric in self.quantiles else float("nan")

    def holds(self, metric: str, value: float, *, from_below: bool = True, from_above: bool = True) -> bool:
        """Return whether a value is in the human-made middle 90 %.

        The edges are included. If a metric cannot be too low, or too high, the band is open to that side and holds 95
        of 100 human-made maps.
        """
        low, high = self.quantile_of(metric, LOW), self.quantile_of(metric, HIGH)
        margin = ROUNDING * max(abs(low), abs(high))
        return (not from_below or low - margin <= value) and (not from_above or value <= high + margin)


@dataclass(frozen=True)
class Bands:
    """All bands; `made_from` says in words which charts they come from."""

    bands: Mapping[tuple[GameMode, Level], Band] = field(default_factory=dict)
    made_from: Mapping[str, object] = field(default_factory=dict)

    def find(self, mode: GameMode, level: Level) -> Band | None:
        """Return the band of a mode and level, None without enough charts."""
        return self.bands.get((mode, level))

    def save(self, path: Path) -> None:
        """Write a JSON file, completely or not at all."""
        bands = {
            f"{mode.name.lower()}/{level.name.lower()}": {
                "charts": band.charts,
                "shapes": {name: _round(shape, 5) for name, shape in band.shapes.items()},
                "quantiles": {name: _round(values, 4) for name, values in band.quantiles.items()},
            }
            for (mode, level), band in self.bands.items()
        }
        text = json.dumps({"format": FORMAT, "made_from": dict(self.made_from), "bands": bands}, indent=None)
        with temporary_beside(path) as file:
            file.write(text.replace('}, "', '},\n"').encode("utf-8") + b"\n")


def load_bands(path: Path) -> Bands:
    """Load a table that `Bands.save` wrote.

    Raises:
        BandError: The file is any other.
    """
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        if read["format"] != FORMAT:
            raise BandError(f"{path} is a table of human-made maps of another version of the program.")
        return Bands({_key(name): _band(row) for name, row in read["bands"].items()}, read["made_from"])
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise BandError(f"{path} is not a table of human-made maps that evaluate.py wrote.") from error


def _key(name: str) -> tuple[GameMode, Level]:
    mode, level = name.upper().split("/")
    return GameMode[mode], Level[level]


def _band(row: dict) -> Band:
    shapes = {name: np.array(values, float) for name, values in row["shapes"].items()}
    quantiles = {name: np.array(values, float) for name, values in row["quantiles"].items()}
    return Band(int(row["charts"]), shapes, quantiles)


def _round(values: np.ndarray, decimals: int) -> list[float]:
    return [round(float(value), decimals) for value in values]
