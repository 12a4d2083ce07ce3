"""Random training batches: windows of songs, with maps of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT
from osuT5.audio.mel import window_mel
from osuT5.rhythm.augmentation import AugmentationOptions, augment, draw_speed
from osuT5.rhythm.axis import AxisWindow, SongAxis
from osuT5.rhythm.conditions import RhythmConditions
from osuT5.rhythm.inputs import UNKNOWN_PLACE, ChartInputs, SongInputs, stack_conditions, stack_windows

GROUP_SHARES = {
    "standard": 0.36,
    "taiko": 0.12,
    "taiko TJA": 0.17,
    "catch": 0.04,
    "mania": 0.14,
    "mania STEPMANIA": 0.15,
    "mania QUAVER": 0.03,
}
"""Fraction of windows drawn for a map of each group, independent of their number in the corpus."""

OTHER_SHARE = 0.02
EASY_STARS, EASY_WEIGHT = 2.8, 1.7
"""Star rating below which standard maps are drawn more often, and the factor."""


@dataclass(frozen=True, slots=True)
class SamplingOptions:
    """Size of a batch and changes of its axes.

    Attributes:
        known_bars: Fraction of songs whose places in the bar are given.
        shifted_axes: Fraction of songs whose axis begins a quarter, half or three quarters of a beat late.
        star_noise: Highest change of a star rating, either way.
        lead_noise_ms: Highest change of the lead, either way.
        teacher_share: Share of the predictions of teachers in the targets, if there are any.
    """

    songs: int = 6
    charts: int = 4
    known_bars: float = 0.5
    shifted_axes: float = 0.08
    star_noise: float = 0.12
    lead_noise_ms: float = 6.0
    teacher_share: float = 0.3
    augmentation: AugmentationOptions = field(default_factory=AugmentationOptions)


@dataclass(frozen=True, slots=True)
class RhythmBatch:
    """Inputs of the network and its targets.

    Attributes:
        objects: 1 for ticks that begin an object, float32 [rows, beats, 24].
        tick_exists: Mask of the ticks that count in the loss, bool [songs, beats, 24].
        downbeats: 1 for beats that begin a bar, float32 [songs, beats].
        has_downbeats: Mask of the beats that count in the downbeat loss, bool [songs, beats].
        clean_songs: The windows without changes of the audio, with places in the bar, for teachers; None without them.
    """

    songs: SongInputs
    charts: ChartInputs
    objects: Tensor
    tick_exists: Tensor
    downbeats: Tensor
    has_downbeats: Tensor
    clean_songs: SongInputs | None = None


class BatchSampler:
    """Source of random batches; those of a step are always equal.

    Args:
        has_teachers: Whether batches include the windows that teachers read.
    """

    def __init__(
        self,
        axes: Sequence[SongAxis],
        options: SamplingOptions,
        window_beats: int,
        seed: int,
        has_teachers: bool = False,
    ) -> None:
        self.axes, self.options, self.window_beats, self.seed = axes, options, window_beats, seed
        self.has_teachers = has_teachers
        self.places = [(axis, chart) for axis, each in enumerate(axes) for chart in range(len(each.charts))]
        self.weights = chart_weights(axes)

    def batch(self, step: int) -> RhythmBatch:
        """Draw the batch of a step."""
        rng = np.random.default_rng([self.seed, step])
        anchors = rng.choice(len(self.places), self.options.songs, p=self.weights)
        windows, rows = [], []
        for index, anchor in enumerate(anchors):
            axis = self.axes[self.places[anchor][0]]
            charts = self._draw_charts(int(anchor), rng)
            windows.append(self._draw_window(axis, rng))
            for chart in charts:
                targets = axis.targets(chart, windows[-1].first_step, self.window_beats)
                rows.append(_Row(index, axis.charts[chart].conditions, targets))
        return self._assemble(windows, rows, rng)

    def _draw_charts(self, anchor: int, rng: np.random.Generator) -> list[int]:
        """Return the anchor's map and others of its axis, by their weights."""
        axis, chart = self.places[anchor]
        first = anchor - chart
        others = [other for other in range(len(self.axes[axis].charts)) if other != chart]
        count = min(len(others), self.options.charts - 1)
        if count == 0:
            return [chart]
        weights = self.weights[[first + other for other in others]]
        return [chart, *rng.choice(others, count, replace=False, p=weights / weights.sum()).tolist()]

    def _draw_window(self, axis: SongAxis, rng: np.random.Generator) -> _DrawnWindow:
        """Draw a window; it may exceed the song, as in predictions."""
        options = self.options
        quarter = self.window_beats // 4
        first_beat = int(rng.integers(-quarter, max(1, len(axis.clock) - self.window_beats + quarter)))
        is_shifted = rng.random() < options.shifted_axes
        shift_steps = int(rng.integers(1, 4)) * TICKS_PER_BEAT // 4 if is_shifted else 0
        first_step = first_beat * TICKS_PER_BEAT + shift_steps
        late_ms = rng.uniform(-options.lead_noise_ms, options.lead_noise_ms)
        window = axis.window(first_step, self.window_beats, draw_speed(options.augmentation, rng), late_ms)
        background = self._draw_background(len(window.features), rng)
        features = augment(window.features, background, options.augmentation, rng)
        has_bars = not is_shifted and rng.random() < options.known_bars
        return _DrawnWindow(replace(window, features=features), window, first_step, is_shifted, has_bars)

    def _draw_background(self, frames: int, rng: np.random.Generator) -> np.ndarray | None:
        """Draw part of any song, float32 [frames, bands], or None."""
        if rng.random() >= self.options.augmentation.mix_probability:
            return None
        features = self.axes[int(rng.integers(len(self.axes)))].features
        return window_mel(features, int(rng.integers(0, max(1, len(features) - frames))), frames)

    def _assemble(self, windows: list[_DrawnWindow], rows: list[_Row], rng: np.random.Generator) -> RhythmBatch:
        songs = stack_windows([drawn.window for drawn in windows])
        has_bars = torch.tensor([drawn.has_bars for drawn in windows])
        is_straight = torch.tensor([not drawn.is_shifted for drawn in windows])
        exists = torch.from_numpy(np.stack([drawn.window.tick_exists for drawn in windows]))
        exists = exists.unflatten(1, (self.window_beats, TICKS_PER_BEAT))
        charts = stack_conditions([row.conditions for row in rows], [row.song for row in rows])
        noise = rng.uniform(-self.options.star_noise, self.options.star_noise, len(rows)).astype(np.float32)
        objects = torch.from_numpy(np.stack([row.targets for row in rows]))
        clean = stack_windows([drawn.clean for drawn in windows]) if self.has_teachers else None
        return RhythmBatch(
            songs=replace(songs, places=songs.places.masked_fill(~has_bars[:, None], UNKNOWN_PLACE)),
            charts=replace(charts, stars=(charts.stars + torch.from_numpy(noise)).clamp(min=0)),
            objects=objects.unflatten(1, (self.window_beats, TICKS_PER_BEAT)),
            tick_exists=exists,
            downbeats=(songs.places == 0).float(),
            has_downbeats=exists[:, :, 0] & is_straight[:, None],
            clean_songs=clean and replace(clean, places=clean.places.masked_fill(~is_straight[:, None], UNKNOWN_PLACE)),
        )


@dataclass(frozen=True, slots=True)
class _DrawnWindow:
    """Window of a batch; a shifted one begins between beats, without bars."""

    window: AxisWindow
    clean: AxisWindow
    first_step: int
    is_shifted: bool
    has_bars: bool


@dataclass(frozen=True, slots=True)
class _Row:
    """Map of the song window `song`; targets: float32 [beats * 24]."""

    song: int
    conditions: RhythmConditions
    targets: np.ndarray


def chart_weights(axes: Sequence[SongAxis]) -> np.ndarray:
    """Return the probability of each map, float64 [charts], in order of axes.

    Each group has its fraction. Within a group all songs are equally likely, and within a song easy standard maps are
    likelier.
    """
    charts = [(axis.name, chart.conditions) for axis in axes for chart in axis.charts]
    songs = Counter(group for _, group in {(name, chart.group) for name, chart in charts})
    own = np.array([EASY_WEIGHT if c.group == "standard" and c.stars < EASY_STARS else 1.0 for _, c in charts])
    sums: Counter[tuple[str, str]] = Counter()
    for (name, chart), weight in zip(charts, own, strict=True):
        sums[name, chart.group] += weight
    shares = [GROUP_SHARES.get(c.group, OTHER_SHARE) / songs[c.group] / sums[name, c.group] for name, c in charts]
    weights = own * np.array(shares)
    return weights / weights.sum()
