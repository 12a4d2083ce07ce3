"""Styles of maps: differences between maps of one song and level.

The level is the mode and the star rating.

A style is measured in standard deviations from the maps of the corpus with the same mode and star rating.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum

import numpy as np

from osu_beatmap.beatmap import GameMode
from osuT5.objects.tokens.chart_tokens import ChartTokens
from osuT5.objects.tokens.fields import DISTANCES_PX, NO_ARC, NONE, STRAIGHT, TURNS, Field, ObjectKind

NEAR_TICKS = 12
"""Objects at most half a beat apart are near: their spacing is a matter of style, that of others follows the music."""

FEWEST_OBJECTS = 20
"""A style of fewer objects is unknown."""

FEWEST_MAPS = 8
"""A style of a mode is not learned from fewer maps."""

HIGHEST = 3.0
"""Standard deviations beyond which styles are not distinguished."""


class Style(StrEnum):
    """Measures of style.

    SPACING: mean distance of near objects. SLIDERS: share of sliders. CURVES: share of them that is curved. TURNS: mean
    turn. COMBOS: logarithm of the objects of a combo. KATS: share of kats. CHANGES: how often the colour changes. BIGS:
    share of big notes. CHORDS: notes in a row. JACKS: share of notes in a column of the row before.
    """

    SPACING = "spacing"
    SLIDERS = "sliders"
    CURVES = "curves"
    TURNS = "turns"
    COMBOS = "combos"
    KATS = "kats"
    CHANGES = "changes"
    BIGS = "bigs"
    CHORDS = "chords"
    JACKS = "jacks"


class Habit(StrEnum):
    """Measures of style that are controlled alone.

    The network has no condition for them. REPEATS: share of sliders that repeat.
    """

    REPEATS = "repeats"


QUARTILES_APART = 1.349
"""Standard deviations between the quartiles of a normal distribution."""

_PLACED = (Style.SPACING, Style.SLIDERS, Style.CURVES, Style.TURNS, Style.COMBOS)
STYLES_OF_MODE: dict[GameMode, tuple[Style, ...]] = {
    GameMode.STANDARD: _PLACED,
    GameMode.CATCH: _PLACED,
    GameMode.TAIKO: (Style.KATS, Style.CHANGES, Style.BIGS),
    GameMode.MANIA: (Style.CHORDS, Style.JACKS),
}

HABITS_OF_MODE: dict[GameMode, tuple[Habit, ...]] = {GameMode.STANDARD: (Habit.REPEATS,)}

Levels = Mapping[str, Mapping[str, tuple[float, float, float]]]
"""Mode -> style -> its mean at 0 stars, what a star adds, and its standard deviation."""


def measure_styles(tokens: ChartTokens, mode: GameMode) -> dict[Style, float]:
    """Return the styles of a map.

    Styles of too few objects are omitted.
    """
    fields = tokens.fields.astype(np.int64)
    gaps = np.diff(tokens.steps, prepend=tokens.steps[:1] - 10 * NEAR_TICKS)
    if mode is GameMode.MANIA:
        measured = _columns(tokens.columns > 0, gaps)
    elif mode is GameMode.TAIKO:
        measured = _colours(fields[:, Field.KIND])
    else:
        measured = _places(fields, gaps)
    return {style: float(values.mean()) for style, values in measured.items() if len(values) >= FEWEST_OBJECTS} | (
        _combos(fields) if mode in (GameMode.STANDARD, GameMode.CATCH) else {}
    )


def _places(fields: np.ndarray, gaps: np.ndarray) -> dict[Style, np.ndarray]:
    is_near = (fields[:, Field.DISTANCE] != NONE) & (gaps <= NEAR_TICKS)
    is_slider = fields[:, Field.KIND] == ObjectKind.SLIDER
    turns = fields[fields[:, Field.TURN] != NONE, Field.TURN]
    return {
        Style.SPACING: DISTANCES_PX[fields[is_near, Field.DISTANCE]],
        Style.SLIDERS: is_slider,
        Style.CURVES: _is_curved(fields[is_slider]),
        Style.TURNS: np.minimum(turns, TURNS - turns),
    }


def _is_curved(sliders: np.ndarray) -> np.ndarray:
    arcs = sliders[:, Field.ARC]
    return np.where(arcs == NONE, sliders[:, Field.SHAPE] != STRAIGHT, arcs != NO_ARC)


def _combos(fields: np.ndarray) -> dict[Style, float]:
    begun = int((fields[:, Field.NEW_COMBO] == 1).sum())
    return {Style.COMBOS: float(np.log2(len(fields) / begun))} if begun >= FEWEST_OBJECTS // 4 else {}


def _colours(kinds: np.ndarray) -> dict[Style, np.ndarray]:
    is_note = (kinds >= ObjectKind.DON) & (kinds <= ObjectKind.BIG_KAT)
    is_kat = np.isin(kinds[is_note], (ObjectKind.KAT, ObjectKind.BIG_KAT))
    return {Style.KATS: is_kat, Style.CHANGES: np.diff(is_kat), Style.BIGS: kinds[is_note] >= ObjectKind.BIG_DON}


def _columns(begins: np.ndarray, gaps: np.ndarray) -> dict[Style, np.ndarray]:
    is_near = gaps <= NEAR_TICKS
    repeats = begins[1:] & begins[:-1]
    return {Style.CHORDS: begins.sum(1), Style.JACKS: repeats[is_near[1:]][begins[1:][is_near[1:]]]}


def style_levels(maps: Iterable[tuple[GameMode, float, Mapping[Style, float]]]) -> Levels:
    """Return the usual styles by star rating.

    Args:
        maps: Mode, star rating and styles of each map.
    """
    points: dict[tuple[GameMode, Style], list[tuple[float, float]]] = defaultdict(list)
    for mode, stars, styles in maps:
        for style, value in styles.items():
            points[mode, style].append((stars, value))
    levels: dict[str, dict[str, tuple[float, float, float]]] = {}
    for (mode, style), each in points.items():
        if len(each) >= FEWEST_MAPS:
            levels.setdefault(mode.name.lower(), {})[style] = _level(*np.array(each).T)
    return levels


def _level(stars: np.ndarray, values: np.ndarray) -> tuple[float, float, float]:
    """Fit a line without outliers: gimmick maps have any style."""
    kept = np.ones(len(stars), bool)
    for _ in range(2):
        slope, mean = (
            np.polyfit(stars[kept], values[kept], 1) if np.ptp(stars[kept]) > 0 else (0.0, values[kept].mean())
        )
        off = values - mean - slope * stars
        low, high = np.percentile(off[kept], [25, 75])
        deviation = max(float(high - low) / QUARTILES_APART, 1e-3)
        kept = np.abs(off) <= HIGHEST * deviation
    return float(mean), float(slope), deviation


def relative_styles(styles: Mapping[Style, float], mode: GameMode, stars: float, levels: Levels) -> dict[Style, float]:
    """Return styles in standard deviations from those of comparable maps.

    Those have the same mode and star rating.
    """
    relative = {}
    for style, value in styles.items():
        if style in levels.get(mode.name.lower(), {}):
            mean, slope, deviation = levels[mode.name.lower()][style]
            relative[style] = float(np.clip((value - mean - slope * stars) / deviation, -HIGHEST, HIGHEST))
    return relative


def absolute_style(style: Style, relative: float, mode: GameMode, stars: float, levels: Levels) -> float | None:
    """Return the value of a style given in standard deviations.

    It is None if the corpus had too few maps of the mode.
    """
    level = levels.get(mode.name.lower(), {}).get(style)
    return None if level is None else level[0] + level[1] * stars + level[2] * relative
