"""A chart as metrics read it, and what it is compared with."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from evaluation.bands import Band
from evaluation.measures.music import Music, load_music
from evaluation.measures.object_metrics import object_times_ms
from evaluation.measures.timing_metrics import TimingAgreement, compare_timing
from osu_beatmap.attributes import Attributes, attributes_of
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.errors import BeatmapError
from osu_beatmap.rules import Finding, check_chart
from osu_beatmap.rules.chart import Chart
from osu_beatmap.song_bounds import LONGEST_SONG_MS, check_in_song
from osu_beatmap.star_rating import UnratableBeatmap, star_rating
from osuT5.audio.decode import AudioError, audio_duration_ms

END_MARGIN_MS = 500.0
"""What begins nearer to the end of an excerpt than this is left out: it would be cut."""


class MeasuredChart(Chart):
    """A chart for metrics.

    `stars` is NaN for what osu! does not rate, `audio_path` the song, where it is at hand. Raises BeatmapError for a
    chart that lies outside its song.
    """

    def __init__(self, beatmap: Beatmap, name: str = "", audio_path: Path | None = None) -> None:
        check_in_song(beatmap, song_ms_of(audio_path))
        try:
            self.stars = star_rating(beatmap)
        except UnratableBeatmap:
            self.stars = math.nan
        super().__init__(beatmap, star_rating=None if math.isnan(self.stars) else self.stars)
        self.name = name
        self.audio_path = audio_path

    @cached_property
    def times_ms(self) -> np.ndarray:
        """Times of objects [n], in order; a chord is one time."""
        return object_times_ms(self.beatmap)

    @cached_property
    def play_seconds(self) -> float:
        """Time from the first object's start to the last's, without breaks.

        It is at least a second.
        """
        if not len(self.start_ms):
            return 1.0
        first_ms, last_ms = float(self.start_ms.min()), float(self.start_ms.max())
        inside = [(max(pause.start_ms, first_ms), min(pause.end_ms, last_ms)) for pause in self.breaks]
        paused_ms = sum(max(0.0, end_ms - start_ms) for start_ms, end_ms in inside)
        return max(1.0, (last_ms - first_ms - paused_ms) / 1000)

    @cached_property
    def attributes(self) -> Attributes:
        """Conditions of a model for this chart."""
        return attributes_of(self.beatmap, None if math.isnan(self.stars) else self.stars)

    @cached_property
    def findings(self) -> list[Finding]:
        """Violations of objective rules."""
        return check_chart(self)

    @cached_property
    def music(self) -> Music | None:
        """Sound of the song, or None.

        None stands for a missing or unreadable song.
        """
        return load_music(self.audio_path)


@lru_cache(maxsize=64)
def song_ms_of(audio_path: Path | None) -> float:
    """Return the length of a song, or a bound if unreadable."""
    try:
        return LONGEST_SONG_MS if audio_path is None else audio_duration_ms(audio_path)
    except AudioError:
        return LONGEST_SONG_MS


@dataclass(frozen=True)
class Case:
    """A map to evaluate, and the references for its metrics.

    Attributes:
        human: Human-made map of the same song and difficulty level.
        requested: Requested conditions. If None, the conditions of `human` apply.
        band: Distributions over human-made maps of the same mode and level.
    """

    generated: MeasuredChart
    human: MeasuredChart | None = None
    requested: Attributes | None = None
    band: Band | None = None

    @property
    def target(self) -> Attributes | None:
        """Requested conditions, or else those of the human-made map."""
        return self.requested or (self.human.attributes if self.human else None)

    @cached_property
    def timing_agreement(self) -> TimingAgreement | None:
        """Agreement of the red lines with those of the human-made map.

        It spans the objects of the human-made map, and is None without one or without red lines.
        """
        human = self.human
        if human is None or not len(human.times_ms) or not self.generated.has_tempo:
            return None
        start_ms, end_ms = float(human.times_ms[0]), float(human.times_ms[-1])
        try:
            return compare_timing(human.beatmap.timing_points, self.generated.beatmap.timing_points, start_ms, end_ms)
        except (BeatmapError, ValueError):
            return None

    @property
    def music(self) -> Music | None:
        return (self.human and self.human.music) or self.generated.music

    @property
    def timed(self) -> MeasuredChart:
        """Chart with the bars of the song: human-made if there is one."""
        return self.human or self.generated


def excerpt(beatmap: Beatmap, start_ms: float, end_ms: float) -> Beatmap:
    """Return the objects, breaks and lines of a span.

    The state at its start is included.
    """
    last_ms = end_ms - END_MARGIN_MS
    inside = replace(
        beatmap,
        hit_objects=[
            obj
            for obj in beatmap.hit_objects
            if start_ms <= obj.time_ms and getattr(obj, "end_ms", obj.time_ms) < last_ms
        ],
        breaks=[pause for pause in beatmap.breaks if start_ms <= pause.start_ms and pause.end_ms < end_ms],
        timing_points=[line for line in beatmap.timing_points if line.time_ms < end_ms],
    )
    return copy.deepcopy(inside)
