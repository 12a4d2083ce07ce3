"""Bar lines of a song from downbeat logits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT, BeatClock, ClockSection, fold_meter, fold_sections
from osuT5.bars.beat_sound import beat_sound
from osuT5.bars.network import BarNetwork
from osuT5.bars.prediction import predict_downbeats


def most_likely_downbeat(logits: np.ndarray, bar_beats: int) -> int:
    """Return the number of the first downbeat, by the highest mean logit.

    Args:
        logits: Downbeat logits of a section of one meter, float [beats].
        bar_beats: Beats of its bars; the result is below it.
    """
    means = [logits[phase::bar_beats].mean() if phase < len(logits) else -np.inf for phase in range(bar_beats)]
    return int(np.argmax(means))


def constant_meter(clock: BeatClock) -> int | None:
    """Return the beats of a bar, or None if bars differ."""
    bar_beats = int(clock.bar_beats[0])
    is_constant = (clock.bar_beats == bar_beats).all()
    is_unbroken = ((clock.place_in_bar - np.arange(len(clock))) % bar_beats == clock.place_in_bar[0]).all()
    return bar_beats if is_constant and is_unbroken else None


TRIPLE_METER_GAIN = 0.02
"""Minimum gain in log likelihood per beat of bars of three beats over bars of four.

Of 30 held-out songs, only the one in 3/4 reaches it.
"""

BROKEN_BAR, BROKEN_BAR_AT_LINE = 48.0, 8.0
"""Costs in nats of a bar that ends early under one red line, and at the next one."""

MIN_BEATS = 32
"""Minimum number of beats for a decision on bar lines."""

SAME_TEMPO = 0.02
"""Relative difference of the tempo up to which a red line may move to the next bar line."""


def place_bars(
    network: BarNetwork, features: np.ndarray, pitches: np.ndarray, lines: list[TimingPoint], end_ms: float
) -> list[TimingPoint]:
    """Put red lines on bar lines, and set their meter.

    The first line moves to the first bar line of the song. Lines that follow it at about the same tempo move forward to
    a bar line. Those of another tempo stay, and if they are within a bar, a second one follows on the next bar line. A
    line is added where a bar ends early. Beats do not move.

    Args:
        network: Network in evaluation mode.
        features: Log mel levels of the song [frames, bands].
        pitches: Its pitches [frames, pitches].
        lines: Red lines of the song, in order.
        end_ms: End of the song.
    """
    clock = BeatClock.from_timing(Timing(lines), end_ms)
    if len(clock) < MIN_BEATS:
        return lines
    logits = predict_downbeats(network, beat_sound(features, pitches, clock))
    sections = fold_sections(Timing(lines), end_ms)
    starts = np.searchsorted(clock.beat_ms, [section.start_ms - 0.5 for section in sections[1:]])
    # A red line that cuts a beat in its first half continues the count of beats.
    counts = (clock.tick_counts >= TICKS_PER_BEAT / 2) | np.isin(np.arange(len(clock)), starts)
    beat_ms, logits = clock.beat_ms[counts], logits[counts]
    section_of = np.searchsorted(starts, np.flatnonzero(counts), side="right")
    reds = [Timing(lines).red_at(section.start_ms) for section in sections]
    folds = [_folds(*each) for each in zip(reds, sections, strict=True)]
    meter, places = _likely_meter(logits, section_of, folds)
    placed: list[TimingPoint] = []
    for number, (red, section) in enumerate(zip(reds, sections, strict=True)):
        own = np.flatnonzero(section_of == number)
        times_ms = beat_ms[own[_line_beats(places[own], fold_meter(meter, folds[number]))]].tolist()
        if number == 0:
            bar_ms = fold_meter(meter, folds[0]) * section.beat_length_ms
            first_ms = times_ms[0] if times_ms else section.start_ms
            times_ms = [first_ms - math.floor(first_ms / bar_ms) * bar_ms, *times_ms[1:]]
        elif not _is_same_tempo(section, sections[number - 1]) and section.start_ms not in times_ms:
            times_ms = [section.start_ms, *times_ms]
        placed += [replace(red, time_ms=float(round(time_ms)), meter=meter) for time_ms in times_ms]
    return placed


def bar_places(logits: np.ndarray, bar_beats: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, float]:
    """Find the most likely bars.

    Args:
        logits: Downbeat logits, float [beats].
        bar_beats: Beats of a bar at each beat, int64 [beats].
        costs: Cost in nats of a bar line that cuts the bar before it, at each beat, float [beats].

    Returns:
        The place in its bar of each beat, int64 [beats], and the log likelihood.
    """
    as_downbeat, as_other = -np.logaddexp(0.0, -logits), -np.logaddexp(0.0, logits)
    scores, origins = np.zeros(bar_beats[0]), []
    for beat, length in enumerate(bar_beats):
        if beat > 0:
            scores, origin = _advance(scores, length, costs[beat])
            origins.append(origin)
        scores = scores + np.append(as_downbeat[beat], np.full(length - 1, as_other[beat]))
    places = [int(scores.argmax())]
    for origin in reversed(origins):
        places.append(int(origin[places[-1]]))
    return np.array(places[::-1]), float(scores.max())


def _advance(scores: np.ndarray, bar_beats: int, cost: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the best score and predecessor of each bar position."""
    ended, best = len(scores) - 1, int(scores.argmax())
    is_broken = scores[best] - cost > scores[ended]
    first = scores[best] - cost if is_broken else scores[ended]
    # Bars of another length begin on a bar line.
    others = scores[:-1] if bar_beats == len(scores) else np.full(bar_beats - 1, -np.inf)
    return np.append(first, others), np.append(best if is_broken else ended, np.arange(bar_beats - 1))


def _likely_meter(logits: np.ndarray, section_of: np.ndarray, folds: Sequence[int]) -> tuple[int, np.ndarray]:
    """Return a song's meter, and each beat's position in its bar."""
    costs = np.where(np.diff(section_of, prepend=0) > 0, BROKEN_BAR_AT_LINE, BROKEN_BAR)
    found = {
        meter: bar_places(logits, np.array([fold_meter(meter, each) for each in folds])[section_of], costs)
        for meter in (4, 3)
    }
    # Bars of three beats at half the tempo are not bars of the clock.
    is_triple = min(folds) >= 0 and found[3][1] - found[4][1] > TRIPLE_METER_GAIN * len(logits)
    meter = 3 if is_triple else 4
    return meter, found[meter][0]


def _line_beats(places: np.ndarray, bar_beats: int) -> np.ndarray:
    """Return the beats of a section that need a red line.

    These are the first bar line, and those after a broken bar.
    """
    bars = np.flatnonzero(places == 0)
    return bars[np.diff(bars, prepend=-bar_beats - 1) != bar_beats]


def _folds(red: TimingPoint, section: ClockSection) -> int:
    return round(math.log2(red.beat_length_ms / section.beat_length_ms))


def _is_same_tempo(section: ClockSection, other: ClockSection) -> bool:
    return abs(section.beat_length_ms / other.beat_length_ms - 1) < SAME_TEMPO
