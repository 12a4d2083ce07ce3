"""Bar lines of a song from downbeat logits, pooled over all bars."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import takewhile

import numpy as np

from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import BeatClock, fold_meter
from osuT5.rhythm.axis import SongAxis
from osuT5.rhythm.network import RhythmNetwork
from osuT5.rhythm.prediction import predict_rhythm


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
"""Gain in log likelihood per beat that bars of three beats need over bars of four.

Of 30 held-out songs, only the one in 3/4 reaches it.
"""

MIN_BEATS = 32
"""Fewer beats decide no bar lines."""

SAME_TEMPO = 0.02
"""Relative difference up to which red lines share their bars."""


def place_bars(
    network: RhythmNetwork, features: np.ndarray, lines: list[TimingPoint], end_ms: float
) -> list[TimingPoint]:
    """Move red lines to downbeats, and set their meter.

    The first line moves to the first downbeat of the song. Lines that follow it at about the same tempo move forward
    to a bar line, and lines of another tempo stay. Beats do not move.

    Args:
        network: Network in evaluation mode.
        features: Of the song [frames, bands].
        lines: Red lines of the song, in order.
        end_ms: End of the song.
    """
    clock = BeatClock.from_timing(Timing(lines), end_ms)
    if len(clock) < MIN_BEATS:
        return lines
    logits = predict_rhythm(network, SongAxis(features, clock), [], bars_known=False).downbeats
    count = sum(1 for _ in takewhile(lambda line: _is_same_tempo(line, lines[0]), lines))
    until_ms = lines[count].time_ms if count < len(lines) else end_ms
    logits = logits[clock.beat_ms < until_ms - 0.5 * lines[0].beat_length_ms]
    folds = round(math.log2(lines[0].beat_length_ms / clock.beat_length_ms[0]))
    meter = lines[0].meter
    if not folds and meter in (3, 4):
        meter = 3 if bar_fit(logits, 3) > bar_fit(logits, 4) + TRIPLE_METER_GAIN else 4
    bar_beats = fold_meter(meter, folds)
    downbeat_ms = float(clock.beat_ms[most_likely_downbeat(logits, bar_beats)])
    placed: list[TimingPoint] = []
    for line in lines[:count]:
        bar_ms = meter * line.beat_length_ms
        if not placed:
            time_ms = downbeat_ms - math.floor(downbeat_ms / bar_ms) * bar_ms
        else:
            beats = round((line.time_ms - placed[-1].time_ms) / placed[-1].beat_length_ms)
            time_ms = line.time_ms + (-beats % meter) * line.beat_length_ms
        placed.append(replace(line, time_ms=float(round(time_ms)), meter=meter))
    return [line for line in placed if line.time_ms < until_ms] + lines[count:]


def bar_fit(logits: np.ndarray, bar_beats: int) -> float:
    """Return the log likelihood of the best bar lines in nats per beat."""
    is_downbeat = np.arange(len(logits)) % bar_beats == most_likely_downbeat(logits, bar_beats)
    return float(-np.logaddexp(0.0, np.where(is_downbeat, -logits, logits)).mean())


def _is_same_tempo(line: TimingPoint, other: TimingPoint) -> bool:
    return abs(line.beat_length_ms / other.beat_length_ms - 1) < SAME_TEMPO and line.meter == other.meter
