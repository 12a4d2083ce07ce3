"""Styles of a map as requested: tilted probabilities of values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from osu_beatmap.beatmap import GameMode
from osuT5.objects.styles import Levels, Style, absolute_style
from osuT5.objects.tokens.fields import DISTANCES_PX, FIELD_SIZES, NO_ARC, STRAIGHT, TURNS, Field, ObjectKind

LARGEST_FACTOR = 3.0
"""Highest factor by which an expected value is changed, either way."""

STEEPEST_TILT = 100.0
"""Difference in logits between the lowest and the highest value; beyond it an extreme value is certain."""

HALVINGS = 30

_KINDS, _TURNS, _SHAPES, _ARCS = (
    np.arange(FIELD_SIZES[field]) for field in (Field.KIND, Field.TURN, Field.SHAPE, Field.ARC)
)

_SPACING = {Style.SPACING: (Field.DISTANCE, DISTANCES_PX)}

CONTROLLED: dict[GameMode, dict[Style, tuple[Field, np.ndarray]]] = {
    GameMode.STANDARD: {
        **_SPACING,
        Style.TURNS: (Field.TURN, np.minimum(_TURNS, TURNS - _TURNS).astype(float)),
        Style.SLIDERS: (Field.KIND, (_KINDS == ObjectKind.SLIDER).astype(float)),
        Style.CURVES: (Field.SHAPE, (_SHAPES != STRAIGHT).astype(float)),
        Style.COMBOS: (Field.NEW_COMBO, np.array([0.0, 1.0])),
    },
    GameMode.CATCH: {
        **_SPACING,
        Style.CURVES: (Field.ARC, (_ARCS != NO_ARC).astype(float)),
        Style.TURNS: (Field.TURN, np.minimum(_TURNS, TURNS - _TURNS).astype(float)),
        Style.COMBOS: (Field.NEW_COMBO, np.array([0.0, 1.0])),
    },
    GameMode.TAIKO: {
        Style.KATS: (Field.KIND, np.isin(_KINDS, (ObjectKind.KAT, ObjectKind.BIG_KAT)).astype(float)),
        Style.BIGS: (Field.KIND, np.isin(_KINDS, (ObjectKind.BIG_DON, ObjectKind.BIG_KAT)).astype(float)),
    },
}
"""Mode -> style that is controlled -> its field, and the number for each value whose mean is the style."""


class StyleControl:
    """Control of the mean of a field's values during generation.

    Objects so far say more about the next value than a condition of the network. Each expected value is therefore
    multiplied by the factor that the expected values of the map so far lack. They follow the values drawn, so that the
    factor approaches 1.

    Args:
        values: The number of each value of the field.
        target: Mean to reach.
    """

    def __init__(self, values: np.ndarray, target: float) -> None:
        self.values, self.target = values, target
        self._sum, self._count = 0.0, 0  # of the expected values so far

    def tilt(self, logits: np.ndarray) -> np.ndarray:
        """Return the logits of a field, tilted towards the target."""
        expected = expected_value(logits, self.values)
        self._sum, self._count = self._sum + expected, self._count + 1
        mean = max(0.01 * float(np.ptp(self.values)), self._sum / self._count)
        factor = np.clip(self.target / mean, 1 / LARGEST_FACTOR, LARGEST_FACTOR)
        return tilt_to_mean(logits, self.values, expected * factor)


def style_controls(
    styles: Mapping[Style, float], mode: GameMode, stars: float, levels: Levels
) -> dict[Field, list[StyleControl]]:
    """Return the controls of each field.

    Args:
        styles: In standard deviations from other maps of the mode and star rating.
        levels: Usual styles.
    """
    controls: dict[Field, list[StyleControl]] = {}
    for style, (field, values) in CONTROLLED.get(mode, {}).items():
        target = absolute_style(style, styles[style], mode, stars, levels) if style in styles else None
        if target is not None:
            mean = 2.0**-target if style is Style.COMBOS else target
            controls.setdefault(field, []).append(StyleControl(values, max(0.0, mean)))
    return controls


def tilt_to_mean(logits: np.ndarray, values: np.ndarray, mean: float) -> np.ndarray:
    """Return logits tilted to an expected value.

    A multiple of the values is added. If the expected value cannot become `mean`, it comes as near as possible.
    """
    low, high = -STEEPEST_TILT / np.ptp(values), STEEPEST_TILT / np.ptp(values)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if expected_value(logits + middle * values, values) < mean else (low, middle)
    return logits + high * values


def expected_value(logits: np.ndarray, values: np.ndarray) -> float:
    """Return the mean of the values by their probabilities."""
    probabilities = np.exp(logits - logits.max())
    return float(probabilities @ values / probabilities.sum())
