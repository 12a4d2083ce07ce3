"""Inputs of the rhythm network, stacked from windows and conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from osuT5.rhythm.axis import AxisWindow
from osuT5.rhythm.conditions import RhythmConditions

UNKNOWN_PLACE = -1
"""Place in the bar of a beat whose bar lines are not given."""


@dataclass(frozen=True, slots=True)
class SongInputs:
    """Windows of songs.

    Attributes:
        features: Log mel levels, float32 [songs, frames, bands].
        tick_frames: Place of each tick among the frames, float32 [songs, beats * 24].
        places: Place of each beat in its bar, int64 [songs, beats]; UNKNOWN_PLACE where not given.
        bar_beats: Beats of each beat's bar, int64 [songs, beats]; ignored where the place is unknown.
    """

    features: Tensor
    tick_frames: Tensor
    places: Tensor
    bar_beats: Tensor

    def without_bars(self) -> SongInputs:
        """Return the same windows with unknown places in the bar."""
        return replace(self, places=torch.full_like(self.places, UNKNOWN_PLACE))


@dataclass(frozen=True, slots=True)
class ChartInputs:
    """Conditions of maps, each [rows].

    Attributes:
        songs: Index of the map's song among the windows, int64.
        keys: Mania columns, int64, 0 in other modes.
    """

    songs: Tensor
    modes: Tensor
    origins: Tensor
    stars: Tensor
    keys: Tensor


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
    """Stack conditions of maps; `songs` has the window index of each."""
    return ChartInputs(
        torch.tensor(songs, dtype=torch.int64),
        torch.tensor([int(chart.mode) for chart in charts]),
        torch.tensor([int(chart.origin) for chart in charts]),
        torch.tensor([chart.stars for chart in charts], dtype=torch.float32),
        torch.tensor([chart.keys for chart in charts]),
    )
