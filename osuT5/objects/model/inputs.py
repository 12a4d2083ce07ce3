"""Inputs of the object network: maps on the beat clock, stacked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, PLAYFIELD_WIDTH_PX
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT
from osuT5.objects.styles import Style
from osuT5.objects.tokens.fields import DURATION_TICKS, nearest_ratio_classes
from osuT5.rhythm.inputs import ChartInputs

TYPICAL_BEAT_MS = 400.0
GAPS = 4
"""Gaps that are given with each object: two before it, two after it."""

NO_GAP = len(DURATION_TICKS)
"""Class of the gap before the first and after the last object."""

STYLE_FACTS = 7 + 2 * len(Style)
"""Numbers in `style_facts`."""

CURSOR_FACTS = 8


@dataclass(frozen=True, slots=True)
class BeatInputs:
    """Beats of maps, rows of equal length.

    Attributes:
        sound: Beat vectors of the rhythm model, float32 [rows, beats, sound width].
        plan: Which ticks begin an object, float32 [rows, beats, 24].
        places, bar_beats: Of each beat, int64 [rows, beats].
        charts: Conditions of each row.
        style: Numbers about each map, float32 [rows, STYLE_FACTS].
    """

    sound: Tensor
    plan: Tensor
    places: Tensor
    bar_beats: Tensor
    charts: ChartInputs
    style: Tensor


@dataclass(frozen=True, slots=True)
class ObjectInputs:
    """Objects of maps, rows of equal length.

    Attributes:
        beats: Beat of each object within its row, int64 [rows, objects].
        ticks: Tick within the beat, int64 [rows, objects].
        sound: Sound of the object's tick, float32 [rows, objects, tick width].
        gaps: Classes of the gaps, int64 [rows, objects, GAPS].
        cursors: Facts about the place before each object, float32 [rows, objects, CURSOR_FACTS].
        held: Columns held before each object, float32 [rows, objects, 18].
    """

    beats: Tensor
    ticks: Tensor
    sound: Tensor
    gaps: Tensor
    cursors: Tensor
    held: Tensor


def gap_classes(steps: np.ndarray) -> np.ndarray:
    """Return the two gaps before and after each object, as classes.

    The result is int64 [objects, GAPS].
    """
    gaps = np.full((len(steps), GAPS), NO_GAP, np.int64)
    between = nearest_ratio_classes(np.diff(steps), DURATION_TICKS)
    if len(between):
        gaps[1:, 0], gaps[2:, 1] = between, between[:-1]
        gaps[:-1, 2], gaps[:-2, 3] = between, between[1:]
    return gaps


def cursor_facts(cursors: np.ndarray) -> np.ndarray:
    """Return cursors as numbers near 1, float32 [..., CURSOR_FACTS].

    Args:
        cursors: x, y and heading, float [..., 3].
    """
    x, y = cursors[..., 0] / PLAYFIELD_WIDTH_PX * 2 - 1, cursors[..., 1] / PLAYFIELD_HEIGHT_PX * 2 - 1
    sine, cosine = np.sin(cursors[..., 2]), np.cos(cursors[..., 2])
    return np.stack([x, y, x * x, y * y, cosine, sine, x * cosine, y * sine], -1).astype(np.float32)


def plan_of(steps: np.ndarray, first_beat: int, beats: int) -> np.ndarray:
    """Return which ticks of a window begin an object, float32 [beats, 24]."""
    plan = np.zeros(beats * TICKS_PER_BEAT, np.float32)
    inside = steps - first_beat * TICKS_PER_BEAT
    plan[inside[(inside >= 0) & (inside < len(plan))]] = 1.0
    return plan.reshape(beats, TICKS_PER_BEAT)


def style_facts(attributes: Attributes, styles: Mapping[Style, float], beat_length_ms: float) -> np.ndarray:
    """Return numbers about a map, float32 [STYLE_FACTS].

    Each optional number follows a flag, 1 if it is known and otherwise 0.

    Args:
        styles: Known styles, in standard deviations.
    """
    hold, sounded = attributes.hold_note_ratio, attributes.hitsounded
    return np.array(
        [
            np.log2(beat_length_ms / TYPICAL_BEAT_MS),
            (attributes.slider_multiplier or 1.4) - 1.4,
            ((attributes.circle_size or 4.0) - 4.0) / 2,
            hold is not None,
            hold or 0.0,
            sounded is not None,
            bool(sounded),
            *(fact for style in Style for fact in (style in styles, styles.get(style, 0.0))),
        ],
        np.float32,
    )
