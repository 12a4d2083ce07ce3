"""Ticks on which the rhythm model expects objects of one map."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from osu_beatmap.attributes import attributes_of
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT, BeatClock
from osuT5.rhythm.conditions import origin_of
from pipeline.generation.map_model.rhythm import SongRhythm, like_standard, rhythm_conditions

SAME_TICK_MS = 12.0
"""Objects further from every tick than this are on none."""

SHIFTED_BARS = (-8, -4, -3, -2, -1, 1, 2, 3, 4, 8)
"""Whole bars by which a rhythm is moved, to see whether it would fit the song there as well."""

FEWEST_SHIFTED_OBJECTS = 16
"""A rhythm with fewer objects inside of the song is not compared."""

CLEARLY_IN_PLACE = 1.5
"""Ratio from which on a rhythm is in its place; higher ratios make no difference."""


class TickEvidence:
    """Logits of objects on a clock, and expected ticks of a map.

    Attributes:
        logits: float64 [steps]; -inf where no tick exists.
        is_expected: The most likely ticks, as many as the map has object times, bool [steps].
    """

    def __init__(self, clock: BeatClock, logits: np.ndarray, times_ms: np.ndarray) -> None:
        self.clock, self.logits = clock, logits.astype(np.float64)
        likely = np.argsort(-self.logits, kind="stable")[: len(np.unique(times_ms))]
        self.is_expected = np.zeros(len(self.logits), bool)
        self.is_expected[likely] = True

    def expected_share(self, times_ms: np.ndarray) -> float:
        """Return the fraction of object times on expected ticks."""
        if not len(times_ms):
            return math.nan
        is_on_tick = np.abs(self.clock.residuals_ms(times_ms)) <= SAME_TICK_MS
        return float((self.is_expected[self.clock.steps_at(times_ms)] & is_on_tick).mean())

    def in_place_ratio(self, times_ms: np.ndarray) -> float:
        """Return how likely objects are, relative to the same rhythm bars away.

        It is the ratio of the geometric means of their odds. The best of some shifts by whole bars counts.
        """
        steps = self.clock.steps_at(times_ms) if len(times_ms) else np.zeros(0, np.int64)
        bar_steps = TICKS_PER_BEAT * int(np.median(self.clock.bar_beats))
        shifted = [self._mean_logit(steps + bars * bar_steps) for bars in SHIFTED_BARS]
        margin = self._mean_logit(steps) - np.nanmax([*shifted, -np.inf])
        return min(math.exp(margin), CLEARLY_IN_PLACE) if np.isfinite(margin) else math.nan

    def _mean_logit(self, steps: np.ndarray) -> float:
        """Return the mean logit of existing steps; NaN if they are few."""
        inside = steps[(steps >= 0) & (steps < len(self.logits))]
        logits = self.logits[inside][np.isfinite(self.logits[inside])]
        return float(logits.mean()) if len(logits) >= FEWEST_SHIFTED_OBJECTS else math.nan


def read_ticks(song: SongRhythm, beatmap: Beatmap, stars: float) -> TickEvidence:
    """Return the evidence about a map of a song.

    Raises:
        ValueError: The map has no usable red line.
        ModelError: The rhythm model cannot be loaded.
    """
    lines = [line for line in beatmap.timing_points if line.uninherited]
    encoded = song.encode(lines, song.lead_ms(beatmap))
    conditions = replace(rhythm_conditions(attributes_of(beatmap, stars)), origin=origin_of(beatmap))
    likened = [conditions, *([like_standard(conditions)] if beatmap.mode is GameMode.CATCH else [])]
    times_ms = np.array([obj.time_ms for obj in beatmap.hit_objects])
    return TickEvidence(encoded.clock, encoded.predict(likened).objects.mean(0), times_ms)
