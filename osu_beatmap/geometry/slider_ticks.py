"""Ticks along a slider: the droplets of catch, the dots of osu!standard."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from osu_beatmap.beatmap import Difficulty, Slider
from osu_beatmap.timing.active_point import (
    MAX_SLIDER_MULTIPLIER,
    MIN_SLIDER_MULTIPLIER,
    PX_PER_BEAT,
    Timing,
    slider_velocity_px_per_ms,
)

MIN_TICK_RATE, MAX_TICK_RATE = 0.5, 8.0
FIRST_TICKS_BY_SV_VERSION = 8
"""From this file format on, ticks lie further apart at higher slider velocity."""

NO_TICK_BEFORE_END_MS = 10.0
MAX_TICKS = 2000
"""More are no slider but an attack on the reader of the map."""


def tick_shares(slider: Slider, timing: Timing, settings: Difficulty, format_version: int) -> NDArray[np.float64]:
    """Return the ticks of a slider, as fractions 0..1 of its path.

    Source: osu!lazer's slider event generator.
    """
    multiplier = min(MAX_SLIDER_MULTIPLIER, max(MIN_SLIDER_MULTIPLIER, settings.slider_multiplier))
    tick_rate = min(MAX_TICK_RATE, max(MIN_TICK_RATE, settings.slider_tick_rate))
    by_sv = format_version >= FIRST_TICKS_BY_SV_VERSION
    step_px = PX_PER_BEAT * multiplier / tick_rate * (timing.sv_at(slider.time_ms) if by_sv else 1.0)
    velocity_px_per_ms = slider_velocity_px_per_ms(slider.time_ms, timing, settings)
    end_px = slider.length_px - NO_TICK_BEFORE_END_MS * velocity_px_per_ms
    count = max(0, math.ceil(end_px / step_px) - 1)
    return np.arange(1, min(count, MAX_TICKS) + 1) * step_px / slider.length_px
