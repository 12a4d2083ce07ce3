"""Sections of a song: kiai time and volume, from its sound alone.

They depend on the song and not on a map, so all difficulties of a song share them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from osu_beatmap.beatmap import Beatmap
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import BeatClock

PLACE_WAVES = 3
KERNEL, DILATION = 17, 4
"""Beats that the convolutions cover: about one phrase, and four."""

VOLUME_STEP = 10.0
"""Percent of volume that an output of 1 stands for."""

TYPICAL_VOLUME = 70.0
"""Median volume of human-made maps: of 425 training maps, half are within 60-80 %."""

LOWEST_VOLUME, HIGHEST_VOLUME, VOLUME_MULTIPLE = 20, 100, 5
MAX_CHANGE = 40.0
"""Larger differences from the median volume, in percent, are effects of a moment."""

PHRASE_BARS = 4
"""Kiai times and volumes last for at least so many bars."""

KIAI_LOGIT = 0.35
"""Logit that counts as even odds. With it, 0.25 of a song is kiai time, as in human-made maps of 153 training songs."""

SWITCH_NATS = 0.5
"""Cost of each beginning and end of kiai time."""


@dataclass(frozen=True, slots=True)
class SongSections:
    """Sections of a song by its human-made maps.

    Attributes:
        kiai: Fraction of maps in kiai time at each beat, float32 [beats].
        volume: Mean difference from a map's median volume at each beat, in VOLUME_STEP, float32 [beats].
    """

    kiai: np.ndarray
    volume: np.ndarray


def sections_of(beatmaps: Sequence[Beatmap], clock: BeatClock) -> SongSections | None:
    """Return the sections of a song by its maps.

    They are None if no map has kiai time.
    """
    timings = [Timing(beatmap.timing_points) for beatmap in beatmaps]
    kiai = np.array([[timing.kiai_at(time_ms + 1) for time_ms in clock.beat_ms] for timing in timings], np.float32)
    volume = np.array([[timing.volume_at(time_ms + 1) for time_ms in clock.beat_ms] for timing in timings], np.float32)
    if not kiai.any():
        return None
    change = np.clip(volume - np.median(volume, axis=1, keepdims=True), -MAX_CHANGE, MAX_CHANGE) / VOLUME_STEP
    return SongSections(kiai[kiai.any(1)].mean(0), change.mean(0))


class SectionHead(nn.Module):
    """Convolutions over the beats of a whole song."""

    def __init__(self, sound_width: int, tick_width: int, width: int = 32, dropout: float = 0.4) -> None:
        super().__init__()
        self.dropout = dropout
        self.input = nn.Linear(sound_width + tick_width + 2 * PLACE_WAVES, width)
        self.phrase = nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2)
        self.section = nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2 * DILATION, dilation=DILATION)
        self.output = nn.Linear(width, 2)

    def forward(self, ticks: Tensor, beats: Tensor) -> Tensor:
        """Return the kiai logit and the volume of beats, float [beats, 2].

        Args:
            ticks: Sound of ticks, float [beats, 24, tick width].
            beats: float [beats, sound width].
        """
        sound = torch.cat([beats, ticks.mean(1)], 1)
        sound = (sound - sound.mean(0)) / (sound.std(0, correction=0) + 1e-3)  # a section differs from the song
        places = torch.linspace(0, torch.pi, len(sound), device=sound.device)[:, None]
        waves = places * torch.arange(1, PLACE_WAVES + 1, device=sound.device)
        states = F.gelu(self.input(self._drop(torch.cat([sound, waves.sin(), waves.cos()], 1))))
        states = self._drop(states).T
        states = states + F.gelu(self.phrase(states))
        states = states + F.gelu(self.section(self._drop(states)))
        return self.output(self._drop(states.T))

    def loss(self, ticks: Tensor, beats: Tensor, kiai: Tensor, volume: Tensor) -> Tensor:
        """Return nats per beat of kiai time plus the volume error."""
        predicted = self(ticks, beats).float()
        nats = F.binary_cross_entropy_with_logits(predicted[:, 0], kiai)
        return nats + F.smooth_l1_loss(predicted[:, 1], volume)

    def _drop(self, states: Tensor) -> Tensor:
        return F.dropout(states, self.dropout, self.training)


def kiai_spans_ms(logits: np.ndarray, clock: BeatClock) -> list[tuple[float, float]]:
    """Return the most likely spans (start_ms, end_ms) of kiai time.

    They begin and end on bar lines.

    Each span, and each break between two, lasts at least PHRASE_BARS bars.

    Args:
        logits: Of kiai time at each beat, float [beats].
    """
    lines = [*clock.bar_line_beats().tolist(), len(clock)]
    if len(lines) <= PHRASE_BARS:
        return []
    signed = logits.astype(np.float64) - KIAI_LOGIT
    gains = np.stack([-np.logaddexp(0.0, signed), -np.logaddexp(0.0, -signed)])  # [off or on, beats]
    sums = np.concatenate([np.zeros((2, 1)), gains.cumsum(1)], 1)[:, lines]  # up to each bar line
    count = len(lines)
    best = np.full((count, 2), -np.inf)
    begun = np.zeros((count, 2), np.int64)
    best[0] = 0.0
    for line in range(1, count):
        for state in (0, 1):
            # A song may begin and end within a break; all else has its least length.
            is_edge = state == 0 and (line == count - 1)
            starts = np.arange(0, line if is_edge else max(0, line - PHRASE_BARS) + 1)
            if state == 0:
                starts = np.union1d(starts, [0])
            before = np.where(starts == 0, 0.0, best[starts, 1 - state] - SWITCH_NATS)
            scores = before + sums[state, line] - sums[state, starts]
            scores = np.where((starts > 0) | (state == 0) | (line - starts >= PHRASE_BARS), scores, -np.inf)
            best[line, state], begun[line, state] = scores.max(), starts[scores.argmax()]
    spans = []
    line, state = count - 1, int(best[-1].argmax())
    while line > 0:
        start = int(begun[line, state])
        if state:
            end_ms = clock.beat_ms[lines[line]] if lines[line] < len(clock) else clock.end_ms
            spans.append((float(clock.beat_ms[lines[start]]), float(end_ms)))
        line, state = start, 1 - state
    return spans[::-1]


def phrase_volumes(volumes: np.ndarray, clock: BeatClock, contrast: float) -> list[tuple[float, int]]:
    """Return (time_ms, volume in percent) of each volume change.

    Changes are at bar lines.

    Args:
        volumes: Differences from the typical volume at each beat, float [beats], in VOLUME_STEP.
        contrast: Factor of the differences; 0 keeps one volume.
    """
    lines = clock.bar_line_beats()[::PHRASE_BARS].tolist() or [0]
    changes: list[tuple[float, int]] = []
    for start, stop in zip(lines, [*lines[1:], len(clock)], strict=True):
        percent = TYPICAL_VOLUME + contrast * VOLUME_STEP * float(volumes[start:stop].mean())
        volume = min(max(VOLUME_MULTIPLE * round(percent / VOLUME_MULTIPLE), LOWEST_VOLUME), HIGHEST_VOLUME)
        if not changes or changes[-1][1] != volume:
            changes.append((float(clock.beat_ms[start]), volume))
    return changes
