"""Metrics: a number for a chart, its meaning, and visible damage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from evaluation.charts import Case
from osu_beatmap.beatmap import GameMode

ALL_MODES = frozenset(GameMode)


class Better(Enum):
    """Direction of good values: high, low, or human-made."""

    HIGHER = "higher"
    LOWER = "lower"
    HUMAN = "as humans"


class Reaction(Enum):
    """Reaction of a metric to damage, in the mean over charts.

    STAYS: not a single chart changes.
    """

    RISES = "rises"
    FALLS = "falls"
    STAYS = "stays"


@dataclass(frozen=True)
class Metric:
    """One number for one chart.

    measure   NaN where the case has nothing to measure, such as no human chart
    about     what the number is, with its unit, in a sentence
    reacts    name of a probe (`evaluation.probes`) -> what it must do to the metric
    visible   the least change, in the metric's own unit, that counts as a reaction
    is_habit  whether it can be told of a human chart alone, so that human charts say which values are usual
    source    where the formula comes from, where it is not from here
    """

    name: str
    about: str
    measure: Callable[[Case], float]
    better: Better
    reacts: Mapping[str, Reaction]
    visible: float
    modes: frozenset[GameMode] = field(default=ALL_MODES)
    is_habit: bool = True
    source: str = ""
