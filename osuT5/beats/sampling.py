"""Random training batches: windows of songs with their beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from osuT5.audio.mel import window_mel
from osuT5.beats.targets import SongBeats
from osuT5.rhythm.augmentation import AugmentationOptions, augment, draw_speed
from osuT5.rhythm.conditions import Origin
from osuT5.rhythm.features import FRAME_MS

TARGET_FRAMES = 1.0
"""Standard deviation of the target around a beat, in frames."""

ORIGIN_WEIGHTS = {Origin.OSU: 1.0, Origin.STEPMANIA: 0.7, Origin.TJA: 0.35, Origin.QUAVER: 1.0}
"""How often songs of each game are drawn for each minute: osu! maps are timed best, TJA songs are many."""

LONGEST_WEIGHT_MIN = 3.0


@dataclass(frozen=True)
class BeatSong:
    """A song with its features, float [frames, bands], and beats."""

    features: np.ndarray
    beats: SongBeats


@dataclass(frozen=True, slots=True)
class BeatSamplingOptions:
    """Size of a batch and changes of its audio.

    Attributes:
        frames: Length of a window, a multiple of the network's stride.
        silent_share: Fraction of windows made without a beat.
    """

    songs: int = 8
    frames: int = 3072
    silent_share: float = 0.04
    augmentation: AugmentationOptions = field(
        default_factory=lambda: AugmentationOptions(time_mask_frames=150, speed=0.14, speed_probability=0.6)
    )


@dataclass(frozen=True, slots=True)
class BeatBatch:
    """Features [songs, frames, bands], targets [songs, frames, 2], and loss mask."""

    features: Tensor
    targets: Tensor
    is_certain: Tensor


class BeatSampler:
    """Source of random batches; those of a step are always equal."""

    def __init__(self, songs: Sequence[BeatSong], options: BeatSamplingOptions, seed: int) -> None:
        self.songs, self.options, self.seed = songs, options, seed
        weights = [
            min(len(song.features) * FRAME_MS / 60_000, LONGEST_WEIGHT_MIN) * ORIGIN_WEIGHTS[song.beats.origin]
            for song in songs
        ]
        self.weights = np.array(weights) / sum(weights)

    def batch(self, step: int) -> BeatBatch:
        """Draw the batch of a step."""
        rng = np.random.default_rng([self.seed, step])
        songs = rng.choice(len(self.songs), self.options.songs, p=self.weights)
        windows = [self._window(self.songs[song], rng) for song in songs]
        features, targets, is_certain = (np.stack(column) for column in zip(*windows, strict=True))
        return BeatBatch(torch.from_numpy(features), torch.from_numpy(targets), torch.from_numpy(is_certain))

    def _window(self, song: BeatSong, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        options = self.options
        speed = draw_speed(options.augmentation, rng)
        low = song.beats.start_ms / FRAME_MS - options.frames * speed / 4
        high = min(song.beats.end_ms / FRAME_MS, len(song.features)) - options.frames * speed * 3 / 4
        start_frame = int(rng.integers(int(low), max(int(low) + 1, int(high))))
        features = window_mel(song.features, start_frame, options.frames, speed)
        if rng.random() < options.silent_share:
            targets = np.zeros((options.frames, 2), np.float32)
            return make_unbeaten(features, rng), targets, np.ones(options.frames, bool)
        features = augment(features, self._background(rng), options.augmentation, rng)
        return features, *frame_targets(song.beats, start_frame, options.frames, speed)

    def _background(self, rng: np.random.Generator) -> np.ndarray | None:
        """Draw part of any song, float32 [frames, bands], or None."""
        if rng.random() >= self.options.augmentation.mix_probability:
            return None
        features, frames = self.songs[int(rng.integers(len(self.songs)))].features, self.options.frames
        return window_mel(features, int(rng.integers(0, max(1, len(features) - frames))), frames)


def frame_targets(beats: SongBeats, start_frame: int, frames: int, speed: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return targets, float32 [frames, 2], and where they are certain, bool [frames]."""
    places = (beats.sound_ms / FRAME_MS - start_frame) / speed
    targets = np.stack([_bumps(places, frames), _bumps(places[beats.is_downbeat], frames)], axis=1)
    frame_ms = (start_frame + np.arange(frames) * speed) * FRAME_MS
    return targets, (frame_ms >= beats.start_ms) & (frame_ms <= beats.end_ms)


def _bumps(places: np.ndarray, frames: int) -> np.ndarray:
    """Return a bell curve around each place, float32 [frames]."""
    curve = np.zeros(frames, np.float32)
    reach = int(np.ceil(3 * TARGET_FRAMES))
    for step in range(-reach, reach + 1):
        near = np.rint(places).astype(np.int64) + step
        is_inside = (near >= 0) & (near < frames)
        heights = np.exp(-(((near - places) / TARGET_FRAMES) ** 2) / 2)
        np.maximum.at(curve, near[is_inside], heights[is_inside].astype(np.float32))
    return curve


def make_unbeaten(features: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return sound of the same colour without a beat.

    It is silence, a drone, noise, or frames in random order.
    """
    kind = rng.integers(4)
    level = features.mean(axis=0) * np.float32(rng.uniform(0.3, 1.2))
    if kind == 0:
        return np.zeros_like(features)
    if kind == 1:
        return np.abs(level + rng.normal(0, 0.02, features.shape).astype(np.float32))
    if kind == 2:
        power = np.expm1(level) * rng.gamma(rng.uniform(1, 6), size=features.shape).astype(np.float32)
        return np.log1p(power)
    return features[rng.permutation(len(features))]
