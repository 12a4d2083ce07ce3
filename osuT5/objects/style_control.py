"""Styles of a map as requested: tilted probabilities of values."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import cache

import numpy as np

from osu_beatmap.beatmap import GameMode
from osu_beatmap.profile.bands import ProfileBands, load_profile_bands
from osuT5.objects.styles import Habit, Levels, Style, absolute_style
from osuT5.objects.tokens.fields import (
    DISTANCES_PX,
    FIELD_SIZES,
    NO_ARC,
    SLIDE_COUNTS,
    STRAIGHT,
    TURNS,
    Field,
    ObjectKind,
)

STEEPEST_TILT = 50.0
"""Difference in logits between the lowest and the highest value; beyond it an extreme value is certain."""

PRIOR_OBJECTS = 3
"""Number of objects, of which no tilt is needed, that count beside those of the map: the first ones tell little."""

MOST_OBJECTS = 256
"""Number of the last objects that are looked at: all of a long map would take more time than the network."""

NEWTON_STEPS, LONGEST_STEP = 3, 3.0
SMALLEST_VARIANCE, TINIEST = 1e-4, 1e-300

_KINDS, _TURNS, _SHAPES, _ARCS = (
    np.arange(FIELD_SIZES[field]) for field in (Field.KIND, Field.TURN, Field.SHAPE, Field.ARC)
)

_TURN_SIZES = np.minimum(_TURNS, TURNS - _TURNS)

_PLACED = {
    Style.SPACING: (Field.DISTANCE, DISTANCES_PX),
    Style.SLIDERS: (Field.KIND, (_KINDS == ObjectKind.SLIDER).astype(float)),
    Style.COMBOS: (Field.NEW_COMBO, np.array([0.0, 1.0])),
}

CONTROLLED: dict[GameMode, dict[Style | Habit, tuple[Field, np.ndarray]]] = {
    GameMode.STANDARD: {
        **_PLACED,
        Style.TURNS: (Field.TURN, _TURN_SIZES * (360.0 / TURNS)),
        Style.CURVES: (Field.SHAPE, (_SHAPES != STRAIGHT).astype(float)),
        Habit.REPEATS: (Field.SLIDES, (SLIDE_COUNTS > 1).astype(float)),
    },
    GameMode.CATCH: {
        **_PLACED,
        Style.CURVES: (Field.ARC, (_ARCS != NO_ARC).astype(float)),
        Style.TURNS: (Field.TURN, _TURN_SIZES.astype(float)),
    },
    GameMode.TAIKO: {
        Style.KATS: (Field.KIND, np.isin(_KINDS, (ObjectKind.KAT, ObjectKind.BIG_KAT)).astype(float)),
        Style.BIGS: (Field.KIND, np.isin(_KINDS, (ObjectKind.BIG_DON, ObjectKind.BIG_KAT)).astype(float)),
    },
}
"""Mode -> style that is controlled -> its field, and the number for each value whose mean is the style.

The numbers of turns in standard are those between circles. After a slider, they are turns between the heads of objects.
"""

METRICS = {
    Style.TURNS: "turn_mean_deg",
    Style.SLIDERS: "slider_share",
    Style.CURVES: "curved_slider_share",
    Style.COMBOS: "combo_length_objects",
    Habit.REPEATS: "repeat_slider_share",
}
"""Style -> metric of profiles whose human band gives its target at each star rating, in modes that have it."""

BAND_DEVIATIONS = 1.645
"""Standard deviations from the median of a normal distribution to its 95 % quantile."""


class StyleControl:
    """Control of the mean of a field's values during generation.

    Objects so far say more about the next value than a condition of the network. A multiple of the values is therefore
    added to the logits: the one with which all distributions of the map so far would have the requested mean. They
    follow the values drawn, so that the multiple approaches 0.

    Args:
        values: The number of each value of the field.
        target: Mean to reach.
    """

    def __init__(self, values: np.ndarray, target: float) -> None:
        self.values, self.target = values, target
        self._range = float(np.ptp(values))
        self._levels, self._level_of = np.unique(values, return_inverse=True)
        self._tilt = 0.0
        # Probabilities and values of the objects so far, and their variances without tilt.
        self._known: deque[tuple[np.ndarray, np.ndarray, float]] = deque(maxlen=MOST_OBJECTS)

    def tilt(self, logits: np.ndarray, values: np.ndarray | None = None) -> np.ndarray:
        """Return the logits of a field, tilted towards the target.

        Args:
            values: The numbers of the values if they depend on the object.
        """
        probabilities = np.exp(logits - logits.max())
        probabilities /= probabilities.sum()
        if values is None:
            values = self.values
            each = np.bincount(self._level_of, probabilities), self._levels / self._range
        else:
            each = probabilities, values / self._range
        self._known.append((*each, _moments(*(part[None] for part in each), 0.0)[1]))
        known, numbers, variances = (np.array(part) for part in zip(*self._known, strict=True))
        prior = PRIOR_OBJECTS * max(SMALLEST_VARIANCE, float(variances.mean()))
        for _ in range(NEWTON_STEPS):
            expected, variance = _moments(known, numbers, self._tilt)
            missing = self.target / self._range * len(known) - expected - prior * self._tilt
            step = np.clip(missing / (variance + prior), -LONGEST_STEP, LONGEST_STEP)
            self._tilt = float(np.clip(self._tilt + step, -STEEPEST_TILT, STEEPEST_TILT))
        return logits + self._tilt / self._range * values


def style_controls(
    styles: Mapping[Style | Habit, float], mode: GameMode, stars: float, levels: Levels
) -> dict[Field, list[StyleControl]]:
    """Return the controls of each field.

    Args:
        styles: In standard deviations from other maps of the mode and star rating.
        levels: Usual styles.
    """
    controls: dict[Field, list[StyleControl]] = {}
    for style, (field, values) in CONTROLLED.get(mode, {}).items():
        target = _target(style, styles[style], mode, stars, levels) if style in styles else None
        if target is not None:
            controls.setdefault(field, []).append(StyleControl(values, max(0.0, target)))
    return controls


def _target(style: Style | Habit, relative: float, mode: GameMode, stars: float, levels: Levels) -> float | None:
    """Return the mean of a style's numbers; None if it is unknown."""
    band = profile_bands().band(mode, METRICS[style], stars) if style in METRICS else None
    if band is None:
        value = absolute_style(style, relative, mode, stars, levels)
        return 2.0**-value if style is Style.COMBOS and value is not None else value
    edge = band.high if relative > 0 else band.low
    value = band.median + abs(relative) / BAND_DEVIATIONS * (edge - band.median)
    return 1 / max(1.0, value) if style is Style.COMBOS else value


@cache
def profile_bands() -> ProfileBands:
    """Return the bands of human-made maps."""
    return load_profile_bands()


def _moments(known: np.ndarray, values: np.ndarray, tilt: float) -> tuple[float, float]:
    """Return the expected sum of tilted distributions [objects, values], and its variance."""
    leaning = tilt * values
    weights = known * np.exp(leaning - leaning.max(axis=1, keepdims=True))
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), TINIEST)
    means = (weights * values).sum(axis=1)
    return float(means.sum()), float((weights * values**2).sum() - (means**2).sum())
