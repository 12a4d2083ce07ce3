"""Random training batches: windows of songs, each with up to four charts that share its axis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from osu_beatmap.beat_clock import TICKS_PER_BEAT
from osuT5.rhythm.augmentation import AugmentationOptions, augment, draw_speed
from osuT5.rhythm.axis import AxisWindow, SongAxis
from osuT5.rhythm.conditions import RhythmConditions
from osuT5.rhythm.network import UNKNOWN_PLACE, ChartInputs, SongInputs

GROUP_SHARES = {
    "standard": 0.36,
    "taiko": 0.12,
    "taiko TJA": 0.17,
    "catch": 0.04,
    "mania": 0.14,
    "mania STEPMANIA": 0.15,
    "mania QUAVER": 0.03,
}
"""How often a window is drawn for a chart of each group, whatever their number in the corpus."""

OTHER_SHARE = 0.02
EASY_STARS, EASY_WEIGHT = 2.8, 1.7
"""Standard charts below these stars are drawn so much more often than others."""


@dataclass(frozen=True, slots=True)
class SamplingOptions:
    """Size of a batch and changes of its axes.

    Attributes:
        known_bars: Fraction of songs whose places in the bar are given.
        shifted_axes: Fraction of songs whose axis begins a quarter, half or three quarters of a beat late.
        star_noise: Highest change of a star rating, either way.
        lead_noise_ms: Highest change of the lead, either way.
    """

    songs: int = 6
    charts: int = 4
    known_bars: float = 0.5
    shifted_axes: float = 0.08
    star_noise: float = 0.12
    lead_noise_ms: float = 6.0
    augmentation: AugmentationOptions = field(default_factory=AugmentationOptions)


@dataclass(frozen=True, slots=True)
class RhythmBatch:
    """Inputs of the network and its targets.

    Attributes:
        objects: Which ticks begin an object, float32 [rows, beats, 24].
        tick_exists: Which ticks count in the loss, bool [songs, beats, 24].
        downbeats: Which beats begin a bar, float32 [songs, beats].
        has_downbeats: Which beats count in the downbeat loss, bool [songs, beats].
    """

    songs: SongInputs
    charts: ChartInputs
    objects: Tensor
    tick_exists: Tensor
    downbeats: Tensor
    has_downbeats: Tensor


class BatchSampler:
    """Draws batches from axes; the batch of a step is always the same."""

    def __init__(self, axes: Sequence[SongAxis], options: SamplingOptions, window_beats: int, seed: int) -> None:
        self.axes, self.options, self.window_beats, self.seed = axes, options, window_beats, seed
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
            window, first_step, is_shifted = self._draw_window(axis, rng)
            windows.append((window, is_shifted, rng.random() < self.options.known_bars))
            for chart in charts:
                targets = axis.targets(chart, first_step, self.window_beats)
                rows.append((index, axis.charts[chart].conditions, targets))
        return self._assemble(windows, rows, rng)

    def _draw_charts(self, anchor: int, rng: np.random.Generator) -> list[int]:
        """Return the anchor's chart and others of its axis, by their weights."""
        axis, chart = self.places[anchor]
        first = anchor - chart
        others = [other for other in range(len(self.axes[axis].charts)) if other != chart]
        count = min(len(others), self.options.charts - 1)
        if count == 0:
            return [chart]
        weights = self.weights[[first + other for other in others]]
        return [chart, *rng.choice(others, count, replace=False, p=weights / weights.sum()).tolist()]

    def _draw_window(self, axis: SongAxis, rng: np.random.Generator) -> tuple[AxisWindow, int, bool]:
        """Return a window with changed sound, its first step, and whether it begins off the beat."""
        options = self.options
        first_beat = int(rng.integers(0, max(1, len(axis.clock) - self.window_beats + 1)))
        is_shifted = rng.random() < options.shifted_axes
        first_step = first_beat * TICKS_PER_BEAT + (int(rng.integers(1, 4)) * TICKS_PER_BEAT // 4 if is_shifted else 0)
        late_ms = rng.uniform(-options.lead_noise_ms, options.lead_noise_ms)
        speed = draw_speed(options.augmentation, rng)
        window = axis.window(first_step, self.window_beats, speed, late_ms)
        other = None
        if rng.random() < options.augmentation.mix_probability:
            features = self.axes[int(rng.integers(len(self.axes)))].song.features
            frames = len(window.features)
            start = int(rng.integers(0, max(1, len(features) - frames)))
            other = np.zeros_like(window.features)
            other[: len(features) - start] = features[start : start + frames]
        changed = augment(window.features, other, options.augmentation, rng)
        window = AxisWindow(changed, window.tick_frames, window.tick_exists, window.places, window.bar_beats)
        return window, first_step, is_shifted

    def _assemble(
        self,
        windows: list[tuple[AxisWindow, bool, bool]],
        rows: list[tuple[int, RhythmConditions, np.ndarray]],
        rng: np.random.Generator,
    ) -> RhythmBatch:
        plain = [window for window, _, _ in windows]
        songs = stack_windows(plain)
        is_hidden = torch.tensor([is_shifted or not is_known for _, is_shifted, is_known in windows])
        exists = torch.from_numpy(np.stack([window.tick_exists for window in plain]))
        exists = exists.unflatten(1, (self.window_beats, TICKS_PER_BEAT))
        is_straight = torch.tensor([not is_shifted for _, is_shifted, _ in windows])
        noise = rng.uniform(-self.options.star_noise, self.options.star_noise, len(rows))
        charts = stack_conditions([conditions for _, conditions, _ in rows], [index for index, _, _ in rows])
        charts.stars.add_(torch.from_numpy(noise).float()).clamp_(min=0)
        objects = torch.from_numpy(np.stack([targets for _, _, targets in rows]))
        return RhythmBatch(
            SongInputs(
                songs.features,
                songs.tick_frames,
                songs.places.masked_fill(is_hidden[:, None], UNKNOWN_PLACE),
                songs.bar_beats,
            ),
            charts,
            objects.unflatten(1, (self.window_beats, TICKS_PER_BEAT)),
            exists,
            (songs.places == 0).float(),
            exists[:, :, 0] & is_straight[:, None],
        )


def stack_windows(windows: Sequence[AxisWindow]) -> SongInputs:
    """Stack windows of equal beats; shorter ones end in silence."""
    frames = max(len(window.features) for window in windows)
    features = np.zeros((len(windows), frames, windows[0].features.shape[1]), np.float32)
    for row, window in zip(features, windows, strict=True):
        row[: len(window.features)] = window.features
    return SongInputs(
        torch.from_numpy(features),
        torch.from_numpy(np.stack([window.tick_frames for window in windows])),
        torch.from_numpy(np.stack([window.places for window in windows])),
        torch.from_numpy(np.stack([window.bar_beats for window in windows])),
    )


def stack_conditions(charts: Sequence[RhythmConditions], songs: Sequence[int]) -> ChartInputs:
    """Stack the conditions of charts, each of which belongs to the song window with the given index."""
    return ChartInputs(
        torch.tensor(songs, dtype=torch.int64),
        torch.tensor([int(chart.mode) for chart in charts]),
        torch.tensor([int(chart.origin) for chart in charts]),
        torch.tensor([chart.stars for chart in charts], dtype=torch.float32),
        torch.tensor([chart.keys for chart in charts]),
    )


def chart_weights(axes: Sequence[SongAxis]) -> np.ndarray:
    """Return how likely each chart is drawn, float64 [charts], in the order of axes.

    Each group has its share. Within it songs are equally likely, and within a song easy standard charts are likelier.
    """
    charts = [(axis.song.name, chart.conditions) for axis in axes for chart in axis.charts]
    songs = Counter(group for _, group in {(name, chart.group) for name, chart in charts})
    own = np.array([EASY_WEIGHT if c.group == "standard" and c.stars < EASY_STARS else 1.0 for _, c in charts])
    sums: Counter[tuple[str, str]] = Counter()
    for (name, chart), weight in zip(charts, own, strict=True):
        sums[name, chart.group] += weight
    shares = [GROUP_SHARES.get(c.group, OTHER_SHARE) / songs[c.group] / sums[name, c.group] for name, c in charts]
    weights = own * np.array(shares)
    return weights / weights.sum()
