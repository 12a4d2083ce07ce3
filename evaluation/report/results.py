"""Measured maps, and summaries by mode; source of tables and JSON."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from evaluation.bands import HIGH, LOW, Band, Bands
from evaluation.measures.placement_metrics import wasserstein
from evaluation.metrics import METRICS, Better
from feedback.errors import UserError
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.writer import write_text
from osu_beatmap.rules import Level

FORMAT = 1


class ResultError(UserError):
    """File without results of this project; the message is one sentence."""


@dataclass(frozen=True)
class ScoredMap:
    """One map: level, and values of all applicable metrics.

    The level is that of the human-made map if there is one.
    """

    name: str
    mode: GameMode
    level: Level
    stars: float
    values: Mapping[str, float]
    human: str | None = None


@dataclass(frozen=True)
class Figure:
    """Summary of a metric over the maps of a mode.

    mean, error   of the maps, and its standard error; NaN error for a single map
    median, low, high   of the maps; low and high hold nine tenths of them
    human_low, human_median, human_high   the same of human charts of the maps' levels, means over the maps
    in_band       share of maps with a value in the band of human charts of their level, which is open to the good side
    distance      Wasserstein distance between the maps' values and those of human charts of their levels
    Figures about humans are NaN for metrics that are no habits.
    """

    maps: int
    mean: float
    error: float
    median: float
    low: float
    high: float
    human_low: float = math.nan
    human_median: float = math.nan
    human_high: float = math.nan
    in_band: float = math.nan
    distance: float = math.nan


@dataclass(frozen=True)
class Result:
    """One evaluation. `frechet` is by mode; `made_from` says how it came about."""

    name: str
    maps: Sequence[ScoredMap]
    figures: Mapping[GameMode, Mapping[str, Figure]]
    frechet: Mapping[GameMode, float] = field(default_factory=dict)
    skipped: Sequence[str] = ()
    made_from: Mapping[str, object] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write a JSON file, completely or not at all; unknown is null."""
        maps = [asdict(each) | {"mode": each.mode.name.lower(), "level": each.level.name.lower()} for each in self.maps]
        figures = {
            mode.name.lower(): {name: asdict(figure) for name, figure in of_mode.items()}
            for mode, of_mode in self.figures.items()
        }
        frechet = {mode.name.lower(): value for mode, value in self.frechet.items()}
        data = {"format": FORMAT, "name": self.name, "made_from": dict(self.made_from), "figures": figures}
        data |= {"frechet": frechet, "skipped": list(self.skipped), "maps": maps}
        text = json.dumps(_drop_nan(data), indent=1, ensure_ascii=False) + "\n"
        write_text(path, text)


def load_result(path: Path) -> Result:
    """Read the output of `Result.save`.

    Raises:
        ResultError: The file is any other.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ResultError(f"{path} has results of another version of the program.")
        maps = [
            ScoredMap(
                row["name"],
                GameMode[row["mode"].upper()],
                Level[row["level"].upper()],
                _number(row["stars"]),
                {name: _number(value) for name, value in row["values"].items()},
                row["human"],
            )
            for row in data["maps"]
        ]
        figures = {
            GameMode[mode.upper()]: {
                name: Figure(**{key: _number(value) for key, value in row.items()}) for name, row in of_mode.items()
            }
            for mode, of_mode in data["figures"].items()
        }
        frechet = {GameMode[mode.upper()]: _number(value) for mode, value in data["frechet"].items()}
        return Result(data["name"], maps, figures, frechet, data["skipped"], data["made_from"])
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ResultError(f"{path} is not a results.json of evaluate.py.") from error


def figures_of(maps: Sequence[ScoredMap], bands: Bands) -> dict[GameMode, dict[str, Figure]]:
    """Return summaries by mode and metric.

    Only metrics that any map of the mode has are included.
    """
    figures: dict[GameMode, dict[str, Figure]] = {}
    for mode in sorted({each.mode for each in maps}):
        of_mode = [each for each in maps if each.mode is mode]
        found = {name: _figure(name, of_mode, bands) for name in METRICS}
        figures[mode] = {name: figure for name, figure in found.items() if figure is not None}
    return figures


def _figure(metric: str, maps: Sequence[ScoredMap], bands: Bands) -> Figure | None:
    valued = [each for each in maps if math.isfinite(each.values.get(metric, math.nan))]
    if not valued:
        return None
    values = np.array([each.values[metric] for each in valued])
    error = float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.nan
    own = (float(values.mean()), error, float(np.median(values)), *map(float, np.quantile(values, [LOW, HIGH])))
    known = [
        (each, band) for each in valued if (band := bands.find(each.mode, each.level)) and metric in band.quantiles
    ]
    return Figure(len(valued), *own, **_compare_with_humans(metric, known) if known else {})


def _compare_with_humans(metric: str, known: Sequence[tuple[ScoredMap, Band]]) -> dict[str, float]:
    better = METRICS[metric].better
    sides = {"from_below": better is not Better.LOWER, "from_above": better is not Better.HIGHER}
    by_level: dict[Level, list[tuple[ScoredMap, Band]]] = defaultdict(list)
    for each, band in known:
        by_level[each.level].append((each, band))
    distances = [
        len(of) * wasserstein(np.array([each.values[metric] for each, _ in of]), of[0][1].quantiles[metric])
        for of in by_level.values()
    ]
    return {
        "human_low": float(np.mean([band.quantile_of(metric, LOW) for _, band in known])),
        "human_median": float(np.mean([band.quantile_of(metric, 0.5) for _, band in known])),
        "human_high": float(np.mean([band.quantile_of(metric, HIGH) for _, band in known])),
        "in_band": float(np.mean([band.holds(metric, each.values[metric], **sides) for each, band in known])),
        "distance": sum(distances) / len(known),
    }


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _drop_nan(data: object) -> object:
    if isinstance(data, dict):
        return {key: _drop_nan(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_drop_nan(value) for value in data]
    if isinstance(data, float):
        return round(data, 6) if math.isfinite(data) else None
    return data
