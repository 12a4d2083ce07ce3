"""Questions about a map, and categories under which mappers find answers."""

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

    Thresholds are calibrated for each of them, since a model is not sure of all alike.
    """

    # About the audio and the red lines
    OFFSET = "offset"
    """Whether red lines and objects are where the music has them."""
    LINES = "lines"
    """Whether objects are on the ticks of their red lines, all together."""
    BEAT = "beat"
    """Whether a beat begins a bar or a tempo, and when."""
    # About an object's times
    RHYTHM = "rhythm"
    """Whether an object comes when it does: instead of earlier, instead of not at all, on this division."""
    ABSENCE = "absence"
    """Whether nothing comes where nothing is."""
    KIND = "kind"
    LENGTH = "length"
    """When a slider, spinner or hold note ends."""
    REPEATS = "repeats"
    # About places
    POSITION = "position"
    COLUMN = "column"
    COLOUR = "colour"
    """The colour and size of a taiko note, which its hit sounds are."""
    COMBO = "combo"
    ANCHORS = "anchors"
    """How many anchors a slider has, and of which kind."""
    SHAPE = "shape"
    """Where the anchors and the end of a slider are."""
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
