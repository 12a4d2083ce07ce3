"""Time axes of a song, with the maps on each, and windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT, BeatClock
from osuT5.audio.mel import window_mel
from osuT5.rhythm.alignment import USUAL_LEAD_MS, measure_lead_ms
from osuT5.rhythm.conditions import RhythmConditions
from osuT5.rhythm.corpus import RhythmChart, RhythmSong
from osuT5.rhythm.features import FRAME_MS

MARGIN_FRAMES = 8
"""Frames of a window before its first tick and after its last: what the convolutions cover."""


@dataclass(frozen=True, slots=True)
class AxisWindow:
    """Beats of an axis, from any tick on.

    Attributes:
        features: Log mel levels, float32 [frames, bands].
        tick_frames: Place of each tick among the frames, float32 [beats * 24].
        tick_exists: Whether each tick lies on the clock, bool [beats * 24].
        places, bar_beats: Of each beat, int64 [beats]; those of the beat in which a shifted one starts.
    """

    features: np.ndarray
    tick_frames: np.ndarray
    tick_exists: np.ndarray
    places: np.ndarray
    bar_beats: np.ndarray


class SongAxis:
    """A song on one clock, with the maps that share it.

    Attributes:
        features: Log mel levels of the song, float [frames, bands].
        lead_ms: How much later than a tick its sound is read.
        name: Name of the song in reports.
        objects: Steps with an object, int64 [objects] for each map.
    """

    def __init__(
        self,
        features: np.ndarray,
        clock: BeatClock,
        charts: Sequence[RhythmChart] = (),
        lead_ms: float = USUAL_LEAD_MS,
        name: str = "",
    ) -> None:
        self.features, self.clock, self.charts, self.lead_ms, self.name = features, clock, charts, lead_ms, name
        self.objects = [np.unique(clock.steps_at(np.array(chart.times_ms))) for chart in charts]

    @property
    def conditions(self) -> list[RhythmConditions]:
        """Conditions of each map."""
        return [chart.conditions for chart in self.charts]

    @property
    def step_count(self) -> int:
        return len(self.clock) * TICKS_PER_BEAT

    def window(self, first_step: int, beats: int, speed: float = 1.0, late_ms: float = 0.0) -> AxisWindow:
        """Cut a window of beats from a step on.

        Beyond the clock, its first or last beat repeats, and no tick exists.

        Args:
            first_step: Step at which the window begins, not necessarily on a beat.
            beats: Length of the window.
            speed: Speed at which the frames are read, in source frames.
            late_ms: How much later than usual the sound of ticks is read.
        """
        steps = first_step + np.arange(beats * TICKS_PER_BEAT)
        sound_ms = self._extended_times_ms(steps) + self.lead_ms + late_ms
        start_frame = int(np.floor(sound_ms[0] / FRAME_MS)) - MARGIN_FRAMES
        tick_frames = (sound_ms / FRAME_MS - start_frame) / speed
        frames = int(np.ceil(tick_frames[-1])) + MARGIN_FRAMES
        is_inside = (steps >= 0) & (steps < self.step_count)
        inside = steps.clip(0, self.step_count - 1)
        beat_numbers = inside[::TICKS_PER_BEAT] // TICKS_PER_BEAT
        return AxisWindow(
            window_mel(self.features, start_frame, frames, speed),
            tick_frames.astype(np.float32),
            is_inside & self.clock.tick_exists.ravel()[inside],
            self.clock.place_in_bar[beat_numbers],
            self.clock.bar_beats[beat_numbers],
        )

    def targets(self, chart: int, first_step: int, beats: int) -> np.ndarray:
        """Return 1 where a map has an object, float32 [beats * 24]."""
        targets = np.zeros(beats * TICKS_PER_BEAT, np.float32)
        steps = self.objects[chart] - first_step
        targets[steps[(steps >= 0) & (steps < len(targets))]] = 1.0
        return targets

    def _extended_times_ms(self, steps: np.ndarray) -> np.ndarray:
        """Return the times of steps inside or outside the clock."""
        inside = steps.clip(0, self.step_count - 1)
        beats = inside // TICKS_PER_BEAT
        return self.clock.times_at(inside) + (steps - inside) * self.clock.beat_length_ms[beats] / TICKS_PER_BEAT


def song_axes(song: RhythmSong, is_aligned: bool = True) -> list[SongAxis]:
    """Group the maps of a song by their clocks.

    Args:
        song: Song with its maps.
        is_aligned: Whether maps that are clearly off the audio are read at their own lead.
    """
    groups: list[tuple[BeatClock, list[RhythmChart]]] = []
    for chart in song.charts:
        clock = BeatClock.from_timing(Timing(chart.timing_points()), max(song.duration_ms, chart.times_ms[-1] + 1.0))
        group = next((charts for other, charts in groups if clock.is_equal(other)), None)
        if group is None:
            groups.append((clock, [chart]))
        else:
            group.append(chart)
    return [
        SongAxis(song.features, clock, charts, _lead_ms(song, charts, is_aligned), song.name)
        for clock, charts in groups
    ]


def _lead_ms(song: RhythmSong, charts: list[RhythmChart], is_aligned: bool) -> float:
    if not is_aligned:
        return USUAL_LEAD_MS
    return measure_lead_ms(song.features, np.concatenate([chart.times_ms for chart in charts]))
