"""Rhythm of a map: the times at which its objects begin, from the rhythm model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode, TimingPoint
from osu_beatmap.splice import Span
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import BeatClock
from osuT5.generation.rules.grammar import is_published
from osuT5.generation.window_schedule import SongGenerator
from osuT5.rhythm.axis import SongAxis
from osuT5.rhythm.conditions import RhythmConditions
from osuT5.rhythm.downbeats import place_bars
from osuT5.rhythm.drawing import draw_rhythm
from osuT5.rhythm.files import load_rhythm_model
from osuT5.rhythm.network import RhythmNetwork
from osuT5.rhythm.prediction import predict_rhythm
from paths import MODEL_DIR
from pipeline.generation.conditions import TYPICAL_STARS
from pipeline.generation.model_cache import kept


class RhythmPlanner:
    """Rhythms of the maps of one song.

    Args:
        network: The rhythm model.
        features: Of the song, as in `osuT5.rhythm.features`.
        lines: Red lines of the song.
        start_ms: Start of the part to map, `end_ms` its end.
    """

    def __init__(
        self,
        network: RhythmNetwork,
        features: np.ndarray,
        lines: Sequence[TimingPoint],
        start_ms: float,
        end_ms: float,
    ) -> None:
        self._network = network
        self._axis = SongAxis(features, BeatClock.from_timing(Timing(list(lines)), end_ms))
        self._start_ms = max(start_ms, lines[0].time_ms)
        self._end_ms = end_ms

    def times_ms(self, attributes: Attributes, seed: int) -> np.ndarray:
        """Return the times at which objects begin, in order, float64 [objects].

        Args:
            attributes: Conditions of the map.
            seed: Of the draw.
        """
        stars = TYPICAL_STARS if attributes.difficulty is None else attributes.difficulty
        keys = (attributes.key_count or 0) if attributes.mode is GameMode.MANIA else 0
        prediction = predict_rhythm(self._network, self._axis, [RhythmConditions(attributes.mode, stars, keys)])
        times_ms = self._axis.clock.times_at(np.arange(self._axis.step_count))
        logits = np.where((times_ms >= self._start_ms) & (times_ms < self._end_ms), prediction.objects[0], -np.inf)
        return times_ms[draw_rhythm(logits, seed)]


@dataclass(frozen=True, slots=True)
class SongRhythm:
    """The rhythm model in front of one song.

    Attributes:
        features: Of the song, as in `osuT5.rhythm.features`.
    """

    network: RhythmNetwork
    features: np.ndarray
    song_ms: float

    @classmethod
    def of(cls, song: SongGenerator) -> SongRhythm | None:
        """Load the rhythm model; None for a published checkpoint, which has a rhythm of its own.

        Raises:
            ModelError: The rhythm model cannot be loaded.
        """
        if is_published(song.spec.encoding) or song.listener.rhythm_features is None:
            return None
        return cls(kept(load_rhythm_model, MODEL_DIR / "mini_rhythm"), song.listener.rhythm_features, song.song_ms)

    def place_bars(self, lines: list[TimingPoint]) -> list[TimingPoint]:
        """Move predicted red lines to downbeats."""
        return place_bars(self.network, self.features, lines, self.song_ms) if lines else lines

    def planner(self, lines: Sequence[TimingPoint], span: Span) -> RhythmPlanner:
        """Return the planner of a part of the song."""
        end_ms = min(span.end_ms, self.song_ms)
        return RhythmPlanner(self.network, self.features, lines, span.start_ms, end_ms)
