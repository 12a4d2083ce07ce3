"""Fields of an object token, the compound word of a hit object.

A token has a value in every field that applies to its object, and NONE in the others. Quantities are classes: the
nearest entry of a table.
"""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np

from osu_beatmap.beatmap import GameMode
from osuT5.encoding.hit_objects.hitsounds import ADDITION_VALUES, BANK_VALUES

NONE = -1
"""Value of a field that does not apply."""


class ObjectKind(IntEnum):
    """Values of Field.KIND."""

    CIRCLE = 0
    SLIDER = 1
    SPINNER = 2
    DON = 3
    KAT = 4
    BIG_DON = 5
    BIG_KAT = 6
    DRUMROLL = 7
    BIG_DRUMROLL = 8
    SWELL = 9


KINDS_OF_MODE: dict[GameMode, tuple[ObjectKind, ...]] = {
    GameMode.STANDARD: (ObjectKind.CIRCLE, ObjectKind.SLIDER, ObjectKind.SPINNER),
    GameMode.CATCH: (ObjectKind.CIRCLE, ObjectKind.SLIDER, ObjectKind.SPINNER),
    GameMode.TAIKO: tuple(ObjectKind(value) for value in range(ObjectKind.DON, ObjectKind.SWELL + 1)),
    GameMode.MANIA: (),
}

LONG_KINDS = frozenset(
    {ObjectKind.SLIDER, ObjectKind.SPINNER, ObjectKind.DRUMROLL, ObjectKind.BIG_DRUMROLL, ObjectKind.SWELL}
)
"""Kinds with a duration."""


class Field(IntEnum):
    """Fields of a token.

    DURATION: ticks from begin to end. SLIDES: traversals of a slider. DISTANCE: from the end of the last object.
    TURN: of the movement to the object against the last movement. SHAPE: of a slider's path. SLIDER_TURN: of its
    chord against the movement to its head. SPEED: slider velocity, or scroll speed in taiko. SOUND: of the object or of
    a slider's head, END_SOUND: of a slider's end. ARC: of the path of a juice stream.
    """

    KIND = 0
    DURATION = 1
    SLIDES = 2
    NEW_COMBO = 3
    DISTANCE = 4
    TURN = 5
    SHAPE = 6
    SLIDER_TURN = 7
    SPEED = 8
    SOUND = 9
    END_SOUND = 10
    ARC = 11


CHAIN = (
    Field.KIND,
    Field.DURATION,
    Field.SLIDES,
    Field.NEW_COMBO,
    Field.SPEED,
    Field.DISTANCE,
    Field.TURN,
    Field.SHAPE,
    Field.ARC,
    Field.SLIDER_TURN,
    Field.SOUND,
    Field.END_SOUND,
)
"""Order in which fields are predicted, each given those before it."""

DURATION_TICKS = np.array(
    [1, 2, 3, 4, 6, 8, 9, 12, 16, 18, 20, 24, 30, 32, 36, 42, 48, 54, 60, 66, 72, 84, 90, 96, 108, 120, 132, 144, 168,
     192, 216, 240, 288, 336, 384, 480, 576, 768, 960]
)  # fmt: skip
SLIDE_COUNTS = np.array([1, 2, 3, 4, 5, 6, 8, 12])
STACK_PX = 4.0
"""Nearer objects are one stack."""

DISTANCES_PX = np.concatenate([[0.0], np.arange(10, 130, 8), np.arange(134, 262, 16), np.arange(276, 640, 36)])
TURNS = 36
TURN_STEP = 2 * math.pi / TURNS
SPEEDS = np.array(
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35,
     1.4, 1.5, 1.6, 1.7, 1.8, 2.0, 2.25, 2.5, 3.0, 4.0, 6.0, 10.0]
)  # fmt: skip

BENDS = np.array([-0.3, -0.2, -0.12, -0.05, 0.0, 0.05, 0.12, 0.2, 0.3])
"""Distances of a path from its chord at one and two thirds of the path, as fractions of its length."""

STRAIGHT = len(BENDS) // 2 * (len(BENDS) + 1)
"""The SHAPE without bends."""

ARCS_DEG = np.array([-190, -135, -90, -45, 0, 45, 90, 135, 190])
"""Angles of the arcs of juice streams; positive: the way sideways comes first."""

NO_ARC = len(ARCS_DEG) // 2
"""The ARC of a straight juice stream."""

FIELD_SIZES: dict[Field, int] = {
    Field.KIND: len(ObjectKind),
    Field.DURATION: len(DURATION_TICKS),
    Field.SLIDES: len(SLIDE_COUNTS),
    Field.NEW_COMBO: 2,
    Field.DISTANCE: len(DISTANCES_PX),
    Field.TURN: TURNS,
    Field.SHAPE: len(BENDS) ** 2,
    Field.SLIDER_TURN: TURNS,
    Field.SPEED: len(SPEEDS),
    Field.SOUND: ADDITION_VALUES * BANK_VALUES,
    Field.END_SOUND: ADDITION_VALUES * BANK_VALUES,
    Field.ARC: len(ARCS_DEG),
}

MAX_COLUMNS = 18
EMPTY, NOTE, HOLD = 0, 1, 2
"""Values of a mania column in a row: nothing begins, a note, a hold note."""

COLUMN_VALUES = 3


def nearest_class(value: float, table: np.ndarray) -> int:
    """Return the index of the nearest entry."""
    return int(np.abs(table - value).argmin())


def nearest_ratio_class(value: float, table: np.ndarray) -> int:
    """Return the index of the nearest entry by ratio; entries are positive."""
    return int(nearest_ratio_classes(np.array(value), table))


def nearest_ratio_classes(values: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Return the indices of the nearest entries by ratio, int64 [...]."""
    return np.abs(np.log(table / np.maximum(values, 1e-6)[..., None])).argmin(-1)


def turn_class(angle: float) -> int:
    """Return the class of an angle in radians."""
    return round(angle / TURN_STEP) % TURNS
