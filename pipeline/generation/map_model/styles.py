"""Styles of maps: from user tags of osu!, or drawn."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.objects.styles import HABITS_OF_MODE, STYLES_OF_MODE, Habit, Style

TAG_GUIDANCE = 2.5
"""Guidance scale towards the styles of tags, unless one is given: objects so far outweigh a condition."""

HOLD_TAG_RATIO = 0.45
"""Ratio of hold notes of a map with a tag of hold notes."""


@dataclass(frozen=True, slots=True)
class Level:
    """Distribution of a quantity of human-made maps by star rating.

    `mean` is that at 0 stars, `slope` what a star adds.
    """

    mean: float
    slope: float
    deviation: float

    def at(self, stars: float, deviation: float) -> float:
        """Return the quantity some standard deviations from the mean."""
        return self.mean + self.slope * stars + self.deviation * deviation


HOLD_RATIO_ROOT = Level(0.365, -0.021, 0.184)
"""Square root of the ratio of hold notes, of 252 training maps of mania."""

LOG2_HOLD_BEATS = Level(0.466, -0.176, 0.930)
"""Logarithm of the median length of hold notes, of the same maps."""

HITSOUNDED_SHARE = 0.42
"""Fraction of human-made mania maps with hitsounds, of 505 training maps."""

ONE_VOLUME_SHARE = {GameMode.STANDARD: 0.08, GameMode.TAIKO: 0.5, GameMode.CATCH: 0.0, GameMode.MANIA: 0.7}
"""Fraction of human-made maps with one volume throughout, of 678 training maps."""

USUAL_CONTRAST, CATCH_CONTRAST = 1.6, 2.2
"""Factor of volume changes: the mean of many maps varies less than each of them, and catch varies most."""

CONTRAST_VARIATION = {GameMode.STANDARD: 0.5, GameMode.TAIKO: 0.5, GameMode.CATCH: 0.25, GameMode.MANIA: 0.5}
"""Standard deviation of the logarithm of the contrast: maps have 3 to 7 volumes, as human-made ones."""

HOLD_TAGS = frozenset({"LN inverse", "LN coordination", "LN density", "LN mixed", "LN release"})

QUARTER_LOGITS = {
    "streams": 1.2,
    "spaced streams": 1.2,
    "cutstreams": 1.2,
    "bursts": 0.8,
    "doubles": 0.8,
    "quads": 0.8,
    "flow aim": 0.8,
    "speed": 0.8,
    "simple": -1.2,
}
"""Tag -> gain in logits of an object a quarter of a beat off the half beats."""

STYLES_OF_TAG: dict[str, dict[Style, float]] = {
    "jumps": {Style.SPACING: 1.5, Style.TURNS: 1.0, Style.SLIDERS: -0.7},
    "cross-screen": {Style.SPACING: 2.5, Style.TURNS: 1.0},
    "spaced streams": {Style.SPACING: 1.5},
    "perfect stacks": {Style.SPACING: -1.5},
    "sharp": {Style.TURNS: 1.5},
    "back and forth": {Style.TURNS: 2.5},
    "wide": {Style.TURNS: -1.5},
    "linear": {Style.TURNS: -2.0},
    "flow aim": {Style.TURNS: -1.2},
    "tech": {Style.SLIDERS: 1.0, Style.CURVES: 1.0, Style.TURNS: 0.7},
    "slider tech": {Style.SLIDERS: 1.5, Style.CURVES: 1.0},
    "complex slidershapes": {Style.SLIDERS: 0.7, Style.CURVES: 1.5},
    "circle only": {Style.SLIDERS: -3.0},
    "slider only": {Style.SLIDERS: 3.0},
    "simple": {
        Style.SPACING: -1.0,
        Style.TURNS: -0.7,
        Style.CHORDS: -1.0,
        Style.JACKS: -1.0,
        Style.CHANGES: -1.0,
        Style.BIGS: -0.5,
    },
    "finisher-heavy": {Style.BIGS: 2.0},
    "mono-heavy": {Style.CHANGES: -2.0},
    "speedjack": {Style.JACKS: 2.0},
    "wristjack": {Style.JACKS: 2.0},
    "longjack": {Style.JACKS: 2.5},
    "chordjack": {Style.CHORDS: 1.5, Style.JACKS: 2.0},
    "chordstream": {Style.CHORDS: 1.5, Style.JACKS: -1.0},
    "jumpstream": {Style.CHORDS: 0.7, Style.JACKS: -1.0},
    "handstream": {Style.CHORDS: 1.5, Style.JACKS: -0.7},
    "quadstream": {Style.CHORDS: 2.2, Style.JACKS: -0.7},
}
"""User tag -> styles, in standard deviations from other maps of the mode and star rating."""


def known_tags(mode: GameMode) -> set[str]:
    """Return the user tags that the bundled model uses in a mode."""
    holds = HOLD_TAGS if mode is GameMode.MANIA else frozenset()
    own = set(STYLES_OF_MODE[mode])
    return {*QUARTER_LOGITS, *holds, *(tag for tag, styles in STYLES_OF_TAG.items() if own & set(styles))}


def wanted_styles(tags: Collection[str], mode: GameMode) -> dict[Style, float]:
    """Return the styles of tags; of two for one style, the stronger."""
    wanted: dict[Style, float] = {}
    for tag in tags:
        for style, value in STYLES_OF_TAG.get(tag, {}).items():
            if style in STYLES_OF_MODE[mode] and abs(value) > abs(wanted.get(style, 0.0)):
                wanted[style] = value
    return wanted


def draw_styles(mode: GameMode, seed: int, song_ms: float) -> dict[Style | Habit, float]:
    """Draw the styles of a map with the variation of mappers.

    Songs of different lengths get different styles for one seed.
    """
    own = (*STYLES_OF_MODE[mode], *HABITS_OF_MODE.get(mode, ()))
    drawn = _generator(seed, song_ms).standard_normal(len(own))
    return dict(zip(own, drawn.tolist(), strict=True))


def with_drawn_attributes(attributes: Attributes, stars: float, seed: int, song_ms: float) -> Attributes:
    """Return attributes with unknown ones of mania drawn.

    These are whether the map has hitsounds, and the ratio of its hold notes.
    """
    rng = _generator(seed, song_ms, 1)
    has_hitsounds, deviation = bool(rng.random() < HITSOUNDED_SHARE), rng.standard_normal()
    if attributes.hitsounded is None:
        attributes = replace(attributes, hitsounded=has_hitsounds)
    if attributes.hold_note_ratio is None and attributes.mode is GameMode.MANIA:
        root = HOLD_RATIO_ROOT.at(stars, deviation)
        attributes = replace(attributes, hold_note_ratio=max(0.0, root) ** 2)
    return attributes


def _generator(seed: int, song_ms: float, *purpose: int) -> np.random.Generator:
    """Return the random numbers of a map for one purpose."""
    return np.random.default_rng([seed, round(song_ms), *purpose])


def draw_hold_beats(mode: GameMode, stars: float, seed: int, song_ms: float) -> float | None:
    """Draw the typical length of a mania map's hold notes in beats."""
    if mode is not GameMode.MANIA:
        return None
    deviation = _generator(seed, song_ms, 3).standard_normal()
    return 2.0 ** LOG2_HOLD_BEATS.at(stars, np.clip(deviation, -1.0, 1.0))


def draw_volume_contrast(mode: GameMode, seed: int, song_ms: float) -> float:
    """Draw the contrast of a map's volumes; 0 is one volume."""
    rng = _generator(seed, song_ms, 2)
    if rng.random() < ONE_VOLUME_SHARE[mode]:
        return 0.0
    usual = CATCH_CONTRAST if mode is GameMode.CATCH else USUAL_CONTRAST
    return usual * math.exp(CONTRAST_VARIATION[mode] * rng.standard_normal())


def quarter_logits(tags: Collection[str]) -> float:
    """Return the logits gained by objects on quarter beats.

    They are a quarter of a beat off the half beats; the strongest tag counts.
    """
    return max((QUARTER_LOGITS.get(tag, 0.0) for tag in tags), key=abs, default=0.0)


def with_hold_tags(attributes: Attributes) -> Attributes:
    """Return attributes with the hold notes that tags request.

    A given ratio takes precedence.
    """
    if attributes.hold_note_ratio is not None or HOLD_TAGS.isdisjoint(attributes.descriptors):
        return attributes
    return replace(attributes, hold_note_ratio=HOLD_TAG_RATIO)
