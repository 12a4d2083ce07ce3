"""Beat clock: time axis of a song in steps of 1/24 beat.

A *beat* here is folded: its tempo is doubled or halved so that songs run at 100-200 BPM. Step 24 b + t is tick t of
beat b. Beats follow the uninherited timing points (red lines), and the first one also rules before it. Where a red line
cuts a beat short, the ticks after the cut do not exist. All times are float ms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_grid import REPLACED_BEAT_FRACTION

TICKS_PER_BEAT = 24
SLOWEST_BPM, FASTEST_BPM = 100.0, 200.0
MAX_FOLDS = 3
"""Limit of doublings or halvings: a gimmick line of 2 BPM must not become a tempo of 128."""

MS_PER_MINUTE = 60_000.0


@dataclass(frozen=True, slots=True)
class ClockSection:
    """Part of a song under one red line, in folded beats.

    Attributes:
        bar_beats: Folded beats from bar line to bar line. Where halving leaves a fraction, bars are joined.
    """

    start_ms: float
    end_ms: float
    beat_length_ms: float
    bar_beats: int


@dataclass(frozen=True, eq=False)
class BeatClock:
    """Beats of a song and the ticks in them.

    Attributes:
        beat_ms: Start of each beat, float64 [beats].
        beat_length_ms: Length of a whole beat at its tempo, float64 [beats].
        tick_counts: Number of existing ticks, int64 [beats], 24 unless a red line cuts the beat.
        place_in_bar: Beats since the last bar line, int64 [beats]; 0 on a downbeat.
        bar_beats: Beats in a bar, int64 [beats].
    """

    beat_ms: np.ndarray
    beat_length_ms: np.ndarray
    tick_counts: np.ndarray
    place_in_bar: np.ndarray
    bar_beats: np.ndarray

    @classmethod
    def from_timing(cls, timing: Timing, end_ms: float, start_ms: float = 0.0) -> BeatClock:
        """Build the clock from the bar line before `start_ms` to after `end_ms`."""
        sections = fold_sections(timing, end_ms)
        parts = []
        for index, section in enumerate(sections):
            is_last = index + 1 == len(sections)
            first = _first_beat(section, start_ms) if index == 0 else 0
            slack_ms = 0.0 if is_last else REPLACED_BEAT_FRACTION * section.beat_length_ms
            stop = math.ceil((section.end_ms - slack_ms - section.start_ms) / section.beat_length_ms - 1e-9)
            parts.append(_section_beats(section, first, max(first, stop), is_last))
        return cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def __len__(self) -> int:
        return len(self.beat_ms)

    @property
    def end_ms(self) -> float:
        """End of the last beat."""
        return float(self.beat_ms[-1] + self.beat_length_ms[-1])

    @cached_property
    def tick_exists(self) -> np.ndarray:
        """Existing ticks, bool [beats, 24]."""
        return np.arange(TICKS_PER_BEAT) < self.tick_counts[:, None]

    @cached_property
    def steps(self) -> np.ndarray:
        """Steps of all existing ticks, in order, int64 [ticks]."""
        return np.flatnonzero(self.tick_exists)

    @cached_property
    def tick_ms(self) -> np.ndarray:
        """Times of all existing ticks, in order, float64 [ticks]."""
        return self.times_at(self.steps)

    def times_at(self, steps: np.ndarray) -> np.ndarray:
        """Return the times of steps, float64 [...], counted from the red lines."""
        beats, ticks = np.divmod(np.asarray(steps, np.int64), TICKS_PER_BEAT)
        return self.beat_ms[beats] + ticks * (self.beat_length_ms[beats] / TICKS_PER_BEAT)

    def steps_at(self, times_ms: np.ndarray) -> np.ndarray:
        """Return the step of the nearest existing tick, int64 [...].

        Of two ticks at the same distance, it is the earlier one.
        """
        times_ms = np.asarray(times_ms, np.float64)
        after = np.searchsorted(self.tick_ms, times_ms).clip(1, len(self.tick_ms) - 1)
        is_before = times_ms - self.tick_ms[after - 1] <= self.tick_ms[after] - times_ms
        return self.steps[after - is_before]

    def residuals_ms(self, times_ms: np.ndarray) -> np.ndarray:
        """Return the distances from the nearest ticks, float64 [...]; positive if late."""
        return np.asarray(times_ms, np.float64) - self.times_at(self.steps_at(times_ms))

    def bar_line_beats(self) -> np.ndarray:
        """Return the beats on which bars begin, int64 [bars]."""
        return np.flatnonzero(self.place_in_bar == 0)

    def is_equal(self, other: BeatClock, tolerance_ms: float = 0.5) -> bool:
        """Return whether two clocks have the same beats and bars."""
        return (
            len(self) == len(other)
            and np.array_equal(self.place_in_bar, other.place_in_bar)
            and np.array_equal(self.bar_beats, other.bar_beats)
            and bool(np.abs(self.beat_ms - other.beat_ms).max() <= tolerance_ms)
        )


def fold_sections(timing: Timing, end_ms: float) -> list[ClockSection]:
    """Divide a song at its red lines and fold their tempi.

    The tempo that lasts longest is folded to 100-200 BPM. The others are folded to the octave nearest to it, so that
    195 and 205 BPM in one song stay neighbours.
    """
    reds = [red for red, following in zip(timing.reds, [*timing.reds[1:], None], strict=True)
            if following is None or following.time_ms > red.time_ms]  # fmt: skip
    starts_ms = [red.time_ms for red in reds]
    ends_ms = [*starts_ms[1:], max(end_ms, starts_ms[-1] + timing.beat_length_at(starts_ms[-1]))]
    lengths_ms = [timing.beat_length_at(start_ms) for start_ms in starts_ms]
    reference_bpm = _reference_bpm(starts_ms, ends_ms, lengths_ms)
    sections = []
    for red, start_ms, stop_ms, length_ms in zip(reds, starts_ms, ends_ms, lengths_ms, strict=True):
        folds = _clamp_folds(round(math.log2(reference_bpm * length_ms / MS_PER_MINUTE)))
        sections.append(ClockSection(start_ms, stop_ms, length_ms / 2.0**folds, fold_meter(red.meter, folds)))
    return sections


def fold_count(bpm: float) -> int:
    """Return the doublings (negative: halvings) that fold a tempo to 100-200 BPM.

    They are limited by MAX_FOLDS.
    """
    return _clamp_folds(-math.floor(math.log2(bpm / SLOWEST_BPM) + 1e-9))


def fold_meter(meter: int, folds: int) -> int:
    """Return the folded beats of a bar of `meter` beats.

    If that is no whole number, return those of the fewest bars that have one.
    """
    meter = max(1, meter)
    if folds >= 0:
        return meter << folds
    return meter // math.gcd(meter, 1 << -folds)


def _clamp_folds(folds: int) -> int:
    return max(-MAX_FOLDS, min(MAX_FOLDS, folds))


def _reference_bpm(starts_ms: list[float], ends_ms: list[float], lengths_ms: list[float]) -> float:
    """Return the folded tempo that lasts longest, after rounding to whole BPM."""
    lasting_ms: dict[int, float] = {}
    exact_bpm: dict[int, float] = {}
    for start_ms, end_ms, length_ms in zip(starts_ms, ends_ms, lengths_ms, strict=True):
        bpm = MS_PER_MINUTE / length_ms
        folded_bpm = bpm * 2.0 ** fold_count(bpm)
        lasting_ms[round(folded_bpm)] = lasting_ms.get(round(folded_bpm), 0.0) + end_ms - start_ms
        exact_bpm.setdefault(round(folded_bpm), folded_bpm)
    return exact_bpm[max(lasting_ms, key=lasting_ms.__getitem__)]


def _first_beat(section: ClockSection, start_ms: float) -> int:
    """Return the number of the beat that begins the bar around `start_ms`.

    It is 0 if the red line is earlier.
    """
    bar_ms = section.bar_beats * section.beat_length_ms
    return min(0, math.floor((start_ms - section.start_ms) / bar_ms)) * section.bar_beats


def _section_beats(section: ClockSection, first: int, stop: int, is_last: bool) -> tuple[np.ndarray, ...]:
    """Return the BeatClock columns of a section's beats first..stop."""
    numbers = np.arange(first, stop)
    beat_ms = section.start_ms + numbers * section.beat_length_ms
    tick_ms = section.beat_length_ms / TICKS_PER_BEAT
    # A tick less than half a tick before the next red line is that line's own first tick.
    before_cut = np.ceil((section.end_ms - beat_ms) / tick_ms - 0.5 - 1e-6).astype(np.int64)
    counts = np.full(len(numbers), TICKS_PER_BEAT) if is_last else before_cut.clip(1, TICKS_PER_BEAT)
    return (
        beat_ms,
        np.full(len(numbers), section.beat_length_ms),
        counts,
        numbers % section.bar_beats,
        np.full(len(numbers), section.bar_beats),
    )
