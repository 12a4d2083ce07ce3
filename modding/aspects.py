"""The questions that are asked about a map, and the categories under which mappers look for the answers."""

from __future__ import annotations

from enum import Enum


class Category(Enum):
    """What a suggestion is about, as modders sort it; the value is how it is written in options and files."""

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
    """One question. Thresholds are calibrated for each of them, since a model is not sure of all alike."""

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


CATEGORY_OF: dict[Aspect, Category] = {
    Aspect.OFFSET: Category.TIMING,
    Aspect.LINES: Category.TIMING,
    Aspect.BEAT: Category.TIMING,
    Aspect.RHYTHM: Category.RHYTHM,
    Aspect.ABSENCE: Category.RHYTHM,
    Aspect.KIND: Category.RHYTHM,
    Aspect.LENGTH: Category.RHYTHM,
    Aspect.REPEATS: Category.RHYTHM,
    Aspect.POSITION: Category.COMPOSE,
    Aspect.COLUMN: Category.COMPOSE,
    Aspect.COLOUR: Category.COMPOSE,
    Aspect.COMBO: Category.NEW_COMBOS,
    Aspect.ANCHORS: Category.SLIDERS,
    Aspect.SHAPE: Category.SLIDERS,
    Aspect.VELOCITY: Category.SLIDERS,
    Aspect.SCROLL: Category.SCROLL_SPEEDS,
    Aspect.ADDITIONS: Category.HIT_SOUNDS,
    Aspect.BANK: Category.HIT_SOUNDS,
    Aspect.VOLUME: Category.HIT_SOUNDS,
    Aspect.KIAI: Category.KIAI,
}
