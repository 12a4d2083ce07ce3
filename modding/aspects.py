"""Aspects of a map under review, and categories of suggestions."""

from __future__ import annotations

from enum import Enum


class Category(Enum):
    """Categories of suggestions, as modders sort them.

    The value is the name in options and files.
    """

    TIMING = "timing"
    RHYTHM = "rhythm"
    COMPOSE = "compose"
    NEW_COMBOS = "new_combos"
    SLIDERS = "sliders"
    SCROLL_SPEEDS = "scroll_speeds"
    HIT_SOUNDS = "hit_sounds"
    KIAI = "kiai"
    GENERAL = "general"

    @property
    def title(self) -> str:
        return self.value.replace("_", " ").title()


class Aspect(Enum):
    """One question.

    Thresholds are calibrated for each of them, since the certainty of a model differs between them.
    """

    # About the audio and the red lines
    OFFSET = "offset"
    """Offset and tempo of red lines and objects against the music."""
    LINES = "lines"
    """Ticks of a red line against all of its objects."""
    BEAT = "beat"
    """Beats that begin a bar or a tempo, and their times."""
    # About an object's times
    RHYTHM = "rhythm"
    """Time of an object: against earlier ones, none at all, and other divisions."""
    ABSENCE = "absence"
    """Absence of an object."""
    KIND = "kind"
    LENGTH = "length"
    """End time of a slider, spinner or hold note."""
    REPEATS = "repeats"
    # About places
    POSITION = "position"
    COLUMN = "column"
    COLOUR = "colour"
    """Colour and size of a taiko note, which are its hitsounds."""
    COMBO = "combo"
    ANCHORS = "anchors"
    """Number and kinds of the anchors of a slider."""
    SHAPE = "shape"
    """Positions of the anchors and the end of a slider."""
    VELOCITY = "velocity"
    SCROLL = "scroll"
    # About sounds
    ADDITIONS = "additions"
    BANK = "bank"
    VOLUME = "volume"
    KIAI = "kiai"


_ASPECTS = {
    Category.TIMING: (Aspect.OFFSET, Aspect.LINES, Aspect.BEAT),
    Category.RHYTHM: (Aspect.RHYTHM, Aspect.ABSENCE, Aspect.KIND, Aspect.LENGTH, Aspect.REPEATS),
    Category.COMPOSE: (Aspect.POSITION, Aspect.COLUMN, Aspect.COLOUR),
    Category.NEW_COMBOS: (Aspect.COMBO,),
    Category.SLIDERS: (Aspect.ANCHORS, Aspect.SHAPE, Aspect.VELOCITY),
    Category.SCROLL_SPEEDS: (Aspect.SCROLL,),
    Category.HIT_SOUNDS: (Aspect.ADDITIONS, Aspect.BANK, Aspect.VOLUME),
    Category.KIAI: (Aspect.KIAI,),
}
CATEGORY_OF = {aspect: category for category, aspects in _ASPECTS.items() for aspect in aspects}
