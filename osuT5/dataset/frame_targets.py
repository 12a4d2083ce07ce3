"""Targets of the frame heads: objects and beats, frame by frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from osu_beatmap.beatmap import GameMode
from osuT5.dataset.training_songs import TrainingSong
from osuT5.model.frame_channels import FRAME_CHANNELS

NEIGHBOUR_TARGET = 0.5
BEAT_CHANNEL = FRAME_CHANNELS.index("beat")
DOWNBEAT_CHANNEL = FRAME_CHANNELS.index("downbeat")


def frame_targets(
    song: TrainingSong, onsets: Callable[[np.ndarray], np.ndarray], frames: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the targets of a window, and which are known.

    Shapes [frames, channels] and [1, channels].

    `onsets` are the `onset_targets` of the window. An onset channel holds the share of the mode's charts that have
    an object there, since an easy chart leaves out what a hard one maps. The frames beside an onset count half.
    Converted charts say nothing that their originals do not, and are left out.
    """
    targets = np.zeros((frames, len(FRAME_CHANNELS)), dtype=np.float32)
    known = np.zeros((1, len(FRAME_CHANNELS)), dtype=bool)

    def mark(times_ms: np.ndarray, channel: int, amount: float) -> None:
        targets[:, channel] += amount * onsets(times_ms)

    for mode in GameMode:
        charts = [chart for chart in song.charts if chart.attributes.mode is mode and not chart.converted]
        known[0, int(mode)] = bool(charts)
        for chart in charts:
            mark(chart.object_times_ms, int(mode), 1.0 / len(charts))
    mark(song.beat_times_ms, BEAT_CHANNEL, 1.0)
    mark(song.downbeat_times_ms, DOWNBEAT_CHANNEL, 1.0)
    known[0, [BEAT_CHANNEL, DOWNBEAT_CHANNEL]] = True
    return np.minimum(targets, 1.0), known


def onset_targets(
    times_ms: np.ndarray, start_ms: float, speed: float, frames: int, frame_ms: float, audio_lead_ms: float
) -> np.ndarray:
    """Return onset targets of ascending times, [frames].

    They are 1 in the frame of each time, less in its neighbours, and 0 elsewhere. Times are `audio_lead_ms` ahead of
    the audio.
    """
    low, high = np.searchsorted(times_ms, [start_ms, start_ms + speed * frames * frame_ms])
    places = np.rint(((times_ms[low:high] - start_ms) / speed + audio_lead_ms) / frame_ms).astype(np.int64)
    targets = np.zeros(frames + 2, dtype=np.float32)
    inside = places[places < frames] + 1
    targets[inside - 1] = NEIGHBOUR_TARGET
    targets[inside + 1] = NEIGHBOUR_TARGET
    targets[inside] = 1.0
    return targets[1:-1]
