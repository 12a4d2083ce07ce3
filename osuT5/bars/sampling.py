"""Training songs on the beats of maps, and random batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from osu_beatmap.held_out import Split
from osuT5.audio.decode import AudioError
from osuT5.bars.beat_sound import BeatSound, beat_sound
from osuT5.dataset.files.filters import ANY_CHART, ChartFilter
from osuT5.dataset.files.sources import SourceReport
from osuT5.rhythm.augmentation import AugmentationOptions, augment
from osuT5.rhythm.axis import song_axes
from osuT5.rhythm.corpus import RhythmSong, audio_key, load_songs
from osuT5.rhythm.features import load_pitches

MARGIN_BEATS = 8
"""Beats before the first object and after the last whose bars are still certain."""

MAX_BAR_BEATS = 8
"""Longest usual bar of a song to train on: longer ones are effects, as are bars of one beat."""


@dataclass(frozen=True)
class BarSong:
    """Sound at the beats of a song, and its bars.

    Attributes:
        is_downbeat, is_certain: bool [beats].
    """

    name: str
    sound: BeatSound
    is_downbeat: np.ndarray
    is_certain: np.ndarray


@dataclass(frozen=True, slots=True)
class BarSamplingOptions:
    """Size of a batch and changes of its audio.

    Attributes:
        late_probability: Probability that levels are read a part of a beat early or late.
        hidden_probability: Probability that levels, and that pitches, are hidden.
        levels, pitches: Changes of each.
    """

    songs: int = 12
    late_probability: float = 0.2
    hidden_probability: float = 0.12
    levels: AugmentationOptions = field(default_factory=lambda: AugmentationOptions(band_mask=16, time_mask_frames=96))
    pitches: AugmentationOptions = field(
        default_factory=lambda: AugmentationOptions(band_shift=5, band_mask=12, time_mask_frames=16)
    )


@dataclass(frozen=True, slots=True)
class BarBatch:
    """Windows of songs.

    Attributes:
        levels: float32 [songs, beats, 12, bands].
        pitches: float32 [songs, beats, 2, pitches].
        downbeats: 1 for beats that begin a bar, float32 [songs, beats].
        is_certain: Mask of the beats that count in the loss, bool [songs, beats].
    """

    levels: Tensor
    pitches: Tensor
    downbeats: Tensor
    is_certain: Tensor


def load_bar_songs(
    dataset: str,
    cache: Path,
    split: Split,
    report: SourceReport | None = None,
    chart_filter: ChartFilter = ANY_CHART,
) -> list[BarSong]:
    """Return the songs of a split on their beats.

    The red lines are those of most maps. Songs whose bars are effects are omitted.

    Raises:
        CorpusError: There is no such dataset.
    """
    report = report or SourceReport()
    found = []
    for song in load_songs(dataset, cache, split, report, chart_filter):
        try:
            pitches = load_pitches(song.source, cache / f"{audio_key(song.source)}.pitches.npy")
        except (AudioError, OSError) as error:
            report.skip(song.name, error)
            continue
        made = bar_song(song, pitches)
        found += [] if made is None else [made]
    return found


def bar_song(song: RhythmSong, pitches: np.ndarray) -> BarSong | None:
    """Return a song on its beats; None if bars are effects."""
    axis = max(song_axes(song), key=lambda each: len(each.charts))
    clock, times_ms = axis.clock, np.concatenate([chart.times_ms for chart in axis.charts])
    if not 2 <= np.median(clock.bar_beats) <= MAX_BAR_BEATS:
        return None
    first, last = np.searchsorted(clock.beat_ms, [times_ms.min(), times_ms.max()])
    numbers = np.arange(len(clock))
    return BarSong(
        song.name,
        beat_sound(song.features, pitches, clock, axis.lead_ms),
        clock.place_in_bar == 0,
        (numbers >= first - MARGIN_BEATS) & (numbers < last + MARGIN_BEATS),
    )


class BarSampler:
    """Source of random batches; those of a step are always equal."""

    def __init__(self, songs: Sequence[BarSong], options: BarSamplingOptions, window_beats: int, seed: int) -> None:
        self.songs, self.options, self.window_beats, self.seed = songs, options, window_beats, seed
        weights = np.sqrt([song.is_certain.sum() for song in songs])
        self.weights = weights / weights.sum()

    def batch(self, step: int) -> BarBatch:
        """Draw the batch of a step."""
        rng = np.random.default_rng([self.seed, step])
        drawn = rng.choice(len(self.songs), self.options.songs, p=self.weights)
        windows = [self._window(self.songs[song], rng) for song in drawn]
        return BarBatch(*(torch.from_numpy(np.stack(each)) for each in zip(*windows, strict=True)))

    def _window(self, song: BarSong, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Draw a window; beyond the song, its outermost beats repeat."""
        options, margin = self.options, self.window_beats // 4
        first = int(rng.integers(-margin, max(1, len(song.sound) - self.window_beats + margin)))
        beats = first + np.arange(self.window_beats)
        inside = beats.clip(0, len(song.sound) - 1)
        levels, pitches = song.sound.select(inside)
        other = self._background(rng)
        if rng.random() < options.late_probability:
            levels = np.roll(levels.reshape(-1, levels.shape[-1]), rng.choice([-1, 1]), axis=0).reshape(levels.shape)
        levels = _augment(levels, other and other[0], options.levels, rng)
        pitches = _augment(pitches, other and other[1], options.pitches, rng)
        hidden = rng.random()
        if hidden < 2 * options.hidden_probability:
            sound = levels if hidden < options.hidden_probability else pitches
            sound[...] = sound.mean()
        is_certain = song.is_certain[inside] & (beats == inside)
        return levels, pitches, song.is_downbeat[inside].astype(np.float32), is_certain

    def _background(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray] | None:
        """Draw part of any song on its own beats, or None."""
        if rng.random() >= self.options.levels.mix_probability:
            return None
        sound = self.songs[int(rng.integers(len(self.songs)))].sound
        first = int(rng.integers(0, max(1, len(sound) - self.window_beats)))
        return sound.select((first + np.arange(self.window_beats)).clip(0, len(sound) - 1))


def _augment(
    sound: np.ndarray, other: np.ndarray | None, options: AugmentationOptions, rng: np.random.Generator
) -> np.ndarray:
    """Return a changed copy, float32 [beats, parts, bands]."""
    flat = None if other is None else other.reshape(-1, other.shape[-1])
    return augment(sound.reshape(-1, sound.shape[-1]), flat, options, rng).reshape(sound.shape)
